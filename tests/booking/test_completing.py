"""Whatever nobody carries on is picked up: each such row is made by hand here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from booking.cancelling import cancel
from booking.completing import EVERY, complete
from booking.housekeeping import tend
from booking.model import BookingState, BookingView
from booking.office import overview
from booking.rescheduling import reschedule
from booking.store.outbox import Step
from booking.store.placements import PlacementState
from booking.store.tables import booking, claim, hold, outbox, placement
from connectors.contract import EventDraft
from connectors.deadline import Deadline
from connectors.errors import TryLater
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, address, town


@pytest.fixture
def booked(office: Office) -> BookingView:
    made = office.book(office.at(4, 9)).booking
    office.settle(rounds=1)
    office.post.sent.clear()
    return made


def by_hand(office: Office, *statements: Any) -> None:
    """What a restored backup or a hand in the database leaves behind; two minutes pass."""

    def work(uow: Any) -> None:
        for statement in statements:
            uow.connection.execute(statement)

    office.desk.store.transact(work)
    office.clock.forward(minutes=2)


def of(made: BookingView, **values: Any) -> Any:
    return update(booking).where(booking.c.id == made.id).values(**values)


def places(office: Office, made: BookingView) -> list[str]:
    with office.desk.store.read() as uow:
        return [each.state for each in uow.placements.of_booking(made.id)]


def claims(office: Office) -> int:
    with office.desk.store.read() as uow:
        return len(uow.connection.execute(claim.select()).all())


def completed(office: Office) -> int:
    """How much was carried on; a second look finds nothing more to do."""
    count = complete(office.desk)
    assert complete(office.desk) == 0
    office.settle(rounds=2)
    assert overview.outbox_open(office.desk) == ()
    return count


def half_way(office: Office, made: BookingView) -> BookingView:
    """A reschedule to 10:20 that the calendar did not answer, and whose step is lost."""
    office.memory.fail_next("get", TryLater("down"))
    moving = reschedule(
        office.desk, booking_id=made.id, starts_at=office.at(4, 10, 20), citizen=None, answers=None
    )
    assert moving.pending_period is not None
    return moving


def test_a_reschedule_that_nobody_carries_on_is_carried_on(
    office: Office, booked: BookingView
) -> None:
    half_way(office, booked)
    by_hand(office, delete(outbox))
    assert completed(office) == 1
    assert office.view(booked.id).period.start == office.at(4, 10, 20)
    assert (office.view(booked.id).pending_period, claims(office)) == (None, 1)
    assert len(office.post.sent) == 1


def test_a_reschedule_that_cannot_be_carried_on_goes_back_to_its_time(
    office: Office, booked: BookingView
) -> None:
    half_way(office, booked)
    assert claims(office) == 2
    vanished = update(placement).values(seen="vanished")
    by_hand(office, delete(outbox), vanished)
    assert complete(office.desk) == 1
    seen = office.view(booked.id)
    assert (seen.period.start, seen.pending_period) == (office.at(4, 9), None)
    assert claims(office) == 1
    office.drain(seconds=1)
    assert len(office.post.sent) == 1  # the citizen hears that the old time holds
    assert office.at(4, 10, 20) in [slot.start for slot in office.free(office.at(4, 9).date())]


@pytest.mark.parametrize("state", [BookingState.CONFIRMED, BookingState.CANCELLED])
def test_an_event_that_is_to_go_is_removed(
    office: Office, booked: BookingView, state: BookingState
) -> None:
    removing = update(placement).values(state=PlacementState.REMOVING.value)
    by_hand(office, removing, of(booked, state=state.value), delete(outbox))
    assert completed(office) >= 1
    assert (office.all_events(), places(office, booked)) == ([], ["removed"])


@pytest.mark.parametrize(
    "state", [BookingState.CANCELLED, BookingState.RELEASED, BookingState.CANCELLING]
)
def test_no_event_stands_for_a_booking_that_does_not_take_place(
    office: Office, booked: BookingView, state: BookingState
) -> None:
    until = office.clock.now + timedelta(hours=1)
    by_hand(office, of(booked, state=state.value, undo_until=until), delete(outbox))
    assert completed(office) >= 1
    assert (office.all_events(), places(office, booked)) == ([], ["removed"])


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.RELEASED])
def test_a_booking_that_is_over_gives_its_time_back(
    office: Office, booked: BookingView, state: BookingState
) -> None:
    by_hand(office, of(booked, state=state.value))
    assert completed(office) == 2
    assert claims(office) == 0
    assert office.at(4, 9) in [slot.start for slot in office.free(office.at(4, 9).date())]


def test_a_cancellation_without_an_end_is_ended(office: Office, booked: BookingView) -> None:
    cancel(office.desk, booking_id=booked.id)
    by_hand(office, of(booked, undo_until=None))
    assert completed(office) == 1
    assert (office.view(booked.id).state, claims(office)) == (BookingState.CANCELLED, 0)


def test_times_kept_for_a_booking_that_needs_none_are_given_back(
    office: Office, booked: BookingView
) -> None:
    kept = {
        "id": "kept", "service_id": SERVICE, "channel": "in_person",
        "starts_at": office.at(4, 11), "ends_at": office.at(4, 11, 30), "reason": "",
        "mailbox_id": office.mailbox_id(address(1)), "for_booking": booked.id,
        "expires_at": office.at(5, 9), "extendable_until": office.at(5, 9),
    }  # fmt: skip
    by_hand(office, insert(hold).values(**kept))
    assert completed(office) == 1
    by_hand(office, insert(hold).values(**kept), of(booked, state=BookingState.CONFLICT.value))
    assert complete(office.desk) == 0  # these do need them


def test_a_claim_whose_hold_is_gone_is_dropped_when_it_expires(office: Office) -> None:
    lost = {
        "id": "lost", "mailbox_id": office.mailbox_id(address(1)), "first_cell": 1, "end_cell": 2,
        "hold_id": "nobody", "expires_at": office.clock.now + timedelta(minutes=5),
    }  # fmt: skip
    by_hand(office, insert(claim).values(**lost))
    assert complete(office.desk) == 0
    office.clock.forward(minutes=5)
    assert completed(office) == 1
    assert claims(office) == 0


def test_an_attempt_that_nobody_makes_is_looked_for_and_removed(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2))
    made = office.book(office.at(4, 9)).booking
    office.settle(rounds=1)
    other = address(2) if made.mailbox == address(1) else address(1)

    def work(uow: Any) -> str:
        return str(
            uow.placements.add(
                booking_id=made.id, mailbox_id=office.mailbox_id(other), now=uow.now, reason="",
                starts_at=made.period.start, ends_at=made.period.end,
            )
        )  # fmt: skip

    key = office.desk.store.transact(work)
    office.memory.create(
        mailbox=office.ref(other), key=key, deadline=Deadline.after(5),
        draft=EventDraft(made.period, "", "", made.reference),
    )  # fmt: skip
    office.clock.forward(minutes=2)
    assert complete(office.desk) == 1
    office.settle(rounds=12)
    assert (office.events(other), places(office, made)) == ([], ["placed", "refused"])


def test_an_event_that_turns_up_again_is_removed_again(office: Office, booked: BookingView) -> None:
    (event,) = office.memory.events(office.ref(address(1)))
    cancel(office.desk, booking_id=booked.id)
    office.clock.forward(minutes=31)
    tend(office.desk)
    assert places(office, booked) == ["removed"]
    office.memory.restore(office.ref(address(1)), event)
    office.read_all()
    office.clock.forward(minutes=11)
    assert completed(office) == 1
    assert office.all_events() == []


def test_a_booking_that_is_pending_far_too_long_is_released_and_told(office: Office) -> None:
    office.memory.fail_always(RuntimeError("a fault of ours"))  # type: ignore[arg-type]
    pending = office.book(office.at(4, 9)).booking
    assert pending.state is BookingState.PENDING
    for _ in range(7):
        office.drain(seconds=600)
    assert complete(office.desk) == 1
    office.memory.fail_always(None)
    assert office.view(pending.id).state is BookingState.RELEASED
    office.settle(rounds=2)
    (mail,) = office.post.sent
    assert pending.reference in mail.text
    with office.desk.store.read() as uow:
        assert uow.outbox.of_booking(pending.id, kinds=[Step.PLACE]) == ()


def test_the_ticker_completes_once_a_minute(office: Office, booked: BookingView) -> None:
    tend(office.desk)
    office.desk.store.transact(
        lambda uow: uow.connection.execute(
            of(booked, state=BookingState.CANCELLING.value, undo_until=None)
        )
    )
    office.clock.forward(seconds=EVERY.total_seconds() - 1)
    tend(office.desk)
    assert office.view(booked.id).state is BookingState.CANCELLING
    office.clock.forward(seconds=2)
    tend(office.desk)
    assert office.view(booked.id).state is BookingState.CANCELLED
