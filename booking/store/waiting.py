"""Who waits for an earlier time: one row for each booking, first come, first served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from booking.model import BookingState
from booking.store.bookings import ACTIVE
from booking.store.tables import booking, hold, outbox, waiting


@dataclass(frozen=True, slots=True)
class WaitingRow:
    booking_id: str
    service_id: str
    channel: str
    not_before: datetime | None
    created_at: datetime
    hold_id: str | None  #: what is kept for them now
    offered_until: datetime | None
    passed_over: int


@dataclass(frozen=True, slots=True)
class InLine:
    """Somebody to whom nothing is offered now, with the time that they have."""

    booking_id: str
    not_before: datetime | None
    passed_over: int
    starts_at: datetime


class Waiting:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def join(
        self,
        *,
        booking_id: str,
        service_id: str,
        channel: str,
        not_before: datetime | None,
        now: datetime,
    ) -> None:
        """Who waits already keeps their place, with the new wish."""
        changed = self._connection.execute(
            update(waiting).where(waiting.c.booking_id == booking_id).values(not_before=not_before)
        )
        if changed.rowcount == 0:
            self._connection.execute(
                insert(waiting).values(
                    booking_id=booking_id,
                    service_id=service_id,
                    channel=channel,
                    not_before=not_before,
                    created_at=now,
                    passed_over=0,
                )
            )

    def leave(self, booking_id: str) -> None:
        self._connection.execute(delete(waiting).where(waiting.c.booking_id == booking_id))

    def get(self, booking_id: str, *, lock: bool = False) -> WaitingRow | None:
        query = select(waiting).where(waiting.c.booking_id == booking_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else WaitingRow(**row._mapping)

    def before(self, row: WaitingRow) -> int:
        """How many came earlier for the same."""
        return self._connection.execute(
            select(func.count())
            .select_from(waiting)
            .where(
                waiting.c.service_id == row.service_id,
                waiting.c.channel == row.channel,
                waiting.c.created_at < row.created_at,
            )
        ).scalar_one()

    def lines(self) -> tuple[tuple[str, str], ...]:
        """(service id, channel) of each line in which somebody waits for an offer."""
        rows = self._connection.execute(
            select(waiting.c.service_id, waiting.c.channel)
            .where(waiting.c.hold_id.is_(None))
            .distinct()
            .order_by(waiting.c.service_id, waiting.c.channel)
        )
        return tuple((row.service_id, row.channel) for row in rows)

    def in_line(self, service_id: str, channel: str, *, limit: int) -> tuple[InLine, ...]:
        """First come first, those whose appointment stands and is not just being moved."""
        rows = self._connection.execute(
            select(
                waiting.c.booking_id,
                waiting.c.not_before,
                waiting.c.passed_over,
                booking.c.starts_at,
            )
            .join(booking, booking.c.id == waiting.c.booking_id)
            .where(
                waiting.c.service_id == service_id,
                waiting.c.channel == channel,
                waiting.c.hold_id.is_(None),
                booking.c.state == BookingState.CONFIRMED.value,
                booking.c.pending_starts_at.is_(None),
            )
            .order_by(waiting.c.created_at, waiting.c.booking_id)
            .limit(limit)
        )
        return tuple(InLine(**row._mapping) for row in rows)

    def offer(self, booking_id: str, *, hold_id: str, until: datetime) -> bool:
        """False where somebody else has offered them something meanwhile."""
        changed = self._connection.execute(
            update(waiting)
            .where(waiting.c.booking_id == booking_id, waiting.c.hold_id.is_(None))
            .values(hold_id=hold_id, offered_until=until)
        )
        return changed.rowcount == 1

    def free_again(self, booking_id: str, *, passed_over: int) -> None:
        """Nothing is offered to them any more; they stay in line."""
        self._connection.execute(
            update(waiting)
            .where(waiting.c.booking_id == booking_id)
            .values(hold_id=None, offered_until=None, passed_over=passed_over)
        )

    def answered_or_late(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        """Bookings whose offer was let lapse, or is not kept any more."""
        return self._ids(
            select(waiting.c.booking_id)
            .outerjoin(hold, hold.c.id == waiting.c.hold_id)
            .where(
                waiting.c.hold_id.is_not(None),
                or_(waiting.c.offered_until <= now, hold.c.id.is_(None)),
            )
            .order_by(waiting.c.created_at),
            limit,
        )

    def moot(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        """Bookings that wait for nothing: cancelled, over, or by another channel now."""
        return self._ids(
            select(waiting.c.booking_id)
            .join(booking, booking.c.id == waiting.c.booking_id)
            .where(
                or_(
                    booking.c.state.not_in([state.value for state in ACTIVE]),
                    booking.c.starts_at <= now,
                    booking.c.channel != waiting.c.channel,
                )
            ),
            limit,
        )

    def offered_before(self, booking_id: str, *, prefix: str) -> frozenset[str]:
        """What follows ``prefix`` in the names of this booking's mails."""
        names = self._connection.execute(
            select(outbox.c.name).where(outbox.c.booking_id == booking_id)
        ).scalars()
        return frozenset(name.removeprefix(prefix) for name in names if name.startswith(prefix))

    def _ids(self, query: Select[Any], limit: int) -> tuple[str, ...]:
        return tuple(self._connection.execute(query.limit(limit)).scalars())
