"""What time does: expired holds, finished undo windows, old drafts, steps that nobody owes."""

from __future__ import annotations

from datetime import timedelta

from booking import waiting
from booking.busy import cell_of
from booking.completing import complete_at_times
from booking.desk import Desk
from booking.erasing import erase_at_times
from booking.holds import drop
from booking.model import BookingState
from booking.placement import passing
from booking.store import UnitOfWork
from booking.store.outbox import Step
from booking.store.placements import PlacementState
from booking.tasks import NOBODY, TaskKind

#: How much one transaction tends to.
_SOME = 200
#: A pending booking without a step that carries it on is picked up after this time.
_FORGOTTEN = timedelta(seconds=60)
#: Claims of the past are of no use; a day is kept for the curious.
_PAST = timedelta(days=1)
#: A form is not sent again after this time.
_KEYS_KEPT = timedelta(days=7)
#: Steps that were done are of interest to whoever looks into a complaint.
_STEPS_KEPT = timedelta(days=60)
#: In which states of a booking a task about it is still worth doing.
_NEEDED_IN = {
    TaskKind.MEETING_LINK_MISSING: (BookingState.PENDING, BookingState.CONFIRMED),
    TaskKind.MAIL_NOT_SENT: tuple(BookingState),
    TaskKind.CALL_CITIZEN: tuple(BookingState),
    TaskKind.CONTACT_LOST: (BookingState.CONFIRMED, BookingState.CONFLICT),
    TaskKind.APPOINTMENT_IN_THE_WAY: (BookingState.CONFLICT,),
    TaskKind.MOVED_TO_IMPOSSIBLE: (BookingState.CONFLICT,),
    TaskKind.EVENT_UNCLEAR: (BookingState.CONFIRMED, BookingState.CONFLICT),
}


def tend(desk: Desk) -> int:
    """Called by the ticker every few seconds; how many rows were tended to."""
    count = 0
    for work in (
        _expired_holds,
        lambda uow: _finished_undos(desk, uow),
        _forgotten,
        _past_claims,
        _moot_tasks,
        _old_rows,
    ):
        count += desk.store.transact(work)
    return count + waiting.tend(desk) + complete_at_times(desk) + erase_at_times(desk)


def _expired_holds(uow: UnitOfWork) -> int:
    expired = uow.holds.expired(now=uow.now, limit=_SOME)
    for hold_id in expired:
        drop(uow, hold_id)
    return len(expired)


def _finished_undos(desk: Desk, uow: UnitOfWork) -> int:
    rows = uow.bookings.undo_over(now=uow.now, limit=_SOME)
    for row in rows:
        if uow.bookings.change(
            row, now=uow.now, state=BookingState.CANCELLED.value, undo_until=None
        ):
            freed = passing.give_up(desk, uow, row)
            passing.pass_on(desk, uow, municipality=row.municipality, freed=freed)
    return len(rows)


def _forgotten(uow: UnitOfWork) -> int:
    """The completer: every pending booking has a step that carries it on."""
    count = 0
    rows = uow.bookings.in_state(
        BookingState.PENDING, changed_before=uow.now - _FORGOTTEN, limit=_SOME
    )
    for row in rows:
        if uow.outbox.of_booking(row.id, kinds=[Step.PLACE]):
            continue
        planned = [
            each
            for each in uow.placements.of_booking(row.id)
            if each.state == PlacementState.PLANNED
        ]
        if not planned:
            continue
        name = f"place:{planned[-1].key}:again{row.version}"
        if not uow.outbox.known(name):
            uow.outbox.add(
                name=name,
                kind=Step.PLACE,
                booking_id=row.id,
                placement_key=planned[-1].key,
                now=uow.now,
            )
            count += 1
    return count


def _past_claims(uow: UnitOfWork) -> int:
    return uow.claims.sweep(before_cell=cell_of(uow.now - _PAST), limit=_SOME)


def _moot_tasks(uow: UnitOfWork) -> int:
    """Nobody needs the link of a meeting that does not take place, or did; nor is anybody called
    about an appointment that is over, or decides a conflict that its citizen has ended."""
    return sum(
        uow.tasks.settle_of_bookings(
            kind=kind.value, states=[state.value for state in states], at=uow.now, by=NOBODY
        )
        for kind, states in _NEEDED_IN.items()
    )


def _old_rows(uow: UnitOfWork) -> int:
    return (
        uow.drafts.sweep(now=uow.now)
        + uow.attempts.sweep(now=uow.now)
        + uow.bookings.forget_keys(before=uow.now - _KEYS_KEPT)
        + uow.tasks.sweep(done_before=uow.now - _STEPS_KEPT)
        + uow.outbox.sweep(done_before=uow.now - _STEPS_KEPT, limit=_SOME)
    )
