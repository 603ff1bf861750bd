"""Unfinished forms: encrypted rows with an end of life."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from booking.store.encryption import Keys
from booking.store.tables import draft


class Drafts:
    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def add(self, *, draft_id: str, values: dict[str, Any], expires_at: datetime) -> None:
        self._connection.execute(
            insert(draft).values(
                id=draft_id,
                sealed=self._keys.seal(values, place=f"draft/{draft_id}"),
                expires_at=expires_at,
            )
        )

    def load(self, draft_id: str, *, now: datetime, lock: bool = False) -> dict[str, Any] | None:
        query = select(draft.c.sealed).where(draft.c.id == draft_id, draft.c.expires_at > now)
        sealed = self._connection.execute(query.with_for_update() if lock else query).scalar()
        if sealed is None:
            return None
        values: dict[str, Any] = self._keys.open(sealed, place=f"draft/{draft_id}")
        return values

    def save(
        self,
        draft_id: str,
        *,
        values: dict[str, Any],
        now: datetime,
        expires_at: datetime | None = None,
    ) -> bool:
        """False where the draft is unknown or past its life, which stays as it is unless told."""
        sealed = self._keys.seal(values, place=f"draft/{draft_id}")
        ends = {} if expires_at is None else {"expires_at": expires_at}
        changed = self._connection.execute(
            update(draft)
            .where(draft.c.id == draft_id, draft.c.expires_at > now)
            .values(sealed=sealed, **ends)
        )
        return changed.rowcount == 1

    def discard(self, draft_id: str) -> None:
        self._connection.execute(delete(draft).where(draft.c.id == draft_id))

    def sweep(self, *, now: datetime) -> int:
        return self._connection.execute(delete(draft).where(draft.c.expires_at <= now)).rowcount
