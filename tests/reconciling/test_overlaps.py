"""Other people's time over an appointment: a colleague takes it, or office and citizen decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking.cancelling import cancel
from booking.housekeeping import tend
from booking.model import BookingState, Reason, SlotTaken
from booking.rescheduling import reschedule
from booking.store.outbox import Step
from connectors.contract import Period, ShowAs
from connectors.errors import TryLater
from mapping.model import Channel
from tests.reconciling.conftest import SETTLED, Scene, busy_over, other_address


@pytest.fixture
def pair(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene(mailboxes=2)


def test_a_free_colleague_takes_it_over_and_the_citizen_need_not_know(pair: Scene) -> None:
    colleague, period = other_address(pair), pair.view.period
    busy_over(pair)
    pair.look()
    pair.look()
    view = pair.view
    assert (view.state, view.mailbox, view.period) == (BookingState.CONFIRMED, colleague, period)
    assert pair.office.events(colleague) == [period]
    assert len(pair.own_events()) == 1
    assert (pair.mails(), pair.tasks()) == ([], [])
    assert view.sequence == 0


def test_the_new_event_stands_before_the_old_one_goes(pair: Scene) -> None:
    counts = []
    memory = pair.office.memory
    real = memory.delete

    def delete(**arguments: object) -> None:
        counts.append(len(pair.own_events()))
        real(**arguments)  # type: ignore[arg-type]

    memory.delete = delete  # type: ignore[assignment,method-assign]
    busy_over(pair)
    pair.look()
    pair.look()
    assert counts == [2]
    assert len(pair.own_events()) == 1


def test_a_teleconference_keeps_the_address_by_which_the_citizen_joins(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(mailboxes=2)
    office = scene.office
    online = office.book(office.at(3, 10, 20), key="online", channel=Channel.TELECONFERENCE).booking
    office.drain()
    scene.mails()
    other = Scene(office, online.id)
    busy_over(other)
    other.look()
    other.look()
    assert other.view.mailbox != online.mailbox
    assert other.view.meeting_url
    assert other.mails() == []


def test_without_a_free_colleague_office_and_citizen_hear_of_it(scene: Scene) -> None:
    busy_over(scene)
    scene.look()
    view = scene.view
    assert (view.state, view.reason) == (BookingState.CONFLICT, Reason.CALENDAR_BUSY)
    (mail,) = scene.mails()
    assert mail.calendar_method is None
    assert len(scene.kept()) == 3
    assert [task.kind for task in scene.tasks()] == ["appointment_in_the_way"]
    assert scene.own_events()  # it stands until somebody decides
    scene.look()
    scene.look()
    assert scene.mails() == []  # said once


def test_when_it_is_gone_again_the_appointment_stands(scene: Scene) -> None:
    meeting = busy_over(scene)
    scene.look()
    scene.mails()
    scene.office.memory.remove(scene.ref, meeting)
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.view.reason is Reason.NONE
    (mail,) = scene.mails()
    assert "10:20" in mail.text
    assert (scene.kept(), scene.tasks()) == ([], [])


def test_a_meeting_that_comes_and_goes_at_once_is_nobodys_business(scene: Scene) -> None:
    meeting = busy_over(scene)
    scene.office.read_all()
    scene.office.memory.remove(scene.ref, meeting)
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.mails() == []
    assert scene.placement.seen == ""


@pytest.mark.parametrize("show_as", [ShowAs.TENTATIVE, ShowAs.OUT_OF_OFFICE, ShowAs.FREE])
def test_what_counts_as_busy_is_the_mappings_to_say(scene: Scene, show_as: ShowAs) -> None:
    scene.office.memory.put_foreign(scene.ref, scene.view.period, show_as=show_as)
    scene.look()
    expected = BookingState.CONFIRMED if show_as is ShowAs.FREE else BookingState.CONFLICT
    assert scene.view.state is expected


def test_a_meeting_beside_it_is_not_over_it(scene: Scene) -> None:
    """Not even in the buffers, which are for offering."""
    period = scene.view.period
    scene.office.busy(scene.view.mailbox, period.end, 30)
    scene.office.busy(scene.view.mailbox, period.start - timedelta(minutes=30), 30)
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED


def test_a_colleague_who_is_busy_after_all_hands_it_to_the_next(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(mailboxes=3)
    office, first = scene.office, scene.view.mailbox
    start = scene.view.period.start
    # What the colleagues entered a moment ago is in no replica yet.
    busy_over(scene)
    scene.office.read_all()
    others = [each.address for each in office.town.mailboxes if each.address != first]
    office.busy(others[0], start)
    for _ in range(4):
        office.drain(seconds=SETTLED)
    assert scene.view.mailbox == others[1]
    assert scene.view.state is BookingState.CONFIRMED
    assert len(scene.own_events()) == 1
    assert scene.mails() == []


def test_when_no_colleague_can_after_all_it_is_a_conflict(pair: Scene) -> None:
    office, colleague = pair.office, other_address(pair)
    busy_over(pair)
    office.read_all()
    office.busy(colleague, pair.view.period.start)
    for _ in range(4):
        office.drain(seconds=SETTLED)
    assert pair.view.state is BookingState.CONFLICT
    assert pair.view.mailbox != colleague
    assert len(pair.own_events()) == 1
    assert len(pair.mails()) == 1
    with office.desk.store.read() as uow:
        assert len(uow.claims.of_booking(pair.booking_id)) == 1


def test_a_colleague_whose_calendar_is_silent_does_not_make_two_events(pair: Scene) -> None:
    memory = pair.office.memory
    busy_over(pair)
    pair.office.read_all()
    memory.fail_next("create", TryLater("lost", outcome_unknown=True), effect_happened=True)
    for _ in range(6):
        pair.office.drain(seconds=SETTLED)
    assert len(pair.own_events()) == 1
    assert pair.view.state is BookingState.CONFIRMED
    assert pair.mails() == []


def test_cancelled_while_it_is_handed_over_nothing_is_left(pair: Scene) -> None:
    busy_over(pair)
    pair.office.read_all()
    with pair.office.desk.store.read() as uow:
        assert uow.outbox.of_booking(pair.booking_id, kinds=[Step.REVIEW])
    pair.office.clock.forward(seconds=SETTLED)
    cancel(pair.office.desk, booking_id=pair.booking_id)
    pair.look()
    pair.look()
    assert pair.own_events() == []
    assert pair.view.state in {BookingState.CANCELLING, BookingState.CANCELLED}


def test_a_meeting_over_a_moved_appointment_is_one_over_any(pair: Scene) -> None:
    colleague = other_address(pair)
    pair.move(pair.office.at(2, 12, 20))
    pair.look()
    assert len(pair.mails()) == 1
    busy_over(pair)
    pair.look()
    pair.look()
    assert (pair.view.mailbox, pair.mails()) == (colleague, [])


def test_the_minimum_notice_is_for_new_bookings_not_for_a_colleague(pair: Scene) -> None:
    colleague = other_address(pair)
    pair.office.clock.now = pair.view.period.start - timedelta(minutes=20)
    busy_over(pair)
    pair.look()
    pair.look()
    assert (pair.view.mailbox, pair.mails()) == (colleague, [])


def _leave(scene: Scene, *, days: int = 1) -> str:
    midnight = scene.office.at(2, 3) - timedelta(hours=3)
    period = Period(midnight, midnight + timedelta(days=days))
    return scene.office.memory.put_foreign(
        scene.ref, period, show_as=ShowAs.OUT_OF_OFFICE, all_day=True
    )


def test_an_absence_is_shown_to_the_office_before_anything_is_done(pair: Scene) -> None:
    office = pair.office
    more = [office.book(office.at(2, hour, 0), key=f"{hour}").booking for hour in (9, 11)]
    office.drain()
    pair.mails()
    mine = [each for each in more if each.mailbox == pair.view.mailbox]
    mailbox, colleague = pair.view.mailbox, other_address(pair)
    _leave(pair)
    pair.look()
    pair.look()
    (task,) = pair.tasks()
    assert (task.kind, task.booking_id) == ("absence", None)
    assert pair.view.state is BookingState.CONFIRMED
    assert pair.view.mailbox == mailbox
    # Nobody looked at it for hours: it is carried out all the same.
    for _ in range(20):
        pair.look(seconds=400)
    assert pair.view.mailbox == colleague
    assert {office.view(each.id).mailbox for each in mine} <= {colleague}
    assert (pair.mails(), pair.tasks()) == ([], [])


def test_an_absence_that_is_taken_back_leaves_no_task(pair: Scene) -> None:
    leave, mailbox = _leave(pair), pair.view.mailbox
    pair.look()
    assert len(pair.tasks()) == 1
    pair.office.memory.remove(pair.ref, leave)
    for _ in range(20):
        pair.look(seconds=400)
    assert pair.tasks() == []
    assert pair.view.mailbox == mailbox
    assert pair.mails() == []


def dragged_over_an_entry(scene: Scene) -> str:
    """Staff move the appointment onto a meeting of theirs, on purpose; id of the meeting."""
    office = scene.office
    target = office.at(2, 12, 20)
    meeting = office.busy(scene.view.mailbox, target)
    office.read_all()
    scene.move(target)
    scene.look()
    scene.look()
    assert (scene.view.state, scene.view.period.start) == (BookingState.CONFIRMED, target)
    assert len(scene.mails()) == 1
    return meeting


def test_what_staff_want_over_one_entry_is_in_the_way_of_the_next(scene: Scene) -> None:
    office = scene.office
    meeting = dragged_over_an_entry(scene)
    office.memory.show_foreign(scene.ref, meeting, ShowAs.TENTATIVE)
    scene.look()
    assert scene.mails() == [], "that entry is known"
    office.memory.put_foreign(
        scene.ref,
        Period(office.at(2, 8), office.at(2, 20)),
        show_as=ShowAs.OUT_OF_OFFICE,
    )
    scene.look()
    assert [task.kind for task in scene.tasks()] == ["absence"]
    scene.look(seconds=2 * 3600)
    assert scene.view.state is BookingState.CONFLICT
    (mail,) = scene.mails()
    assert "Ίσως το ραντεβού σας δεν μπορεί να γίνει αυτή την ώρα" in mail.text


def test_an_appointment_that_was_moved_away_is_wanted_over_nothing_any_more(scene: Scene) -> None:
    office = scene.office
    dragged_over_an_entry(scene)
    reschedule(
        office.desk,
        booking_id=scene.booking_id,
        starts_at=office.at(3, 10, 20),
        citizen=None,
        answers=None,
    )
    scene.look()
    scene.mails()
    assert not scene.placement.shared
    busy_over(scene)
    scene.look()
    scene.look()
    assert scene.view.state is BookingState.CONFLICT


@pytest.mark.parametrize("cancels", [False, True])
def test_a_conflict_that_the_citizen_ends_is_nobodys_work_any_more(
    scene: Scene, cancels: bool
) -> None:
    busy_over(scene)
    scene.look()
    assert [task.kind for task in scene.tasks()] == ["appointment_in_the_way"]
    tend(scene.office.desk)
    assert len(scene.tasks()) == 1
    desk, booking_id = scene.office.desk, scene.booking_id
    if cancels:
        cancel(desk, booking_id=booking_id)
    else:
        chosen = scene.kept()[0]
        reschedule(desk, booking_id=booking_id, starts_at=chosen, citizen=None, answers=None)
    tend(desk)
    assert scene.tasks() == []


def test_a_kept_time_that_cannot_be_had_after_all_is_answered_with_others(scene: Scene) -> None:
    """Whoever pressed it gave the others back, and reads a mail that promises all three."""
    office = scene.office
    busy_over(scene)
    scene.look()
    assert len(scene.mails()) == 1
    kept = scene.kept()
    office.memory.fail_always(TryLater("down"))
    moving = reschedule(
        office.desk, booking_id=scene.booking_id, starts_at=kept[1], citizen=None, answers=None
    )
    assert moving.pending_period is not None
    assert scene.kept() == []
    office.memory.fail_always(None)
    office.busy(scene.view.mailbox, kept[1])
    office.settle(rounds=3)
    assert scene.view.state is BookingState.CONFLICT
    (mail,) = scene.mails()
    assert "Ίσως το ραντεβού σας δεν μπορεί να γίνει αυτή την ώρα" in mail.text
    again = scene.kept()
    assert len(again) == 3
    assert kept[1] not in again


def test_who_is_refused_a_kept_time_on_the_page_keeps_others(scene: Scene) -> None:
    office = scene.office
    busy_over(scene)
    scene.look()
    scene.mails()
    kept = scene.kept()
    office.busy(scene.view.mailbox, kept[0])
    with pytest.raises(SlotTaken):
        reschedule(
            office.desk, booking_id=scene.booking_id, starts_at=kept[0], citizen=None, answers=None
        )
    assert len(scene.kept()) == 3
    assert kept[0] not in scene.kept()
    office.settle(rounds=2)
    assert scene.mails() == []
