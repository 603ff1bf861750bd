"""What a clerk books for a caller or visitor: the same guard, without notice, mail or mobile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from booking import holds, tasks
from booking.cancelling import cancel
from booking.model import BookingState, Citizen, FieldErrors, SlotTaken
from booking.offer import available
from booking.rescheduling import reschedule
from booking.submitting import submit
from booking.tasks import TaskKind
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.forms import form
from tests.booking.town import SERVICE

CALLER = Citizen(name="Ελένη Δοκιμαστική", email="", phone="2721 012345")


@pytest.fixture
def today(office: Office) -> Office:
    """A Tuesday, a minute past nine: Monday is a holiday."""
    office.clock.forward(days=1, minutes=1)
    office.read_all()
    return office


def test_a_clerk_books_inside_the_notice_and_never_over_anything(today: Office) -> None:
    office, day = today, today.clock.now.date()
    soon = office.at(2, 9, 40)
    assert soon - office.clock.now < timedelta(minutes=60)
    offered = {
        at_desk: available(
            office.desk, service_id=SERVICE, channel=Channel.IN_PERSON,
            first=day, last=day, at_desk=at_desk,
        ).slots
        for at_desk in (False, True)
    }  # fmt: skip
    assert soon not in {each.start for each in offered[False]}
    assert offered[True][0].start == soon
    with pytest.raises(SlotTaken):
        holds.take(
            office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=soon,
            session_key="citizen",
        )  # fmt: skip
    hold = holds.take(
        office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=soon,
        session_key="desk", at_desk=True,
    )  # fmt: skip
    with pytest.raises(SlotTaken) as taken:
        holds.take(
            office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=soon,
            session_key="another desk", at_desk=True,
        )  # fmt: skip
    assert taken.value.alternatives[0].start == office.at(2, 10, 20)
    wanted = replace(form(soon), citizen=CALLER, clerk="desk", hold_id=hold.id)
    booked = submit(office.desk, request=wanted, idempotency_key="call").booking
    assert (booked.state, booked.clerk) == (BookingState.CONFIRMED, "desk")
    assert (booked.citizen.email, booked.citizen.phone) == ("", "+302721012345")
    office.busy("desk1@town.example", office.at(2, 10, 20))
    with pytest.raises(SlotTaken):
        submit(
            office.desk,
            request=replace(wanted, starts_at=office.at(2, 10, 20), hold_id=None),
            idempotency_key="another",
        )


def test_citizens_give_a_mail_address_and_a_mobile(office: Office) -> None:
    with pytest.raises(FieldErrors) as refused:
        submit(
            office.desk,
            request=replace(form(office.at(2, 9)), citizen=CALLER),
            idempotency_key="x",
        )
    assert set(refused.value.errors) == {"email", "phone"}


def test_the_office_moves_an_appointment_to_a_time_that_citizens_are_too_late_for(
    today: Office,
) -> None:
    office = today
    booked = office.book(office.at(3, 9)).booking
    soon = office.at(2, 9, 40)
    with pytest.raises(SlotTaken):
        reschedule(office.desk, booking_id=booked.id, starts_at=soon, citizen=None, answers=None)
    after = reschedule(
        office.desk, booking_id=booked.id, starts_at=soon, citizen=None, answers=None, at_desk=True
    )
    assert (after.state, after.period.start) == (BookingState.CONFIRMED, soon)


def test_whoever_has_no_mail_address_may_change_the_phone_by_themselves(office: Office) -> None:
    wanted = replace(form(office.at(2, 9)), citizen=CALLER, clerk="desk")
    booked = submit(office.desk, request=wanted, idempotency_key="x").booking
    other = Citizen(name=CALLER.name, email="", phone="2721 012346")
    after = reschedule(
        office.desk, booking_id=booked.id, starts_at=None, citizen=other, answers=None
    )
    assert after.citizen.phone == "+302721012346"


def test_a_teleconference_needs_an_address_for_its_link(office: Office) -> None:
    wanted = replace(
        form(office.at(2, 9)), citizen=CALLER, clerk="desk", channel=Channel.TELECONFERENCE
    )
    with pytest.raises(FieldErrors) as refused:
        submit(office.desk, request=wanted, idempotency_key="x")
    assert set(refused.value.errors) == {"email"}


def to_call(office: Office) -> list[tuple[TaskKind, str]]:
    listed = tasks.open_tasks(office.desk, municipality="town")
    return [(each.kind, each.reference) for each in listed]


def test_who_has_no_mail_address_is_called_about_what_they_cannot_know(office: Office) -> None:
    wanted = replace(form(office.at(3, 9)), citizen=CALLER, clerk="desk")
    booked = submit(office.desk, request=wanted, idempotency_key="x").booking
    reschedule(
        office.desk, booking_id=booked.id, starts_at=office.at(3, 9, 40), citizen=None, answers=None
    )
    office.drain(seconds=1)
    assert (to_call(office), office.post.sent) == ([], [])
    office.clock.forward(minutes=5)
    (event,) = office.memory.events(office.ref("desk1@town.example"))
    office.memory.remove(office.ref("desk1@town.example"), event.ref.id)
    office.read_all()
    office.clock.forward(minutes=11)
    office.read_all()
    office.settle(rounds=3)
    assert office.view(booked.id).state is BookingState.RELEASED
    assert to_call(office) == [(TaskKind.CALL_CITIZEN, booked.reference)]
    assert office.post.sent == []
    (task,) = tasks.open_tasks(office.desk, municipality="town")
    tasks.mark_done(office.desk, task_id=task.id, by="desk", municipality="town")
    reschedule(
        office.desk,
        booking_id=booked.id,
        starts_at=office.at(3, 10, 20),
        citizen=None,
        answers=None,
    )
    office.drain(seconds=1)
    cancel(office.desk, booking_id=booked.id)
    office.drain(seconds=1)
    assert to_call(office) == []
