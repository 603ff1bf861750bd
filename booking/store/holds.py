"""Holds: slots kept for minutes, one for each browser session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from booking.store.tables import hold


@dataclass(frozen=True, slots=True)
class HoldRow:
    id: str
    service_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    mailbox_id: str
    session_hash: str | None
    for_booking: str | None
    reason: str
    expires_at: datetime
    extendable_until: datetime
    network_hash: str | None = None


class Holds:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: HoldRow) -> None:
        self._connection.execute(
            insert(hold).values({name: getattr(row, name) for name in HoldRow.__slots__})
        )

    def get(self, hold_id: str, *, lock: bool = False) -> HoldRow | None:
        query = select(hold).where(hold.c.id == hold_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else HoldRow(**row._mapping)

    def of_session(self, session_hash: str) -> str | None:
        return self._connection.execute(
            select(hold.c.id).where(hold.c.session_hash == session_hash)
        ).scalar()

    def count_of_network(self, network_hashes: Sequence[str], *, now: datetime) -> int:
        """``network_hashes``: one network, under every key that is known."""
        return self._connection.execute(
            select(func.count()).where(
                hold.c.network_hash.in_(network_hashes), hold.c.expires_at > now
            )
        ).scalar_one()

    def for_booking(self, booking_id: str) -> tuple[HoldRow, ...]:
        rows = self._connection.execute(
            select(hold).where(hold.c.for_booking == booking_id).order_by(hold.c.starts_at)
        )
        return tuple(HoldRow(**row._mapping) for row in rows)

    def extend(self, hold_id: str, *, expires_at: datetime, now: datetime) -> bool:
        changed = self._connection.execute(
            update(hold)
            .where(hold.c.id == hold_id, hold.c.expires_at > now)
            .values(expires_at=expires_at)
        )
        return changed.rowcount == 1

    def hand_over(self, session_hash: str, new: str) -> None:
        """The hold of one session is another's from now on."""
        self._connection.execute(
            update(hold).where(hold.c.session_hash == session_hash).values(session_hash=new)
        )

    def remove(self, hold_id: str) -> None:
        self._connection.execute(delete(hold).where(hold.c.id == hold_id))

    def expired(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        return tuple(
            self._connection.execute(
                select(hold.c.id).where(hold.c.expires_at <= now).limit(limit)
            ).scalars()
        )
