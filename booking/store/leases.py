"""Named leases: who leads, until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, or_, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from booking.store.clock import no_lease
from booking.store.tables import lease


class Leases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, *, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or prolong the lease; False while another owner's has not run out."""
        changed = self._connection.execute(
            update(lease)
            .where(
                lease.c.name == name,
                or_(lease.c.owner == owner, lease.c.until <= now, lease.c.until > no_lease(now)),
            )
            .values(owner=owner, until=until)
        )
        if changed.rowcount == 1:
            return True
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(lease).values(name=name, owner=owner, until=until))
        except IntegrityError:
            return False
        return True
