"""Mails, rescheduling, cancelling, undoing: what follows a booking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from booking import cancelling, managing, rescheduling
from booking.housekeeping import tend
from booking.model import BookingState, Citizen, FieldErrors, NotOffered, SlotTaken, WrongState
from connectors.errors import TryLater
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.town import address, town


def reschedule(office: Office, booking_id: str, start=None, **other):  # type: ignore[no-untyped-def]
    wanted = {"citizen": None, "answers": None, **other}
    return rescheduling.reschedule(office.desk, booking_id=booking_id, starts_at=start, **wanted)


def test_the_mail_leaves_once_and_carries_the_link_of_the_page(office: Office) -> None:
    done = office.book(office.free()[0].start)
    assert office.post.sent == []
    office.settle(rounds=3)
    (mail,) = office.post.sent
    assert done.manage_token in mail.text
    assert managing.by_token(office.desk, token=done.manage_token) == done.booking
    with pytest.raises(NotOffered):
        managing.by_token(office.desk, token=done.manage_token[:-1] + "x")


def test_rescheduling_moves_the_same_event(office: Office) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    view = reschedule(office, booked.id, slots[3].start)
    assert (view.period, view.sequence, view.pending_period) == (slots[3], 1, None)
    (event,) = office.memory.events(office.ref(address(1)))
    assert event.period == slots[3]
    assert office.free() == [slot for slot in slots if slot != slots[3]]
    office.settle(rounds=2)
    assert len(office.post.sent) == 2


def test_rescheduling_into_overlapping_cells_needs_only_the_new_ones(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(step=5))
    booked = office.book(office.at(2, 10)).booking
    free = office.free(exclude_booking=booked.id)
    assert office.at(2, 10, 15) in [slot.start for slot in free]
    assert office.at(2, 10, 15) not in [slot.start for slot in office.free()]
    view = reschedule(office, booked.id, office.at(2, 10, 15))
    assert view.period.start == office.at(2, 10, 15)
    starts = [slot.start for slot in office.free()]
    # Half an hour and five minutes on each side, against five minutes of the neighbour's own.
    assert office.at(2, 9, 35) in starts
    assert office.at(2, 9, 40) not in starts
    assert office.at(2, 10, 55) in starts


def test_while_the_calendar_does_not_answer_both_times_are_kept(office: Office) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    office.memory.fail_next("get", TryLater("busy"))
    view = reschedule(office, booked.id, slots[3].start)
    assert view.period == slots[0]
    assert view.pending_period == slots[3]
    assert slots[0] not in office.free()
    assert slots[3] not in office.free()
    office.drain(seconds=3)
    view = office.view(booked.id)
    assert (view.period, view.pending_period) == (slots[3], None)
    assert slots[0] in office.free()


def test_an_update_that_took_effect_without_an_answer_is_recognised(office: Office) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    lost = TryLater("no answer", outcome_unknown=True)
    office.memory.fail_next("update", lost, effect_happened=True)
    assert reschedule(office, booked.id, slots[2].start).pending_period == slots[2]
    office.drain(seconds=3)
    assert office.view(booked.id).period == slots[2]
    assert office.all_events() == [slots[2]]


def test_rescheduling_to_a_time_that_staff_took_changes_nothing(office: Office) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    office.busy(address(1), slots[3].start)
    with pytest.raises(SlotTaken) as refused:
        reschedule(office, booked.id, slots[3].start)
    assert slots[3] not in refused.value.alternatives
    view = office.view(booked.id)
    assert (view.period, view.pending_period, view.sequence) == (slots[0], None, 0)
    assert office.all_events() == [slots[0]]


def test_rescheduling_to_a_colleague_removes_the_old_event(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2))
    slots = office.free()
    booked = office.book(slots[0].start).booking
    office.busy(booked.mailbox, slots[3].start)
    office.read_all()
    view = reschedule(office, booked.id, slots[3].start)
    assert view.mailbox != booked.mailbox
    office.drain(seconds=1)
    assert office.events(booked.mailbox) == []
    assert office.events(view.mailbox) == [slots[3]]


def test_details_change_but_name_and_tax_number_do_not(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    other = Citizen("Κάποιος Άλλος", "new@example.com", "+306947654321")
    view = reschedule(
        office, booked.id, citizen=other, answers={"afm": "000000019", "subject": "Άλλο"}
    )
    assert view.citizen == replace(other, name=CITIZEN.name)
    assert view.answers == {"afm": booked.answers["afm"], "subject": "Άλλο"}
    with pytest.raises(FieldErrors):
        reschedule(office, booked.id, citizen=replace(other, email="no mail"))
    office.settle(rounds=2)
    assert office.post.sent[-1].recipient == "new@example.com"


def test_cancelling_empties_the_calendar_but_keeps_the_time_for_undoing(office: Office) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    view = cancelling.cancel(office.desk, booking_id=booked.id)
    assert view.state is BookingState.CANCELLING
    assert office.all_events() == []
    assert slots[0] not in office.free()
    assert cancelling.cancel(office.desk, booking_id=booked.id) == view
    office.clock.forward(minutes=29)
    view = cancelling.undo(office.desk, booking_id=booked.id)
    assert view.state is BookingState.CONFIRMED
    assert view.sequence == 2
    assert office.all_events() == [slots[0]]
    office.settle(rounds=2)
    assert slots[0] not in office.free()


def test_after_half_an_hour_a_cancellation_is_final(office: Office) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    cancelling.cancel(office.desk, booking_id=booked.id)
    office.clock.forward(minutes=30)
    with pytest.raises(WrongState):
        cancelling.undo(office.desk, booking_id=booked.id)
    tend(office.desk)
    office.read_all()
    assert office.view(booked.id).state is BookingState.CANCELLED
    assert slots[0] in office.free()
    office.settle(rounds=1)
    # The confirmation would not be true any more.
    assert len(office.post.sent) == 1


def test_a_dead_calendar_does_not_stop_a_cancellation(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.memory.fail_next("delete", TryLater("down"))
    view = cancelling.cancel(office.desk, booking_id=booked.id)
    assert view.state is BookingState.CANCELLING
    assert len(office.all_events()) == 1
    office.settle(rounds=2)
    assert office.all_events() == []
