"""Calendar servers: how fast they answer, and whether they asked us to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from booking.store.clock import LONGEST_PAUSE
from booking.store.tables import mailbox, server


@dataclass(frozen=True, slots=True)
class ServerRow:
    id: str
    provider: str
    origin: str
    answer_seconds: float
    poll_seconds: float
    failures: int
    last_success: datetime | None
    paused_until: datetime | None
    together: int | None

    def waits_until(self, now: datetime) -> datetime | None:
        """Until when its provider asked us to wait."""
        until = self.paused_until
        return until if until is not None and now < until <= now + LONGEST_PAUSE else None


class Servers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def server(self, server_id: str) -> ServerRow:
        row = self._connection.execute(select(server).where(server.c.id == server_id)).one()
        return ServerRow(**row._mapping)

    def servers(self) -> tuple[ServerRow, ...]:
        rows = self._connection.execute(select(server).order_by(server.c.origin))
        return tuple(ServerRow(**row._mapping) for row in rows)

    def server_of(self, *, server_id: str, provider: str, origin: str) -> str:
        """Id of the server with this origin, created under ``server_id`` where it is new."""
        query = select(server.c.id).where(server.c.origin == origin)
        known: str | None = self._connection.execute(query).scalar()
        if known is not None:
            return known
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(server).values(id=server_id, provider=provider, origin=origin)
                )
        except IntegrityError:
            return str(self._connection.execute(query).scalar_one())
        return server_id

    def change_server(self, server_id: str, **values: Any) -> None:
        self._connection.execute(update(server).where(server.c.id == server_id).values(**values))

    def count_on(self, server_id: str) -> int:
        count: int = self._connection.execute(
            select(func.count())
            .select_from(mailbox)
            .where(mailbox.c.server_id == server_id, mailbox.c.active.is_(True))
        ).scalar_one()
        return count


def is_paused(now: datetime) -> ColumnElement[bool]:
    """Of a server: its provider asked us to wait, and not by a clock that was put back."""
    return and_(server.c.paused_until > now, server.c.paused_until <= now + LONGEST_PAUSE)
