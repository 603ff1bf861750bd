"""The office mends a name: the event is written once more, and nothing else happens to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booking.cancelling import cancel
from booking.housekeeping import tend
from booking.model import (
    BookingState,
    BookingView,
    Citizen,
    FieldErrors,
    NotOffered,
    WrongState,
)
from booking.office.accounts import Account
from booking.office.correcting import correct
from booking.rescheduling import reschedule
from booking.store import UnitOfWork
from booking.tasks import TaskKind, count_open, owe_task
from connectors.contract import Period
from connectors.errors import TryLater
from tests.booking.conftest import Office

CLERK = Account("clerk", "staff", "Υπάλληλος", "town")
DESK = "desk1@town.example"
RIGHT = {"name": "Μαρία Κανάρη", "phone": "6941234567", "email": "maria@example.com"}


@pytest.fixture
def booked(office: Office) -> BookingView:
    view = office.book(office.at(2, 9)).booking
    office.drain(seconds=1)
    office.post.sent.clear()
    return view


def mend(office: Office, view: BookingView, **changes: str) -> BookingView:
    return correct(office.desk, reference=view.reference, account=CLERK, **{**RIGHT, **changes})


def body(office: Office) -> str:
    (event,) = office.memory.events(office.ref(DESK))
    return event.body


def test_name_calendar_and_citizen_agree_and_the_time_stays(
    office: Office, booked: BookingView
) -> None:
    after = mend(office, booked)
    assert (after.citizen.name, after.state) == ("Μαρία Κανάρη", BookingState.CONFIRMED)
    assert (after.period, after.pending_period) == (booked.period, None)
    assert "Όνομα: Μαρία Κανάρη" in body(office)
    office.read_all()
    office.settle(rounds=3)
    assert office.view(booked.id).version == after.version  # the reading found nothing new
    assert [each.recipient for each in office.post.sent] == ["maria@example.com"]
    assert office.free(booked.period.start.date())[0].start == office.at(2, 9, 40)


def test_nothing_changes_where_nothing_is_wrong(office: Office, booked: BookingView) -> None:
    same = booked.citizen
    after = mend(office, booked, name=same.name, phone=same.phone, email=same.email)
    assert after == booked
    office.drain(seconds=1)
    assert office.post.sent == []


def test_a_silent_calendar_gets_the_name_later(office: Office, booked: BookingView) -> None:
    office.memory.fail_next("update", TryLater("no answer", outcome_unknown=True))
    after = mend(office, booked)
    assert after.citizen.name == "Μαρία Κανάρη"
    with pytest.raises(WrongState):
        mend(office, booked, name="Μαρία Κανάκη")  # one at a time
    office.settle(rounds=3)
    assert "Όνομα: Μαρία Κανάρη" in body(office)
    assert office.view(booked.id).pending_period is None
    assert len(office.post.sent) == 1


def test_an_event_that_staff_moved_meanwhile_stays_where_they_put_it(
    office: Office, booked: BookingView
) -> None:
    (event,) = office.memory.events(office.ref(DESK))
    target = Period(office.at(2, 11), office.at(2, 11, 30))
    office.memory.change_foreign(office.ref(DESK), event.ref.id, target)
    after = mend(office, booked)
    assert (after.citizen.name, after.period) == ("Μαρία Κανάρη", booked.period)
    office.read_all()
    office.clock.forward(seconds=31)
    office.read_all()
    office.settle(rounds=3)
    moved = office.view(booked.id)
    assert (moved.period, moved.state) == (target, BookingState.CONFIRMED)
    assert office.events(DESK) == [target]


def test_an_event_that_is_gone_keeps_nobody_from_the_right_name(
    office: Office, booked: BookingView
) -> None:
    (event,) = office.memory.events(office.ref(DESK))
    office.memory.remove(office.ref(DESK), event.ref.id)
    after = mend(office, booked)
    assert (after.citizen.name, after.state) == ("Μαρία Κανάρη", BookingState.CONFIRMED)
    assert after.pending_period is None


def test_a_phone_alone_leaves_the_calendar_alone(office: Office, booked: BookingView) -> None:
    (before,) = office.memory.events(office.ref(DESK))
    after = mend(office, booked, name=booked.citizen.name, phone="2721012345", email="")
    assert (after.citizen.phone, after.citizen.email) == ("+302721012345", "")
    (event,) = office.memory.events(office.ref(DESK))
    assert event.ref == before.ref


def test_wrong_details_and_wrong_moments_change_nothing(
    office: Office, booked: BookingView
) -> None:
    with pytest.raises(FieldErrors) as refused:
        mend(office, booked, name="", phone="1")
    assert set(refused.value.errors) == {"name", "phone"}
    stranger = replace(CLERK, municipality="another")
    with pytest.raises(NotOffered):
        correct(office.desk, reference=booked.reference, account=stranger, **RIGHT)
    cancel(office.desk, booking_id=booked.id)
    with pytest.raises(WrongState):
        mend(office, booked)
    assert office.view(booked.id).citizen == booked.citizen


def test_an_appointment_whose_name_was_mended_can_be_moved_and_cancelled(
    office: Office, booked: BookingView
) -> None:
    mend(office, booked)
    after = reschedule(
        office.desk, booking_id=booked.id, starts_at=office.at(2, 10, 20), citizen=None,
        answers=None,
    )  # fmt: skip
    assert after.period.start == office.at(2, 10, 20)
    assert office.free(booked.period.start.date())[0].start == office.at(2, 9)
    cancel(office.desk, booking_id=booked.id)
    assert office.events(DESK) == []
    office.clock.forward(minutes=31)  # it cannot be undone any more
    tend(office.desk)
    office.read_all()
    assert office.free(booked.period.start.date())[2].start == office.at(2, 10, 20)


def test_whose_contact_was_lost_is_reached_again(office: Office, booked: BookingView) -> None:
    def lose(uow: UnitOfWork) -> None:
        row = uow.bookings.get(booked.id)
        assert row is not None
        lost = replace(row.personal, citizen=Citizen(booked.citizen.name, "", ""))
        uow.bookings.change(row, now=uow.now, personal=lost)
        owe_task(
            uow, kind=TaskKind.CONTACT_LOST, municipality="town", booking_id=row.id,
            name=f"contact_lost:{row.id}",
        )  # fmt: skip

    office.desk.store.transact(lose)
    mend(office, booked, name=booked.citizen.name, phone="2721012345", email="")
    assert count_open(office.desk) == 0
