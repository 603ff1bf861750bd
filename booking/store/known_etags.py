"""Etags of the stored resources, fetched only if a connector asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from booking.store.unit_of_work import Store


class KnownEtags(Mapping[str, str]):
    """Version tag by resource id; a poll of an unchanged calendar never looks into it."""

    def __init__(self, store: Store, mailbox_id: str, *, recurring: bool) -> None:
        self._store = store
        self._mailbox_id = mailbox_id
        self._recurring = recurring
        self._etags: dict[str, str] | None = None

    def _load(self) -> dict[str, str]:
        if self._etags is None:
            with self._store.read() as uow:
                self._etags = uow.replicas.etags(self._mailbox_id, recurring=self._recurring)
        return self._etags

    def __getitem__(self, resource_id: str) -> str:
        return self._load()[resource_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())
