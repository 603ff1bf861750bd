"""The waiting list: who has an appointment may ask for an earlier one, should it become free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from booking.catalogue import Offered
from booking.desk import Desk
from booking.holds import drop
from booking.model import BookingState, EarlierIsFree, NotOffered, WrongState
from booking.offering.slots import Shape
from booking.placement.passing import (
    LAPSES,
    free_before,
    line_of,
    offer_in_line,
    somebody_would,
)
from booking.placement.releasing import Kept
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.columns import to_microseconds
from connectors.contract import Period

#: How many rows, and how many lines, one look tends to.
_SOME, _LINES = 200, 20
#: Lines take turns by the clock where there are more of them.
_TURN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody waits for an earlier time."""

    since: datetime
    earliest: datetime | None  #: nothing before that suits
    before: int  #: how many came earlier
    offer: Kept | None  #: what is kept for them now


def waits(desk: Desk, *, booking_id: str) -> Wait | None:
    """None for who does not wait."""
    with desk.store.read() as uow:
        row = uow.waiting.get(booking_id)
        if row is None:
            return None
        hold = uow.holds.get(row.hold_id) if row.hold_id else None
        offer = None
        if hold is not None and row.offered_until is not None and row.offered_until > uow.now:
            offer = Kept(Period(hold.starts_at, hold.ends_at), row.offered_until)
        return Wait(row.created_at, row.not_before, uow.waiting.before(row), offer)


def is_kept(uow: UnitOfWork, booking_id: str, *, until: datetime) -> bool:
    """Whether the offer of which a mail tells still stands."""
    row = uow.waiting.get(booking_id)
    return (
        row is not None
        and row.hold_id is not None
        and row.offered_until == until
        and until > uow.now
        and uow.holds.get(row.hold_id) is not None
    )


def may_wait(desk: Desk, *, booking_id: str) -> bool:
    """Whether the service has such a list and this booking can be on it."""
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        return row is not None and _line(desk, uow, row) is not None


def join(desk: Desk, *, booking_id: str, earliest: date | None = None) -> None:
    """Wait for an earlier time, on or after the local day ``earliest``; who waits already keeps
    their place. Raises NotOffered, WrongState, and EarlierIsFree with times that need no waiting.
    """

    def work(uow: UnitOfWork) -> None:
        row = uow.bookings.get(booking_id, lock=True)
        if row is None:
            raise NotOffered("there is no such booking")
        offered = _line(desk, uow, row)
        if offered is None:
            raise WrongState("this booking waits for nothing")
        not_before = None
        if earliest is not None:
            not_before = datetime.combine(earliest, time(), tzinfo=offered.entry.zone)
            if not_before >= row.starts_at:
                raise WrongState("that day is not before the appointment")
        free = [
            start
            for start in free_before(desk, uow, offered, latest=row.starts_at, withheld=False)
            if not_before is None or start >= not_before
        ]
        if free:
            shape = Shape.of(offered.service)
            raise EarlierIsFree(tuple(shape.period(start) for start in free[:3]))
        _give_back_offer(uow, booking_id)
        uow.waiting.join(
            booking_id=booking_id,
            service_id=row.service_id,
            channel=row.channel,
            not_before=not_before,
            now=uow.now,
        )

    desk.store.transact(work)


def leave(desk: Desk, *, booking_id: str) -> None:
    """Wait no longer; what was kept goes to the next. Whoever did not wait changes nothing."""

    def work(uow: UnitOfWork) -> None:
        row = uow.waiting.get(booking_id, lock=True)
        if row is None:
            return
        _give_back_offer(uow, booking_id)
        uow.waiting.leave(booking_id)
        _ask_next(desk, uow, row.service_id, row.channel)

    desk.store.transact(work)
    desk.wake("drain")


def decline(desk: Desk, *, booking_id: str) -> None:
    """Not this time: it goes to the next at once, and the citizen stays in line."""

    def work(uow: UnitOfWork) -> None:
        row = uow.waiting.get(booking_id, lock=True)
        if row is None or row.hold_id is None:
            return
        _give_back_offer(uow, booking_id)
        _ask_next(desk, uow, row.service_id, row.channel)

    desk.store.transact(work)
    desk.wake("drain")


def tend(desk: Desk) -> int:
    """Pass on what was let lapse, and offer what became free; how many rows were tended to."""
    count = desk.store.transact(_leave_who_needs_none)
    count += desk.store.transact(lambda uow: _lapsed(desk, uow))
    with desk.store.read() as uow:
        lines = uow.waiting.lines()
        turn = to_microseconds(uow.now) // (_TURN // timedelta(microseconds=1))
    first = turn * _LINES % len(lines) if len(lines) > _LINES else 0
    for service_id, channel in (lines + lines)[first : first + min(_LINES, len(lines))]:
        with desk.store.read() as uow:
            if not _has_something(desk, uow, service_id, channel):
                continue
        ask = partial(_ask_next, desk, service_id=service_id, channel=channel)
        count += desk.store.transact(ask)
    if count:
        desk.wake("drain")
    return count


def _line(desk: Desk, uow: UnitOfWork, row: BookingRow) -> Offered | None:
    """Where the booking may wait."""
    if (
        row.state is not BookingState.CONFIRMED
        or row.pending_starts_at is not None
        or row.starts_at <= uow.now
        or not row.personal.citizen.email
    ):
        return None
    return line_of(desk, uow, row.service_id, row.channel)


def _leave_who_needs_none(uow: UnitOfWork) -> int:
    found = uow.waiting.moot(now=uow.now, limit=_SOME)
    for booking_id in found:
        _give_back_offer(uow, booking_id)
        uow.waiting.leave(booking_id)
    return len(found)


def _lapsed(desk: Desk, uow: UnitOfWork) -> int:
    """In one transaction with the next offer, so that nobody else comes in between."""
    found = uow.waiting.answered_or_late(now=uow.now, limit=_SOME)
    lines = set()
    for booking_id in found:
        row = uow.waiting.get(booking_id, lock=True)
        if row is None or row.hold_id is None:
            continue
        lines.add((row.service_id, row.channel))
        late = row.offered_until is not None and row.offered_until <= uow.now
        _give_back_offer(uow, booking_id)
        passed_over = row.passed_over + late
        if passed_over >= LAPSES:
            uow.waiting.leave(booking_id)
        elif late:
            uow.waiting.free_again(booking_id, passed_over=passed_over)
    for service_id, channel in sorted(lines):
        _ask_next(desk, uow, service_id, channel)
    return len(found)


def _give_back_offer(uow: UnitOfWork, booking_id: str) -> None:
    row = uow.waiting.get(booking_id, lock=True)
    if row is not None and row.hold_id is not None:
        drop(uow, row.hold_id)
        uow.waiting.free_again(booking_id, passed_over=row.passed_over)


def _ask_next(desk: Desk, uow: UnitOfWork, service_id: str, channel: str) -> int:
    offered = line_of(desk, uow, service_id, channel)
    return offer_in_line(desk, uow, offered) if offered is not None else 0


def _has_something(desk: Desk, uow: UnitOfWork, service_id: str, channel: str) -> bool:
    """Looked for without a writing transaction: mostly there is nothing."""
    offered = line_of(desk, uow, service_id, channel)
    return offered is not None and somebody_would(desk, uow, offered)
