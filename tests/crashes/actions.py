"""Use cases that a process may die in: how each is prepared, done, and what it must lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from booking import cancelling, holds, housekeeping, rescheduling
from booking.model import BookingError, BookingState, BookingView
from booking.office import correcting
from booking.office.accounts import Account
from booking.outbox import drain
from booking.submitting import submit
from connectors.deadline import Deadline
from connectors.errors import TryLater
from connectors.memory import MemoryConnector
from mapping.model import Channel, Municipality
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN, form
from tests.booking.town import SERVICE, address, town

KEY = "the key of the form"
_TWO = town(mailboxes=2)


@dataclass(frozen=True)
class UseCase:
    """``setup`` runs before, in the test's process; what it returns is given to ``act``.

    ``act`` runs in the process that may die; ``again`` is what the citizen does who heard nothing.
    ``means`` says whether what an answer promises holds, once all is settled.
    """

    name: str
    setup: Callable[[Office], Any]
    act: Callable[[Office, Any], Any]
    means: Callable[[Office, Any, Any], bool]
    again: Callable[[Office, Any], Any] | None = None
    town: Municipality = _TWO
    memory: Callable[[], MemoryConnector] = MemoryConnector


def _state(office: Office, booking_id: str) -> BookingState:
    return office.view(booking_id).state


def booked(office: Office, slot: int = 0) -> BookingView:
    booking = office.book(office.free()[slot].start, key="set-up").booking
    office.settle(rounds=3, seconds=10)
    assert _state(office, booking.id) is BookingState.CONFIRMED
    return booking


def drain_now(office: Office, _prepared: Any) -> None:
    drain(office.desk, mailer=office.post, limit=100, deadline=Deadline.after(60))


def work(office: Office) -> None:
    """One turn of ticker and worker."""
    housekeeping.tend(office.desk)
    drain_now(office, None)


def _lost(office: Office, operation: str, *, happened: bool) -> None:
    error = TryLater("no answer", outcome_unknown=True)
    office.memory.fail_next(operation, error, effect_happened=happened)


# Booking.


def _submit(office: Office, request: Any) -> Any:
    done = submit(office.desk, request=request, idempotency_key=KEY)
    return done.booking.id, done.booking.period


def _stands(office: Office, _prepared: Any, answer: Any) -> bool:
    booking_id, period = answer
    view = office.view(booking_id)
    return view.state is BookingState.CONFIRMED and view.period == period


def _a_form(office: Office) -> Any:
    return form(office.free()[0].start)


def _a_form_with_hold(office: Office) -> Any:
    start = office.free()[0].start
    kept = holds.take(
        office.desk,
        service_id=SERVICE,
        channel=Channel.IN_PERSON,
        starts_at=start,
        session_key="session",
    )
    return form(start, hold_id=kept.id)


def _a_form_for_a_time_that_staff_took(office: Office, *mailboxes: int) -> Any:
    start = office.free()[0].start
    for number in mailboxes:
        office.busy(address(number), start)
    return form(start)


def _take_hold(office: Office, request: Any) -> Any:
    return holds.take(
        office.desk,
        service_id=SERVICE,
        channel=Channel.IN_PERSON,
        starts_at=request.starts_at,
        session_key="session",
    ).id


def _lapses(office: Office, request: Any, answer: Any) -> bool:
    """Nobody goes on with it: after its time it is gone, and the slot is free again."""
    office.clock.forward(minutes=11)
    housekeeping.tend(office.desk)
    office.read_all()
    with office.desk.store.read() as uow:
        gone = uow.holds.get(answer) is None
    return gone and request.starts_at in [slot.start for slot in office.free()]


# Rescheduling.


def _two_times(office: Office) -> Any:
    booking = booked(office)
    office.read_all()
    return booking, office.free()[3]


def _to_a_colleague(office: Office) -> Any:
    booking, period = _two_times(office)
    office.busy(booking.mailbox, period.start)
    office.read_all()
    return booking, period


def _reschedule(office: Office, prepared: Any) -> Any:
    booking, period = prepared
    return rescheduling.reschedule(
        office.desk, booking_id=booking.id, starts_at=period.start, citizen=None, answers=None
    ).period


def _moved(office: Office, prepared: Any, answer: Any) -> bool:
    booking, period = prepared
    view = office.view(booking.id)
    # "On its way" is an honest answer too; where it leads to is the new time.
    return view.state is BookingState.CONFIRMED and view.period == period


def _change_details(office: Office, booking: BookingView) -> Any:
    return rescheduling.reschedule(
        office.desk,
        booking_id=booking.id,
        starts_at=None,
        citizen=replace(CITIZEN, phone="+306947654321"),
        answers=None,
    ).citizen.phone


def _detailed(office: Office, booking: BookingView, answer: Any) -> bool:
    return bool(office.view(booking.id).citizen.phone == answer)


def _correct_name(office: Office, booking: BookingView) -> Any:
    """By a clerk; the event is written once more."""
    return correcting.correct(
        office.desk,
        reference=booking.reference,
        account=Account("clerk", "staff", "Υπάλληλος", booking.municipality),
        name="Μαρία Κανάρη",
        phone=CITIZEN.phone,
        email=CITIZEN.email,
    ).citizen.name


def _corrected(office: Office, booking: BookingView, answer: Any) -> bool:
    (event,) = office.memory.events(office.ref(address(1)))
    return office.view(booking.id).citizen.name == answer and f"Όνομα: {answer}" in event.body


# Cancelling.


def _cancel(office: Office, booking: BookingView) -> Any:
    return cancelling.cancel(office.desk, booking_id=booking.id).state


def _gone(office: Office, booking: BookingView, answer: Any) -> bool:
    return _state(office, booking.id) in {BookingState.CANCELLING, BookingState.CANCELLED}


def _cancelled(office: Office) -> BookingView:
    booking = booked(office)
    cancelling.cancel(office.desk, booking_id=booking.id)
    office.settle(rounds=3, seconds=10)
    return booking


def _undo(office: Office, booking: BookingView) -> Any:
    return cancelling.undo(office.desk, booking_id=booking.id).state


def _back(office: Office, booking: BookingView, answer: Any) -> bool:
    return _state(office, booking.id) is BookingState.CONFIRMED


def _perhaps_written(office: Office, *, happened: bool) -> BookingView:
    """A booking of which nobody knows yet whether its event was written."""
    _lost(office, "create", happened=happened)
    return office.book(office.free()[0].start, key="set-up").booking


def _half_moved(office: Office, *, happened: bool) -> Any:
    booking, period = _two_times(office)
    _lost(office, "update", happened=happened)
    _reschedule(office, (booking, period))
    return booking, period


# What workers do.


def _later(setup: Callable[[Office], Any]) -> Callable[[Office], Any]:
    def prepared(office: Office) -> Any:
        made = setup(office)
        office.clock.forward(seconds=6)
        return made

    return prepared


def _removal_left(office: Office) -> BookingView:
    booking = booked(office)
    _lost(office, "delete", happened=False)
    cancelling.cancel(office.desk, booking_id=booking.id)
    return booking


def _hopeless(office: Office) -> BookingView:
    """Its calendar never answered, and now staff have taken the time in both."""
    start = office.free()[0].start
    office.memory.fail_next("create", TryLater("silent"))
    booking = office.book(start, key="set-up").booking
    for number in (1, 2):
        office.busy(address(number), start)
    return booking


def _mail_left(office: Office) -> BookingView:
    return office.book(office.free()[0].start, key="set-up").booking


def _confirmed(office: Office, booking: Any, answer: Any) -> bool:
    return _state(office, booking.id) is BookingState.CONFIRMED


def _released(office: Office, booking: BookingView, answer: Any) -> bool:
    kinds = [mail.subject for mail in office.post.sent]
    return _state(office, booking.id) is BookingState.RELEASED and len(kinds) == 1


def read_all(office: Office, _prepared: Any) -> None:
    office.read_all()


def _much_changed(office: Office) -> BookingView:
    booking = booked(office)
    slots = office.free()
    first = office.busy(address(1), slots[1].start)
    office.read_all()
    office.memory.remove(office.ref(address(1)), first)
    for number in (1, 2):
        office.busy(address(number), slots[4].start)
    return booking


def _fresh(office: Office, booking: BookingView, answer: Any) -> bool:
    """What is offered is what a reading from nothing would offer."""
    shown = office.free()
    office.read_all(full=True)
    return _confirmed(office, booking, answer) and shown == office.free() and len(shown) == 5


def _undo_over(office: Office) -> BookingView:
    booking = _cancelled(office)
    office.clock.forward(minutes=31)
    return booking


def _tend(office: Office, _prepared: Any) -> None:
    housekeeping.tend(office.desk)


def patient(action: Callable[[Office, Any], Any]) -> Callable[[Office, Any], Any]:
    """What a citizen presses once more may have been done meanwhile."""

    def pressed(office: Office, prepared: Any) -> Any:
        try:
            return action(office, prepared)
        except BookingError:
            return None

    return pressed


USE_CASES = (
    UseCase("hold", _a_form, _take_hold, _lapses),
    UseCase("submit", _a_form, _submit, _stands, _submit),
    UseCase("submit_with_hold", _a_form_with_hold, _submit, _stands, _submit),
    UseCase(
        "submit_at_a_colleague",
        lambda office: _a_form_for_a_time_that_staff_took(office, 1),
        _submit, _stands, _submit,
    ),
    UseCase(
        "submit_in_vain",
        lambda office: _a_form_for_a_time_that_staff_took(office, 1, 2),
        _submit, _stands,
    ),
    UseCase("reschedule", _two_times, _reschedule, _moved, _reschedule, town(mailboxes=1)),
    UseCase("reschedule_to_a_colleague", _to_a_colleague, _reschedule, _moved, _reschedule),
    UseCase("change_details", booked, _change_details, _detailed, _change_details),
    UseCase("correct_name", booked, _correct_name, _corrected, _correct_name, town(mailboxes=1)),
    UseCase("cancel", booked, _cancel, _gone, _cancel),
    UseCase(
        "cancel_what_is_pending",
        lambda office: _perhaps_written(office, happened=True),
        _cancel, _gone, _cancel,
    ),
    UseCase(
        "cancel_what_is_moving",
        lambda office: _half_moved(office, happened=True)[0],
        _cancel, _gone, _cancel,
    ),
    UseCase("undo", _cancelled, _undo, _back, _undo),
    UseCase(
        "drain_place_written",
        _later(lambda office: _perhaps_written(office, happened=True)), drain_now, _confirmed,
    ),
    UseCase(
        "drain_place_not_written",
        _later(lambda office: _perhaps_written(office, happened=False)), drain_now, _confirmed,
    ),
    UseCase("drain_place_in_vain", _later(_hopeless), drain_now, _released),
    UseCase(
        "drain_update_written",
        _later(lambda office: _half_moved(office, happened=True)), drain_now, _moved,
    ),
    UseCase(
        "drain_update_not_written",
        _later(lambda office: _half_moved(office, happened=False)), drain_now, _moved,
    ),
    UseCase("drain_remove", _later(_removal_left), drain_now, _gone),
    UseCase("drain_mail", _mail_left, drain_now, _confirmed),
    UseCase("reading", _much_changed, read_all, _fresh),
    UseCase("housekeeping", _undo_over, _tend, _gone),
)  # fmt: skip

BY_NAME = {each.name: each for each in USE_CASES}
