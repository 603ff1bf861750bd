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

    def load(self, draft_id: str, *, now: datetime) -> dict[str, Any] | None:
        sealed = self._connection.execute(
            select(draft.c.sealed).where(draft.c.id == draft_id, draft.c.expires_at > now)
        ).scalar()
        if sealed is None:
            return None
        values: dict[str, Any] = self._keys.open(sealed, place=f"draft/{draft_id}")
        return values

    def save(
        self, draft_id: str, *, values: dict[str, Any], now: datetime, expires_at: datetime
    ) -> bool:
        """False where the draft is unknown or past its life."""
        changed = self._connection.execute(
            update(draft)
            .where(draft.c.id == draft_id, draft.c.expires_at > now)
            .values(
                sealed=self._keys.seal(values, place=f"draft/{draft_id}"), expires_at=expires_at
            )
        )
        return changed.rowcount == 1

    def discard(self, draft_id: str) -> None:
        self._connection.execute(delete(draft).where(draft.c.id == draft_id))

    def sweep(self, *, now: datetime) -> int:
        return self._connection.execute(delete(draft).where(draft.c.expires_at <= now)).rowcount
