"""Somebody is away for a day: one preview of everything affected, one decision, then it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking.model import BookingState, NotOffered
from booking.office import absences
from booking.office.sharing_out import Wish, share_out
from tests.booking.conftest import Office
from tests.booking.town import address, town

PATIENCE = 2 * 3600.0


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """Two desks; one of them has three appointments on the second of June."""
    return make_office(town(mailboxes=2))


def book(office: Office, *times: tuple[int, int]) -> list[str]:
    """Ids of bookings, all in the calendar of the first desk."""
    second = [office.busy(address(2), office.at(2, 9), 240)]
    office.read_all()
    found = [office.book(office.at(2, *each), key=f"{each}").booking.id for each in times]
    assert {office.view(each).mailbox for each in found} == {address(1)}
    for event in second:
        office.memory.remove(office.ref(address(2)), event)
    office.drain()
    office.read_all()
    office.post.sent.clear()
    return found


def away(office: Office) -> int:
    """The first desk is empty on that day; the id of the task."""
    office.busy(address(1), office.at(2, 8), 600)
    office.read_all()
    with office.desk.store.read() as uow:
        (task,) = uow.tasks.open(municipality=None)
    assert task.kind == "absence"
    return task.id


def seen(office: Office, task_id: int) -> dict[str, str | None]:
    found = absences.preview(office.desk, task_id=task_id, municipality="town")
    return {each.booking.id: each.colleague for each in found.affected}


def decide(office: Office, task_id: int, *, carry_out: list[str], stand: list[str]) -> None:
    absences.decide(
        office.desk,
        task_id=task_id,
        municipality="town",
        by="staff",
        carry_out=[office.view(each).reference for each in carry_out],
        stand=[office.view(each).reference for each in stand],
    )


def test_the_preview_shows_everything_and_changes_nothing(office: Office) -> None:
    booked = book(office, (9, 40), (10, 20))
    office.busy(address(2), office.at(2, 10, 20))
    task_id = away(office)
    found = absences.preview(office.desk, task_id=task_id, municipality="town")
    assert found.away == "Υπάλληλος 1"
    assert found.acts_at == office.clock() + timedelta(seconds=PATIENCE)
    assert seen(office, task_id) == {booked[0]: "Υπάλληλος 2", booked[1]: None}
    office.drain(seconds=PATIENCE - 60)
    assert all(office.view(each).state is BookingState.CONFIRMED for each in booked)
    assert office.post.sent == []


def test_one_confirmation_carries_all_of_it_out(office: Office) -> None:
    booked = book(office, (9, 40), (10, 20))
    office.busy(address(2), office.at(2, 10, 20))
    task_id = away(office)
    decide(office, task_id, carry_out=booked, stand=[])
    for _ in range(3):
        office.drain(seconds=1)
    taken, left = (office.view(each) for each in booked)
    assert (taken.state, taken.mailbox) == (BookingState.CONFIRMED, address(2))
    assert left.state is BookingState.CONFLICT
    assert [mail.recipient for mail in office.post.sent] == [left.citizen.email]
    with office.desk.store.read() as uow:
        row = uow.tasks.get(task_id)
        assert row is not None
        assert (row.done_by, [each.kind for each in uow.tasks.open(municipality=None)]) == (
            "staff",
            ["appointment_in_the_way"],
        )


def test_what_takes_place_all_the_same_stays_where_it_is(office: Office) -> None:
    booked = book(office, (9, 40), (10, 20))
    task_id = away(office)
    decide(office, task_id, carry_out=[], stand=booked)
    for _ in range(3):
        office.drain(seconds=PATIENCE)
        office.read_all()
    assert {office.view(each).mailbox for each in booked} == {address(1)}
    assert {office.view(each).state for each in booked} == {BookingState.CONFIRMED}
    assert office.post.sent == []
    with office.desk.store.read() as uow:
        assert uow.tasks.open(municipality=None) == ()


def test_what_nobody_was_shown_waits_with_its_task(office: Office) -> None:
    booked = book(office, (9, 40), (10, 20))
    task_id = away(office)
    decide(office, task_id, carry_out=booked[:1], stand=[])
    office.drain(seconds=1)
    office.drain(seconds=1)
    assert [office.view(each).mailbox for each in booked] == [address(2), address(1)]
    assert list(seen(office, task_id)) == booked[1:]
    with office.desk.store.read() as uow:
        row = uow.tasks.get(task_id)
    assert row is not None
    assert row.done_at is None


def test_without_an_answer_it_is_carried_out_all_the_same(office: Office) -> None:
    (booked,) = book(office, (9, 40))
    task_id = away(office)
    office.drain(seconds=PATIENCE - 60)
    office.read_all()
    office.drain(seconds=120)
    office.drain(seconds=1)
    assert office.view(booked).mailbox == address(2)
    assert seen(office, task_id) == {}


def test_another_entry_does_not_cut_the_time_for_an_answer_short(office: Office) -> None:
    (booked,) = book(office, (9, 40))
    task_id = away(office)
    for hour in (9, 10, 11):
        office.busy(address(1), office.at(3, hour))
        office.read_all()
        office.drain(seconds=60)
    assert office.view(booked).mailbox == address(1)
    assert list(seen(office, task_id)) == [booked]


def test_whoever_is_ill_today_is_stood_in_for_whatever_notice_citizens_must_give(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2, notice=24 * 60))
    (booked,) = book(office, (9, 40))
    office.clock.now = office.at(2, 7)
    office.read_all()
    task_id = away(office)
    assert seen(office, task_id) == {booked: "Υπάλληλος 2"}


def test_an_absence_that_ended_shows_nobody(office: Office) -> None:
    book(office, (9, 40))
    event = office.busy(address(1), office.at(2, 8), 600)
    office.read_all()
    with office.desk.store.read() as uow:
        (task,) = uow.tasks.open(municipality=None)
    office.memory.remove(office.ref(address(1)), event)
    office.read_all()
    assert seen(office, task.id) == {}


def test_another_municipality_sees_nothing(office: Office) -> None:
    book(office, (9, 40))
    task_id = away(office)
    with pytest.raises(NotOffered):
        absences.preview(office.desk, task_id=task_id, municipality="elsewhere")
    with pytest.raises(NotOffered):
        absences.decide(
            office.desk,
            task_id=task_id,
            municipality="elsewhere",
            by="staff",
            carry_out=[],
            stand=[],
        )


def test_two_at_a_time_do_not_go_to_the_same_colleague() -> None:
    found = share_out(
        [
            Wish("a", 10, 16, ("x", "y")),
            Wish("b", 10, 16, ("x", "y")),
            Wish("c", 12, 18, ("x", "y")),
            Wish("d", 16, 22, ("x", "y")),
        ]
    )
    assert {found["a"], found["b"]} == {"x", "y"}
    assert "c" not in found
    assert "d" in found


def test_somebody_makes_room_where_they_could_take_another_one() -> None:
    found = share_out(
        [
            Wish("a", 10, 16, ("x", "y")),
            Wish("b", 10, 16, ("y", "z")),
            Wish("c", 10, 16, ("z", "x")),
            Wish("d", 10, 16, ("v", "x")),
        ]
    )
    assert sorted(found) == ["a", "b", "c", "d"]
    assert len(set(found.values())) == 4


def test_what_nobody_can_take_is_left_out() -> None:
    assert share_out([Wish("a", 1, 2, ())]) == {}
