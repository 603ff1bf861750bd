"""Local accounts of staff and administrators."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from booking.store.tables import account


@dataclass(frozen=True, slots=True)
class AccountRow:
    user: str
    password: str = field(repr=False)  #: scrypt parameters, salt and hash
    role: str
    name: str
    municipality: str | None
    failures: int
    locked_until: datetime | None


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, user: str) -> AccountRow | None:
        row = self._connection.execute(select(account).where(account.c.user == user)).one_or_none()
        return None if row is None else AccountRow(**row._mapping)

    def put(
        self, *, user: str, password: str, role: str, name: str, municipality: str | None
    ) -> None:
        """Create the account or replace it."""
        values = {
            "password": password,
            "role": role,
            "name": name,
            "municipality": municipality,
            "failures": 0,
            "locked_until": None,
        }
        changed = self._connection.execute(
            update(account).where(account.c.user == user).values(**values)
        )
        if changed.rowcount == 0:
            self._connection.execute(insert(account).values(user=user, **values))

    def note_failure(self, user: str, *, failures: int, locked_until: datetime | None) -> None:
        self._connection.execute(
            update(account)
            .where(account.c.user == user)
            .values(failures=failures, locked_until=locked_until)
        )
