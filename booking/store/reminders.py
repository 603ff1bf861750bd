"""Which bookings are due for a mail around their time, and have not had one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, exists, literal, select, type_coerce
from sqlalchemy.engine import Connection

from booking.model import BookingState
from booking.store.outbox import Step
from booking.store.tables import booking, outbox

_TOOK_PLACE = (BookingState.CONFIRMED.value, BookingState.COMPLETED.value)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Due:
    booking_id: str
    starts_at: datetime
    version: int


class Reminders:
    """Each question is one query; nothing here changes anything."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upcoming(
        self,
        *,
        municipality: str,
        services: Sequence[str],
        before: timedelta,
        late: timedelta,
        now: datetime,
        limit: int,
    ) -> tuple[Due, ...]:
        """Confirmed bookings whose instant ``before`` the start came within the last ``late``,
        if nobody has been written to about them since; booked after it does not count."""
        instant = type_coerce(booking.c.starts_at, BigInteger) - before // _MICROSECOND
        told = exists().where(
            outbox.c.booking_id == booking.c.id,
            outbox.c.kind == Step.MAIL.value,
            type_coerce(outbox.c.created_at, BigInteger) >= instant,
            # Another time that somebody may have says nothing of the one they have.
            outbox.c.name.not_like("mail:%:earlier:%"),
        )
        return self._due(
            booking.c.municipality == municipality,
            booking.c.service_id.in_(services),
            booking.c.state == BookingState.CONFIRMED.value,
            booking.c.pending_starts_at.is_(None),
            booking.c.starts_at > max(now, now + before - late),
            booking.c.starts_at <= now + before,
            type_coerce(booking.c.created_at, BigInteger) < instant,
            ~told,
            limit=limit,
        )

    def over(
        self,
        *,
        municipality: str,
        services: Sequence[str],
        first: datetime,
        end: datetime,
        limit: int,
    ) -> tuple[Due, ...]:
        """Bookings that took place in the stretch, and were not written to afterwards."""
        name = literal("mail:") + booking.c.id + literal(":follow_up")
        return self._due(
            booking.c.municipality == municipality,
            booking.c.service_id.in_(services),
            booking.c.state.in_(_TOOK_PLACE),
            booking.c.starts_at >= first,
            booking.c.starts_at < end,
            ~exists().where(outbox.c.name == name),
            limit=limit,
        )

    def _due(self, *where: ColumnElement[bool], limit: int) -> tuple[Due, ...]:
        rows = self._connection.execute(
            select(booking.c.id, booking.c.starts_at, booking.c.version)
            .where(booking.c.erased_at.is_(None), *where)
            .order_by(booking.c.starts_at, booking.c.id)
            .limit(limit)
        )
        return tuple(Due(*row) for row in rows)
