"""The same step done by two at a time, and the older one stopped in the middle: one effect."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from booking import holds
from booking.cancelling import cancel, undo
from booking.messages import OutgoingMail
from booking.model import BookingState
from booking.rescheduling import reschedule
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, TryLater
from connectors.memory import MemoryConnector
from mapping.model import Channel
from tests.booking.conftest import Office, Post
from tests.booking.test_storm import at_once
from tests.booking.town import SERVICE, TUESDAY

PAIRS = 20


class Stopping(MemoryConnector):
    """The first one who calls ``method`` is stopped, before or after it takes effect there."""

    def __init__(self) -> None:
        super().__init__()
        self.method, self.when = "", ""
        self.stopped, self.go_on = threading.Event(), threading.Event()

    def _stop(self, method: str, when: str) -> None:
        if (method, when) == (self.method, self.when):
            self.method = ""
            self.stopped.set()
            assert self.go_on.wait(60)

    def create(self, **more: Any) -> Any:
        self._stop("create", "before")
        done = super().create(**more)
        self._stop("create", "after")
        return done

    def update(self, **more: Any) -> Any:
        self._stop("update", "before")
        done = super().update(**more)
        self._stop("update", "after")
        return done

    def delete(self, **more: Any) -> None:
        self._stop("delete", "before")
        super().delete(**more)
        self._stop("delete", "after")


@pytest.fixture
def calendars() -> Stopping:
    return Stopping()


@pytest.fixture
def office(make_office: Callable[..., Office], calendars: Stopping) -> Office:
    return make_office(memory=calendars)


@contextmanager
def an_older_worker_stopped(
    office: Office, calendars: Stopping, method: str, when: str
) -> Iterator[None]:
    """A worker takes what is due and stops (SIGSTOP); inside the block its lease has run out; it
    wakes up at the end of the block and goes on as if nothing had happened."""
    calendars.method, calendars.when = method, when
    worker = threading.Thread(target=office.drain)
    worker.start()
    assert calendars.stopped.wait(60)
    office.clock.forward(seconds=31)
    yield
    calendars.go_on.set()
    worker.join(60)
    assert not worker.is_alive()


def mails(post: Post) -> Counter[str]:
    """How many times each mail went out, by its Message-ID."""
    return Counter(mail.message_id for mail in post.sent)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_placing_done_twice_is_one_event(office: Office, calendars: Stopping, when: str) -> None:
    start = office.free()[0].start
    office.memory.fail_next("changes", TryLater("slow"))
    booked = office.book(start).booking
    assert booked.state is BookingState.PENDING
    office.clock.forward(seconds=61)
    with an_older_worker_stopped(office, calendars, "create", when):
        office.settle(rounds=3, seconds=20)
        done = office.view(booked.id)
        assert done.state is BookingState.CONFIRMED
    office.settle(rounds=2)
    assert office.view(booked.id) == done
    assert [event.start for event in office.all_events()] == [start]
    assert list(mails(office.post).values()) == [1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_move_that_wakes_up_late_moves_nothing_back(
    office: Office, calendars: Stopping, when: str
) -> None:
    """It still knows the second time; the citizen has gone on to a third one."""
    first, second, third = (slot.start for slot in office.free()[0:5:2])
    booked = office.book(first).booking
    office.memory.fail_next("update", TryLater("slow"))
    _move(office, booked.id, to=second)
    office.clock.forward(seconds=61)
    with an_older_worker_stopped(office, calendars, "update", when):
        office.settle(rounds=3, seconds=20)
        assert office.view(booked.id).period.start == second
        _move(office, booked.id, to=third)
        office.settle(rounds=2)
        done = office.view(booked.id)
        assert done.period.start == third
    office.settle(rounds=2)
    assert office.view(booked.id) == done
    assert [event.start for event in office.all_events()] == [third]
    assert set(mails(office.post).values()) == {1}


def test_a_move_whose_worker_vanished_is_not_refused_by_whoever_is_turned_away(
    office: Office, calendars: Stopping
) -> None:
    """It was written, and nobody said so: being turned away at the next look is no "no"."""
    first, second = (slot.start for slot in office.free()[0:3:2])
    booked = office.book(first).booking
    office.memory.fail_next("update", TryLater("slow"))
    _move(office, booked.id, to=second)
    office.clock.forward(seconds=61)
    with an_older_worker_stopped(office, calendars, "update", "after"):
        office.memory.fail_next("get", NotAuthorised("not now"))
        office.settle(rounds=5, seconds=40)
        assert office.view(booked.id).period.start == second
    office.settle(rounds=2)
    assert [event.start for event in office.all_events()] == [second]
    assert set(mails(office.post).values()) == {1}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_wakes_up_late_removes_nothing_new(
    office: Office, calendars: Stopping, when: str
) -> None:
    """The citizen cancelled, a worker stopped while it removed the event, and he took it back."""
    start = office.free()[0].start
    booked = office.book(start).booking
    office.memory.fail_next("delete", TryLater("slow"))
    cancel(office.desk, booking_id=booked.id)
    office.clock.forward(seconds=61)
    with an_older_worker_stopped(office, calendars, "delete", when):
        office.settle(rounds=3, seconds=20)
        undo(office.desk, booking_id=booked.id)
        office.settle(rounds=2)
        assert office.view(booked.id).state is BookingState.CONFIRMED
    office.settle(rounds=2)
    assert office.view(booked.id).state is BookingState.CONFIRMED
    assert [event.start for event in office.all_events()] == [start]


def _move(office: Office, booking_id: str, *, to: datetime) -> None:
    reschedule(office.desk, booking_id=booking_id, starts_at=to, citizen=None, answers=None)


def test_a_mail_sent_twice_has_one_name(office: Office) -> None:
    office.book(office.free()[0].start)
    stopped, go_on = threading.Event(), threading.Event()
    send = office.post.send

    def slowly(message: OutgoingMail, *, deadline: Deadline) -> None:
        send(message, deadline=deadline)
        if not stopped.is_set():
            stopped.set()
            assert go_on.wait(60)

    office.post.send = slowly  # type: ignore[method-assign]
    worker = threading.Thread(target=office.drain)
    worker.start()
    assert stopped.wait(60)
    office.clock.forward(seconds=31)
    office.settle(rounds=2)
    go_on.set()
    worker.join(60)
    office.settle(rounds=2)
    assert list(mails(office.post).values()) == [2]  # the first one may never have arrived


def test_two_confirmations_of_one_hold_are_one_booking(office: Office) -> None:
    """Two tabs with one hold, each with a key of its own, pressed at the same time."""
    slots = [slot for day in range(7) for slot in office.free(TUESDAY + timedelta(days=day))]
    for pair in range(PAIRS):
        start = slots[pair].start
        kept = holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=start,
            session_key=f"session {pair}",
        ).id

        def book(tab: int, start: datetime = start, kept: str = kept) -> str:
            return office.book(start, key=f"{kept} {tab}", hold_id=kept).booking.state.value

        assert at_once(2, book) in (
            {"confirmed": 1, "HoldLapsed": 1},
            {"confirmed": 1, "SlotTaken": 1},
        )
    assert [event.start for event in office.all_events()] == [slot.start for slot in slots[:PAIRS]]


def test_cancelling_and_moving_at_the_same_time_is_one_of_both(office: Office) -> None:
    slots = [slot for day in range(14) for slot in office.free(TUESDAY + timedelta(days=day))]
    for pair in range(PAIRS):
        booked = office.book(slots[2 * pair].start, key=f"key {pair}").booking

        def change(
            which: int, booking_id: str = booked.id, to: datetime = slots[2 * pair + 1].start
        ) -> str:
            if which:
                cancel(office.desk, booking_id=booking_id)
                return "cancelled"
            _move(office, booking_id, to=to)
            return "moved"

        outcomes = at_once(2, change)
        assert outcomes["cancelled"] == 1, outcomes
    office.settle(rounds=4)
    assert office.all_events() == []
