"""How often something was tried lately: counted in one statement, forgotten after its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from booking.store.tables import attempt


class Attempts:
    """``name`` says what is tried, and by whom or on what; never in clear where it is personal."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str, *, most: int, within: timedelta, now: datetime) -> bool:
        """Count one more, unless there were ``most`` already.

        The count starts afresh when nothing was counted for ``within``, so that there are never
        more than ``most`` in any stretch of that length. What is refused is not counted.
        """
        return (
            self._counted(name, most=most, within=within, now=now)
            or self._began(name, within=within, now=now)
            # Somebody else began in the same moment.
            or self._counted(name, most=most, within=within, now=now)
        )

    def give_back(self, name: str) -> None:
        """One less: it was no attempt after all, or the right one."""
        self._connection.execute(
            update(attempt)
            .where(attempt.c.name == name, attempt.c.count > 0)
            .values(count=attempt.c.count - 1)
        )

    def names(self) -> tuple[str, ...]:
        return tuple(self._connection.execute(select(attempt.c.name)).scalars())

    def sweep(self, *, now: datetime) -> int:
        return self._connection.execute(delete(attempt).where(attempt.c.until <= now)).rowcount

    def _counted(self, name: str, *, most: int, within: timedelta, now: datetime) -> bool:
        changed = self._connection.execute(
            update(attempt)
            .where(attempt.c.name == name, attempt.c.until > now, attempt.c.count < most)
            .values(count=attempt.c.count + 1, until=now + within)
        )
        return changed.rowcount == 1

    def _began(self, name: str, *, within: timedelta, now: datetime) -> bool:
        self._connection.execute(
            delete(attempt).where(attempt.c.name == name, attempt.c.until <= now)
        )
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(attempt).values(name=name, count=1, until=now + within)
                )
        except IntegrityError:
            return False
        return True
