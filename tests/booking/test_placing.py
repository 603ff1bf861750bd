"""Placing when things go wrong: unknown outcomes, hand-over, crashes, two workers at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from booking.bulkhead import Bulkhead
from booking.cancelling import cancel
from booking.model import BookingState, SlotTaken
from booking.placement.placing import Placed, place
from booking.rescheduling import reschedule
from booking.store import UnitOfWork
from booking.store.outbox import Entry
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, Rejected, TryLater
from tests.booking.conftest import Office
from tests.booking.town import address, town

LOST = TryLater("no answer", outcome_unknown=True)


class Crash(BaseException):
    """The process dies here."""


class Dying:
    """A connector whose process dies before or after one call."""

    def __init__(self, inner: object, operation: str, *, after: bool) -> None:
        self._inner, self._operation, self._after = inner, operation, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name != self._operation:
            return real

        def call(**arguments: object) -> object:
            if self._after:
                real(**arguments)
            raise Crash

        return call


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("operation", ["changes", "create", "get"])
def test_a_crash_at_any_step_ends_with_one_event(
    office: Office, operation: str, after: bool
) -> None:
    start = office.free()[0].start
    office.calendars.it = Dying(office.memory, operation, after=after)  # type: ignore[assignment]
    with pytest.raises(Crash):
        office.book(start)
    office.calendars.it = office.memory
    office.drain(seconds=1)
    assert office.post.sent == []  # the dead process still holds its lease
    office.settle(rounds=3, seconds=35)
    assert [event.start for event in office.all_events()] == [start]
    assert len(office.post.sent) == 1
    again = office.book(start)
    assert again.replayed
    assert again.booking.state is BookingState.CONFIRMED


def test_a_crash_between_calendar_and_database_ends_with_one_event(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = office.free()[0].start
    real = office.desk.store.transact
    seen = []

    def dying(work: Callable[[UnitOfWork], object]) -> object:
        seen.append(work.__qualname__)
        if work.__qualname__.startswith("_confirm"):
            raise Crash
        return real(work)

    with monkeypatch.context() as patched:
        patched.setattr(office.desk.store, "transact", dying)
        with pytest.raises(Crash):
            office.book(start)
    assert len(office.all_events()) == 1
    office.settle(rounds=3, seconds=35)
    assert len(office.all_events()) == 1
    assert len(office.post.sent) == 1


@pytest.mark.parametrize("happened", [False, True])
def test_an_unknown_outcome_is_looked_up_and_never_doubled(
    make_office: Callable[..., Office], happened: bool
) -> None:
    office = make_office(town(mailboxes=2))
    start = office.free()[0].start
    office.memory.fail_next("create", LOST, effect_happened=happened)
    done = office.book(start)
    assert done.booking.state is BookingState.PENDING
    assert office.post.sent == []
    office.settle(rounds=3)
    assert office.view(done.booking.id).state is BookingState.CONFIRMED
    assert office.events(done.booking.mailbox) == [done.booking.period]
    assert len(office.all_events()) == 1
    assert len(office.post.sent) == 1


def test_after_an_unknown_outcome_nothing_is_handed_over_before_the_second_no(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2))
    start = office.free()[0].start
    office.memory.fail_next("create", LOST)
    first = office.book(start).booking
    office.busy(first.mailbox, start)
    office.drain(seconds=3)
    assert office.view(first.id).mailbox == first.mailbox
    office.drain(seconds=10)
    moved = office.view(first.id)
    assert moved.state is BookingState.CONFIRMED
    assert moved.mailbox != first.mailbox


def test_a_late_twin_is_deleted(make_office: Callable[..., Office]) -> None:
    office = make_office(town(mailboxes=2))
    start = office.free()[0].start
    office.memory.fail_next("create", LOST)
    first = office.book(start).booking
    office.busy(first.mailbox, start)
    office.drain(seconds=3)
    office.drain(seconds=10)
    with office.desk.store.read() as uow:
        lost = uow.placements.of_booking(first.id)[0]
    # The request that nobody heard of any more arrives now.
    from connectors.contract import EventDraft

    office.memory.create(
        mailbox=office.ref(first.mailbox),
        draft=EventDraft(first.period, "", "", first.reference),
        key=lost.key,
        deadline=Deadline.after(1),
    )
    assert len(office.all_events()) == 2
    office.settle(rounds=2)
    assert len(office.all_events()) == 1
    assert office.events(office.view(first.id).mailbox) == [first.period]


@pytest.mark.parametrize("error", [Rejected("no"), NotAuthorised("no")])
def test_a_definite_refusal_goes_to_the_next_of_the_pool(
    make_office: Callable[..., Office], error: Exception
) -> None:
    office = make_office(town(mailboxes=3))
    start = office.free()[0].start
    office.memory.fail_next("create", error)  # type: ignore[arg-type]
    done = office.book(start)
    assert done.booking.state is BookingState.CONFIRMED
    with office.desk.store.read() as uow:
        refused, placed = uow.placements.of_booking(done.booking.id)
        claimed = uow.claims.of_booking(done.booking.id)
    assert (refused.state, placed.state) == ("refused", "placed")
    assert refused.mailbox_id != placed.mailbox_id
    assert placed.reason.startswith("handed over")
    assert len(claimed) == 1
    assert len(office.all_events()) == 1


def test_a_busy_pool_is_left_for_the_next_member(make_office: Callable[..., Office]) -> None:
    office = make_office(town(mailboxes=3))
    start = office.free()[0].start
    office.busy(address(1), start)
    office.busy(address(3), start)
    assert office.book(start).booking.mailbox == address(2)


def test_a_worker_that_finds_no_place_apologises_with_alternatives_kept(office: Office) -> None:
    slots = office.free()
    office.memory.fail_next("changes", TryLater("slow"))
    pending = office.book(slots[2].start).booking
    assert pending.state is BookingState.PENDING
    office.busy(address(1), slots[2].start)
    office.drain(seconds=3)
    assert office.view(pending.id).state is BookingState.RELEASED
    office.drain(seconds=1)
    (mail,) = office.post.sent
    assert mail.calendar is None
    kept = [slots[0], slots[1], slots[3]]
    office.read_all()
    assert not set(kept) & set(office.free())
    assert set(kept) <= set(office.free(exclude_booking=pending.id))
    view = reschedule(
        office.desk, booking_id=pending.id, starts_at=slots[1].start, citizen=None, answers=None
    )
    assert view.state is BookingState.CONFIRMED
    assert office.all_events() == [slots[1]]
    assert slots[0] in office.free()


def test_a_calendar_that_stays_away_is_not_waited_for_for_ever(office: Office) -> None:
    start = office.free()[0].start
    for _ in range(60):
        office.memory.fail_next("changes", TryLater("down"))
    pending = office.book(start).booking
    office.settle(rounds=32, seconds=62)
    assert office.view(pending.id).state is BookingState.RELEASED


def test_cancelled_while_being_placed_leaves_no_event(office: Office) -> None:
    start = office.free()[0].start
    office.memory.fail_next("create", LOST, effect_happened=True)
    booked = office.book(start).booking
    cancel(office.desk, booking_id=booked.id)
    assert len(office.all_events()) == 1
    office.settle(rounds=3)
    assert office.all_events() == []
    assert office.view(booked.id).state is BookingState.CANCELLING


def test_only_the_holder_of_the_lease_may_record(office: Office) -> None:
    start = office.free()[0].start
    office.memory.fail_next("changes", TryLater("slow"))
    booked = office.book(start).booking
    office.clock.forward(seconds=5)

    def take(uow: UnitOfWork) -> Entry | None:
        (entry_id,) = uow.outbox.due(now=uow.now, limit=5)
        return uow.outbox.take(entry_id, now=uow.now, until=uow.now + office.desk.settings.lease)

    slow = office.desk.store.transact(take)
    assert slow is not None
    assert office.desk.store.transact(lambda uow: uow.outbox.due(now=uow.now, limit=5)) == ()
    office.clock.forward(seconds=31)
    fast = office.desk.store.transact(take)
    assert fast is not None
    assert fast.fence == slow.fence + 1
    assert place(office.desk, entry=fast, deadline=Deadline.after(60)) is Placed.CONFIRMED
    assert place(office.desk, entry=slow, deadline=Deadline.after(60)) is Placed.DROPPED
    version = office.view(booked.id).version
    assert version == 2
    assert len(office.all_events()) == 1


def test_a_slot_lost_in_every_mailbox_says_so_at_once(make_office: Callable[..., Office]) -> None:
    office = make_office(town(mailboxes=2))
    start = office.free()[0].start
    office.busy(address(1), start)
    office.busy(address(2), start)
    with pytest.raises(SlotTaken) as refused:
        office.book(start)
    assert len(refused.value.alternatives) == 3
    office.settle(rounds=2)
    assert office.post.sent == []


def test_what_waits_for_a_calendar_goes_on_as_soon_as_it_can_be_read_again(
    office: Office,
) -> None:
    start = office.free()[0].start
    away = TryLater("no connection")
    for _ in range(8):
        office.memory.fail_next("create", away)
    booked = office.book(start).booking
    for _ in range(7):
        office.drain(seconds=61)
    for _ in range(2):
        office.memory.fail_next("changes", away)
        office.clock.forward(seconds=11)
        office.read_all()
    office.drain()
    assert office.view(booked.id).state is BookingState.PENDING  # its pause is a minute
    office.clock.forward(seconds=1)
    office.read_all()
    assert "drain" in office.woken
    office.drain()
    assert office.view(booked.id).state is BookingState.CONFIRMED


def test_a_worker_asks_a_silent_server_once_and_goes_on_with_the_others(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=3))
    slots = office.free()
    asked = []

    class Silent:
        capabilities = office.memory.capabilities

        def __getattr__(self, name: str) -> Any:
            def call(**arguments: object) -> object:
                asked.append(name)
                raise TryLater("no answer in time")

            return call

    office.calendars.it = Silent()  # type: ignore[assignment]
    bookings = [office.book(slots[n].start, key=f"key {n}").booking for n in range(3)]
    office.desk = replace(office.desk, bulkhead=Bulkhead(failures=1))
    asked.clear()
    report = office.drain(seconds=3)
    assert report.failed == 3
    assert len(asked) == 1
    assert report.left == 0  # each waits its pause, none comes back at once
    office.calendars.it = office.memory
    office.desk = replace(office.desk, bulkhead=Bulkhead(failures=1))
    office.settle(rounds=2, seconds=20)
    assert {office.view(each.id).state for each in bookings} == {BookingState.CONFIRMED}
    assert len(office.all_events()) == 3
