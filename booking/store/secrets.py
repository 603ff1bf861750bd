"""Secrets that mapping files name: encrypted values by name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from booking.store.encryption import Keys
from booking.store.tables import secret


class Secrets:
    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def put(self, *, name: str, value: str, at: datetime) -> None:
        sealed = self._keys.seal(value, place=f"secret/{name}")
        changed = self._connection.execute(
            update(secret).where(secret.c.name == name).values(sealed=sealed, changed_at=at)
        )
        if changed.rowcount == 0:
            self._connection.execute(insert(secret).values(name=name, sealed=sealed, changed_at=at))

    def get(self, name: str) -> str | None:
        sealed = self._connection.execute(
            select(secret.c.sealed).where(secret.c.name == name)
        ).scalar()
        return None if sealed is None else str(self._keys.open(sealed, place=f"secret/{name}"))

    def names(self) -> tuple[str, ...]:
        return tuple(
            self._connection.execute(select(secret.c.name).order_by(secret.c.name)).scalars()
        )
