"""Which bookings are to be erased, wholly or some of their answers, and what hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.engine import Connection

from booking.model import BookingState
from booking.store.outbox import Step
from booking.store.tables import booking, idempotency, outbox, task, waiting

#: Something is still on its way for a booking in one of these.
UNDER_WAY = (BookingState.PENDING, BookingState.CANCELLING)
#: Nothing comes any more, whenever the appointment would have been.
OVER = (
    BookingState.CANCELLED,
    BookingState.RELEASED,
    BookingState.COMPLETED,
    BookingState.NO_SHOW,
)


class Erasures:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, *, municipality: str, before: datetime, limit: int) -> tuple[str, ...]:
        """Bookings whose appointment ended by then."""
        query = select(booking.c.id).where(
            booking.c.municipality == municipality, booking.c.ends_at <= before, _at_rest()
        )
        return self._ids(query.order_by(booking.c.ends_at).limit(limit))

    def wanted(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        """Bookings whose citizens asked for it and which are over by now."""
        query = select(booking.c.id).where(
            booking.c.erase_wanted_at.is_not(None),
            or_(booking.c.state.in_([each.value for each in OVER]), booking.c.ends_at <= now),
            _at_rest(),
        )
        return self._ids(query.order_by(booking.c.erase_wanted_at).limit(limit))

    def with_answers(
        self,
        *,
        municipality: str,
        service_id: str,
        after: datetime | None,
        before: datetime,
        mark: str,
        limit: int,
    ) -> tuple[str, ...]:
        """Bookings of a service that ended between the two, and do not carry ``mark`` yet."""
        where = [
            booking.c.municipality == municipality,
            booking.c.service_id == service_id,
            booking.c.ends_at <= before,
            booking.c.answers_erased != mark,
            _at_rest(),
        ]
        if after is not None:
            where.append(booking.c.ends_at > after)
        return self._ids(select(booking.c.id).where(*where).limit(limit))

    def forget_networks(self, *, before: datetime) -> int:
        """From which network something was booked serves the limit of a day, and nothing else."""
        return self._connection.execute(
            update(booking)
            .where(booking.c.network_hash.is_not(None), booking.c.created_at <= before)
            .values(network_hash=None)
        ).rowcount

    def has_mails_to_send(self, booking_id: str) -> bool:
        query = select(outbox.c.id).where(
            outbox.c.booking_id == booking_id,
            outbox.c.kind == Step.MAIL.value,
            outbox.c.done_at.is_(None),
        )
        return self._connection.execute(query.limit(1)).scalar() is not None

    def waits_since(self, booking_id: str) -> datetime | None:
        """Since when the booking is on the waiting list; None where it is not."""
        query = select(waiting.c.created_at).where(waiting.c.booking_id == booking_id)
        found: datetime | None = self._connection.execute(query).scalar()
        return found

    def drop_traces(self, booking_id: str, *, now: datetime, by: str) -> None:
        """A place on the waiting list, and tasks that only a known citizen needs."""
        self._connection.execute(delete(waiting).where(waiting.c.booking_id == booking_id))
        self._connection.execute(
            update(task)
            .where(task.c.booking_id == booking_id, task.c.done_at.is_(None))
            .values(done_at=now, done_by=by)
        )

    def drop_form_keys(self, booking_id: str) -> None:
        self._connection.execute(delete(idempotency).where(idempotency.c.booking_id == booking_id))

    def withdraw(self, booking_id: str, *, kinds: Sequence[Step], now: datetime) -> None:
        """Steps that would tell somebody something, or look for more; whoever is at one records
        nothing of it."""
        self._connection.execute(
            update(outbox)
            .where(
                outbox.c.booking_id == booking_id,
                outbox.c.kind.in_([kind.value for kind in kinds]),
                outbox.c.done_at.is_(None),
            )
            .values(done_at=now, lease_until=None, fence=outbox.c.fence + 1, outcome="erased")
        )

    def _ids(self, query: object) -> tuple[str, ...]:
        return tuple(self._connection.execute(query).scalars())  # type: ignore[call-overload]


def _at_rest() -> ColumnElement[bool]:
    return and_(
        booking.c.erased_at.is_(None),
        booking.c.pending_starts_at.is_(None),
        booking.c.state.not_in([each.value for each in UNDER_WAY]),
    )
