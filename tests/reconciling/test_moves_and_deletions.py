"""What staff do to the event of a booking reaches the booking and its citizen, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from booking.cancelling import cancel
from booking.housekeeping import tend
from booking.model import BookingState, Reason, SlotTaken
from booking.rescheduling import reschedule
from connectors.contract import Period, RemoteEvent, ShowAs
from connectors.errors import ConnectorError, NotAuthorised, TryLater
from tests.reconciling.conftest import (
    A_MINUTE,
    GRACE,
    SETTLED,
    Scene,
    busy_over,
    other_address,
)


def test_a_moved_event_takes_the_booking_along(scene: Scene) -> None:
    office = scene.office
    before, target = scene.view.period, office.at(2, 12, 10)
    scene.move(target)
    office.read_all()
    assert office.drain(seconds=SETTLED - 2).done == 0  # perhaps it is moved once more
    office.drain(seconds=3)
    office.drain(seconds=1)

    view = scene.view
    assert view.state is BookingState.CONFIRMED
    assert view.period == Period(target, target + timedelta(minutes=30))
    (mail,) = scene.mails()
    assert "12:10" in mail.text
    assert "10:20" in mail.text
    assert mail.calendar_method == "REQUEST"
    assert b"SEQUENCE:1" in (mail.calendar or b"")
    office.read_all()
    free = [each.start for each in office.free()]
    assert before.start in free
    assert not any(each.overlaps(view.period) for each in office.free())


def test_an_event_that_is_dragged_twice_makes_one_mail(scene: Scene) -> None:
    office = scene.office
    scene.move(office.at(2, 11))
    office.read_all()
    office.drain(seconds=10)
    scene.move(office.at(2, 12, 20))
    scene.look()
    scene.look()
    (mail,) = scene.mails()
    assert "12:20" in mail.text
    assert scene.view.period.start == office.at(2, 12, 20)


def test_an_event_that_is_moved_and_moved_back_is_nobodys_business(scene: Scene) -> None:
    start = scene.view.period.start
    scene.move(scene.office.at(2, 12, 20))
    scene.office.read_all()
    scene.move(start)
    scene.look()
    assert scene.view.period.start == start
    assert scene.mails() == []
    assert scene.placement.seen == ""


def test_moved_onto_another_booking_is_a_conflict_that_owns_nothing_there(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene()
    office = scene.office
    other = office.book(office.at(2, 11), key="other").booking
    office.drain()
    scene.mails()
    scene.move(other.period.start)
    scene.look()

    view = scene.view
    assert (view.state, view.reason) == (BookingState.CONFLICT, Reason.OFFICE_MOVED)
    assert office.view(other.id).state is BookingState.CONFIRMED
    (mail,) = scene.mails()
    assert mail.recipient == view.citizen.email
    assert [task.kind for task in scene.tasks()] == ["moved_to_impossible"]
    assert len(scene.kept()) == 3
    with office.desk.store.read() as uow:
        owners = uow.claims.living(
            [office.mailbox_id(other.mailbox)], from_cell=0, now=uow.now, without_booking=other.id
        )
    assert all(
        end <= int(other.period.start.timestamp()) // 300
        or first >= int(other.period.end.timestamp()) // 300
        for first, end in owners[office.mailbox_id(other.mailbox)]
    )

    # Dragged to a possible place, all is well again.
    scene.move(office.at(2, 12, 20))
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.tasks() == []
    assert scene.kept() == []
    assert "12:20" in scene.mails()[0].text


def test_moved_into_the_past_is_a_conflict(scene: Scene) -> None:
    scene.move(scene.office.clock() - timedelta(days=3))
    scene.look()
    assert scene.view.state is BookingState.CONFLICT
    assert scene.view.period.start == scene.office.at(2, 10, 20)


def test_a_moved_event_may_lie_on_the_employees_own_entries(scene: Scene) -> None:
    """Whoever drags an appointment over a lunch of theirs wants it there."""
    office, target = scene.office, scene.office.at(2, 12, 20)
    office.busy(scene.view.mailbox, target)
    scene.look()
    scene.move(target)
    scene.look()
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.view.period.start == target
    assert len(scene.mails()) == 1


def test_a_deleted_event_waits_out_its_grace_and_then_the_citizen_hears(scene: Scene) -> None:
    office, start = scene.office, scene.view.period.start
    scene.delete()
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.mails() == []
    assert start not in [each.start for each in office.free()]  # the claim is kept

    scene.look(seconds=GRACE)
    view = scene.view
    assert (view.state, view.reason) == (BookingState.RELEASED, Reason.OFFICE_DELETED)
    (mail,) = scene.mails()
    assert mail.calendar_method == "CANCEL"
    kept = scene.kept()
    assert len(kept) == 3
    assert all(f"{each.hour + 3}:{each.minute:02}" in mail.text for each in kept)
    assert not set(kept) & {each.start for each in office.free()}


def test_an_offered_time_is_taken_with_one_act(scene: Scene) -> None:
    scene.delete()
    scene.look()
    scene.look(seconds=GRACE)
    chosen = scene.kept()[0]
    view = reschedule(
        scene.office.desk,
        booking_id=scene.booking_id,
        starts_at=chosen,
        citizen=None,
        answers=None,
    )
    assert (view.state, view.reason) == (BookingState.CONFIRMED, Reason.NONE)
    assert scene.kept() == []
    assert scene.office.all_events() == [view.period]


def test_a_deletion_that_is_undone_within_the_grace_never_happened(scene: Scene) -> None:
    event = scene.delete()
    scene.look()
    scene.office.memory.restore(scene.ref, event)
    scene.look(seconds=GRACE)
    scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.mails() == []
    assert scene.placement.seen == ""


def test_what_comes_out_of_the_bin_under_another_id_is_known_by_its_key(scene: Scene) -> None:
    event = scene.delete()
    scene.look()
    fresh = replace(event, ref=replace(event.ref, id="another"))
    scene.office.memory.restore(scene.ref, fresh)
    scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.placement.event_id == "another"
    assert scene.mails() == []
    # It is the one that is changed from now on.
    target = scene.office.free()[-1].start
    reschedule(
        scene.office.desk, booking_id=scene.booking_id, starts_at=target, citizen=None, answers=None
    )
    assert [each.start for each in scene.office.all_events()] == [target]


def test_a_calendar_that_is_silent_is_not_one_without_the_event(scene: Scene) -> None:
    scene.delete()
    scene.look()
    scene.office.memory.fail_always(TryLater("silent"))
    for _ in range(5):
        scene.office.drain(seconds=GRACE)
    assert scene.view.state is BookingState.CONFIRMED
    scene.office.memory.fail_always(None)
    scene.office.read_all()
    scene.office.drain(seconds=61)
    scene.office.drain(seconds=1)
    assert scene.view.state is BookingState.RELEASED


def test_a_cancelled_booking_whose_event_is_gone_is_nothing_new(scene: Scene) -> None:
    cancel(scene.office.desk, booking_id=scene.booking_id)
    scene.office.drain()
    scene.mails()
    scene.look()
    scene.look(seconds=GRACE)
    assert scene.view.state is not BookingState.RELEASED
    assert scene.mails() == []


def test_dropped_into_a_colleagues_calendar_the_colleague_has_it(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(mailboxes=2)
    colleague, event = other_address(scene), scene.delete()
    scene.office.memory.restore(scene.office.ref(colleague), event)
    scene.look()
    scene.look()
    view = scene.view
    assert view.mailbox == colleague
    assert view.state is BookingState.CONFIRMED
    assert scene.mails() == []  # the time is the same
    assert scene.office.events(colleague) == [view.period]
    scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.CONFIRMED


@pytest.mark.parametrize("minutes", [15, 45])
def test_another_end_is_the_employees_own_business(scene: Scene, minutes: int) -> None:
    start = scene.view.period.start
    scene.move(start, minutes=minutes)
    scene.look()
    assert scene.view.period == Period(start, start + timedelta(minutes=minutes))
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.mails() == []
    scene.office.read_all()
    assert not any(each.overlaps(scene.view.period) for each in scene.office.free())


def test_made_free_it_is_kept_all_the_same(scene: Scene) -> None:
    scene.office.memory.show_foreign(scene.ref, scene.event.ref.id, ShowAs.FREE)
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.view.period.start not in [each.start for each in scene.office.free()]
    assert (scene.mails(), scene.tasks()) == ([], [])


@pytest.mark.parametrize("change", [{"all_day": True}, {"recurring": True}])
def test_without_a_clear_hour_a_person_is_asked(scene: Scene, change: dict[str, bool]) -> None:
    event_id = scene.event.ref.id
    scene.office.memory.edit(scene.ref, event_id, **change)
    scene.look()
    assert [task.kind for task in scene.tasks()] == ["event_unclear"]
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.mails() == []
    scene.office.memory.edit(scene.ref, event_id)
    scene.look()
    assert scene.tasks() == []
    assert scene.placement.seen == ""


def test_the_employee_says_how_it_went(scene: Scene) -> None:
    office, edit = scene.office, scene.office.memory.edit
    event_id = scene.event.ref.id
    edit(scene.ref, event_id, categories=("Ραντεβού", "Ολοκληρώθηκε"))
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED  # a day too early

    office.clock.now = scene.view.period.end
    edit(scene.ref, event_id, categories=("Ραντεβού", "Δεν προσήλθε"))
    scene.look()
    assert scene.view.state is BookingState.NO_SHOW
    edit(scene.ref, event_id, categories=("Ραντεβού", "Ολοκληρώθηκε"))
    scene.look()
    assert scene.view.state is BookingState.COMPLETED
    edit(scene.ref, event_id, categories=("Ραντεβού",))
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.mails() == []


def test_what_does_not_depend_on_other_entries_is_said_in_a_degraded_calendar_too(
    scene: Scene,
) -> None:
    office, edit = scene.office, scene.office.memory.edit
    office.memory.put_foreign(scene.ref, understood=False)
    office.read_all()
    edit(scene.ref, scene.event.ref.id, all_day=True)
    scene.look()
    assert [task.kind for task in scene.tasks()] == ["event_unclear"]
    edit(scene.ref, scene.event.ref.id)
    office.clock.now = scene.view.period.end
    edit(scene.ref, scene.event.ref.id, categories=("Δεν προσήλθε",))
    scene.look()
    assert scene.view.state is BookingState.NO_SHOW


def test_our_own_writes_come_back_as_nothing(scene: Scene) -> None:
    office = scene.office
    target = office.free()[-1].start
    reschedule(
        office.desk, booking_id=scene.booking_id, starts_at=target, citizen=None, answers=None
    )
    office.drain()
    requests = office.memory.requests["get"]
    for _ in range(3):
        scene.look()
        scene.look(full=True)
    assert office.memory.requests["get"] == requests
    assert len(scene.mails()) == 1


def test_the_citizen_may_choose_while_the_office_thinks(scene: Scene) -> None:
    scene.move(scene.office.clock() - timedelta(days=3))
    scene.look()
    chosen = scene.kept()[0]
    with pytest.raises(SlotTaken):
        reschedule(
            scene.office.desk,
            booking_id=scene.booking_id,
            starts_at=scene.office.at(7, 10, 20),  # a Sunday
            citizen=None,
            answers=None,
        )
    assert len(scene.kept()) == 3
    view = reschedule(
        scene.office.desk, booking_id=scene.booking_id, starts_at=chosen, citizen=None, answers=None
    )
    assert (view.state, view.period.start) == (BookingState.CONFIRMED, chosen)
    assert scene.office.all_events() == [view.period]
    assert scene.kept() == []


def test_an_event_deleted_in_the_minute_of_its_booking_is_noticed_too(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene()
    office = scene.office
    booked = office.book(office.at(3, 10, 20), key="another").booking
    other = Scene(office, booked.id)
    other.delete()
    office.clock.forward(seconds=20)
    office.read_all(full=True)
    other.look()
    other.look(seconds=GRACE)
    assert other.view.state is BookingState.RELEASED


def test_carried_to_a_colleague_under_a_meeting_that_came_instead_the_booking_follows(
    make_scene: Callable[..., Scene],
) -> None:
    """A meeting where the event is missed says nothing new of it."""
    scene = make_scene(mailboxes=2)
    colleague, event = other_address(scene), scene.delete()
    scene.office.memory.restore(scene.office.ref(colleague), event)
    scene.office.read_all()
    busy_over(scene)
    scene.look()
    assert scene.view.mailbox == colleague
    assert scene.view.state is BookingState.CONFIRMED


def test_a_meeting_in_the_place_of_a_deleted_event_makes_nobody_wait_longer(
    scene: Scene,
) -> None:
    scene.office.clock.forward(seconds=A_MINUTE)
    scene.delete()
    scene.look()
    since = scene.placement.seen_at
    busy_over(scene)
    scene.look()
    assert (scene.placement.seen, scene.placement.seen_at) == ("vanished", since)
    scene.look(seconds=GRACE - 2 * SETTLED)
    assert scene.view.state is BookingState.RELEASED


def test_pasted_into_a_colleagues_calendar_some_time_later_the_booking_follows_at_once(
    make_scene: Callable[..., Scene],
) -> None:
    """Cut here, looked for in vain, and pasted there: nobody waits out the time for an undo."""
    scene = make_scene(mailboxes=2)
    colleague, event = other_address(scene), scene.delete()
    scene.look()
    assert scene.view.mailbox != colleague
    scene.office.memory.restore(scene.office.ref(colleague), event)
    scene.look()
    assert scene.view.mailbox == colleague
    assert scene.view.state is BookingState.CONFIRMED
    assert len(scene.own_events()) == 1


def test_carried_to_a_colleague_whose_calendar_fails_once_an_hour_later_it_is_followed(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker was there for an hour: that the time for waiting is over says nothing then."""
    scene = make_scene(mailboxes=2)
    office, find, failed = scene.office, scene.office.memory.find, []
    colleague = other_address(scene)
    office.clock.forward(seconds=A_MINUTE)
    event = scene.delete()
    scene.office.memory.restore(office.ref(colleague), event)

    def once(**asked: Any) -> RemoteEvent | None:
        if asked["mailbox"].address == colleague and not failed:
            failed.append(True)
            raise TryLater("silent")
        return find(**asked)

    monkeypatch.setattr(office.memory, "find", once)
    office.read_all()
    office.clock.forward(seconds=3600)
    office.read_all()
    office.drain()
    assert failed
    office.settle(rounds=3)
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.view.mailbox == colleague


def test_carried_under_a_meeting_in_a_calendar_that_reads_empty_just_then_it_is_wanted_there(
    make_scene: Callable[..., Scene],
) -> None:
    """What lies there is known only once the calendar is believed again, and news to nobody."""
    scene = make_scene(mailboxes=2)
    office, colleague = scene.office, other_address(scene)
    ref = office.ref(colleague)
    for number in range(10):
        office.busy(colleague, office.at(10 + number, 10))
    meeting = office.busy(colleague, scene.view.period.start)
    office.read_all()
    there = office.memory.events(ref)
    for each in there:
        office.memory.remove(ref, each.ref.id)
    office.memory.restore(ref, scene.delete())
    own = office.memory.events(ref)[0]
    office.memory.remove(ref, own.ref.id)
    office.read_all(full=True)  # the colleague's reads empty: the brake
    office.memory.restore(ref, own)
    office.drain(seconds=SETTLED)
    assert scene.view.mailbox != colleague, "nobody knows what lies there"

    for each in there:
        office.memory.restore(ref, each)
    for _ in range(3):
        scene.look(full=True)
    assert scene.view.mailbox == colleague
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.placement.shared
    assert meeting in [each.ref.id for each in office.memory.events(ref)]
    assert scene.mails() == []


@pytest.mark.parametrize("carried", [False, True])
def test_moved_in_a_calendar_with_something_that_we_do_not_understand_the_citizen_hears_of_it(
    make_scene: Callable[..., Scene], carried: bool
) -> None:
    """It offers nothing, perhaps for days; where the event stands is plain all the same."""
    scene = make_scene(mailboxes=2)
    office = scene.office
    where = other_address(scene) if carried else scene.view.mailbox
    office.memory.put_foreign(office.ref(where), understood=False)
    office.read_all()
    target = office.at(2, 12, 20)
    scene.move(target)
    if carried:
        office.memory.restore(office.ref(where), scene.delete())
    scene.look()
    assert scene.view.mailbox == where
    assert scene.view.period.start == target
    (mail,) = scene.mails()
    assert "12:20" in mail.text


def test_carried_to_a_colleague_whose_calendar_refuses_us_once_it_is_followed_soon(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits out the time for an undo because a server had a bad moment."""
    scene = make_scene(mailboxes=2)
    office, find, refused = scene.office, scene.office.memory.find, []
    colleague = other_address(scene)

    def once(**asked: Any) -> RemoteEvent | None:
        if asked["mailbox"].address == colleague and not refused:
            refused.append(True)
            raise NotAuthorised("just now")
        return find(**asked)

    monkeypatch.setattr(office.memory, "find", once)
    office.clock.forward(seconds=A_MINUTE)
    office.memory.restore(office.ref(colleague), scene.delete())
    scene.look()
    assert refused
    assert scene.view.mailbox != colleague
    scene.look()
    assert (scene.view.mailbox, scene.view.state) == (colleague, BookingState.CONFIRMED)


def test_carried_away_and_cancelled_it_stands_in_nobodys_calendar(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(mailboxes=2)
    colleague, event = other_address(scene), scene.delete()
    scene.office.memory.restore(scene.office.ref(colleague), event)
    cancel(scene.office.desk, booking_id=scene.booking_id)
    for _ in range(4):
        scene.look(seconds=GRACE)
        tend(scene.office.desk)
    scene.look()
    assert scene.own_events() == []


@pytest.mark.parametrize(
    ("error", "age", "rounds"),
    [
        (NotAuthorised("no"), A_MINUTE, 2),
        (TryLater("silent"), A_MINUTE, 5),
        (TryLater("silent"), 0.0, 6),  # it might have been missed before it was there
    ],
)
def test_a_colleagues_broken_calendar_keeps_no_deletion_from_the_citizen(
    make_scene: Callable[..., Scene],
    monkeypatch: pytest.MonkeyPatch,
    error: ConnectorError,
    age: float,
    rounds: int,
) -> None:
    scene = make_scene(mailboxes=2)
    colleague, find = other_address(scene), scene.office.memory.find

    def broken(**asked: Any) -> RemoteEvent | None:
        if asked["mailbox"].address == colleague:
            raise error
        return find(**asked)

    monkeypatch.setattr(scene.office.memory, "find", broken)
    scene.office.clock.forward(seconds=age)
    scene.delete()
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    for _ in range(rounds):
        scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.RELEASED
    assert len(scene.mails()) == 1
