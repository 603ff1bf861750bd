"""The look before an event is written, where a calendar can be asked for exactly that time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from booking.model import BookingState, SlotTaken
from booking.placement import writing
from booking.placement.writing import Attempt, load_task
from booking.rescheduling import reschedule
from connectors.contract import BusyReading, MailboxRef, Period, ShowAs
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, MailboxNotFound, NotAuthorised, TryLater
from connectors.memory import MemoryConnector
from tests.booking.conftest import Office
from tests.booking.town import address, town


class Exact(MemoryConnector):
    """Keeps the periods that it was asked for; staff may act while it is asked."""

    def __init__(self) -> None:
        super().__init__(exact_periods=True)
        self.asked: list[Period] = []
        self.understood = True

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]:
        self.asked.append(window)
        found = super().read_busy(mailboxes=mailboxes, window=window, deadline=deadline)
        return {
            ref: BusyReading(each.intervals, self.understood)
            if isinstance(each, BusyReading)
            else each
            for ref, each in found.items()
        }


def outcome(office: Office, slot: Period, key: str = "key") -> BookingState:
    try:
        return office.book(slot.start, key=key).booking.state
    except SlotTaken:
        return BookingState.RELEASED


def move(office: Office, booking_id: str, to: Period) -> None:
    reschedule(
        office.desk,
        booking_id=booking_id,
        starts_at=to.start,
        citizen=None,
        answers=None,
    )


def look(office: Office, booking_id: str, start: datetime) -> Attempt | None:
    with office.desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        assert row is not None
        task = load_task(office.desk, uow, row, uow.placements.of_booking(booking_id)[-1])
    return writing.look(office.desk, task, start=start, deadline=Deadline.after(60)).obstacle


@pytest.fixture
def exact() -> Exact:
    return Exact()


@pytest.fixture
def office(make_office: Callable[..., Office], exact: Exact) -> Office:
    return make_office(memory=exact)


def last_read(office: Office) -> object:
    with office.desk.store.read() as uow:
        row = uow.mailboxes.get(office.mailbox_id(address(1)))
    assert row is not None
    return row.last_success, row.dirty_at


def test_one_request_for_the_time_with_its_buffers(office: Office, exact: Exact) -> None:
    slot = office.free()[0]
    exact.requests.clear()
    assert outcome(office, slot) is BookingState.CONFIRMED
    five = timedelta(minutes=5)
    assert exact.asked == [Period(slot.start - five, slot.end + five)]
    assert dict(exact.requests) == {"read_busy": 1, "create": 1, "get": 1}


def test_the_look_is_exact_however_old_the_replica_is(office: Office, exact: Exact) -> None:
    slots = office.free()
    office.busy(address(1), slots[0].start)
    assert outcome(office, slots[0]) is BookingState.RELEASED
    assert office.all_events() == []
    office.busy(address(1), slots[1].end, minutes=3)  # in the buffer
    assert outcome(office, slots[1], key="2") is BookingState.RELEASED
    assert outcome(office, slots[2], key="3") is BookingState.CONFIRMED


def test_a_worker_s_look_needs_no_fresh_replica(office: Office, exact: Exact) -> None:
    slot = office.free()[0]
    exact.fail_next("read_busy", TryLater("slow"))
    assert outcome(office, slot) is BookingState.PENDING
    office.drain(seconds=1200)
    assert office.all_events() == [slot]


def test_what_contradicts_the_replica_is_read_soon_and_nothing_else_is(
    office: Office, exact: Exact
) -> None:
    slots = office.free()
    before = last_read(office)
    office.clock.forward(seconds=5)
    office.woken.clear()
    office.book(slots[0].start)
    assert last_read(office) == before
    assert "poll" not in office.woken
    office.busy(address(1), slots[2].start)
    assert outcome(office, slots[2], key="2") is BookingState.RELEASED
    assert last_read(office) == (before[0], office.clock())  # type: ignore[index]
    assert "poll" in office.woken


@pytest.mark.parametrize(
    ("show_as", "all_day", "free"),
    [
        (ShowAs.FREE, False, True),
        (ShowAs.FREE, True, True),
        (ShowAs.TENTATIVE, False, False),
        (ShowAs.WORKING_ELSEWHERE, False, False),
        (ShowAs.OUT_OF_OFFICE, True, False),
    ],
)
def test_the_policy_of_the_mapping_judges(
    office: Office, exact: Exact, show_as: ShowAs, all_day: bool, free: bool
) -> None:
    slot = office.free()[0]
    exact.put_foreign(office.ref(address(1)), slot, show_as=show_as, all_day=all_day)
    state = outcome(office, slot)
    assert state is (BookingState.CONFIRMED if free else BookingState.RELEASED)


def test_what_has_no_certain_place_is_busy(office: Office, exact: Exact) -> None:
    slot = office.free()[0]
    exact.put_foreign(office.ref(address(1)), slot, certain=False)
    assert outcome(office, slot) is BookingState.RELEASED


def test_events_of_other_bookings_count_and_its_own_do_not(office: Office, exact: Exact) -> None:
    slots = office.free()
    one = office.book(slots[0].start).booking
    other = office.book(slots[2].start, key="other").booking
    # Staff drag the other's event onto a time that we believe to be free.
    (event,) = [each for each in exact.events(office.ref(address(1))) if each.period == slots[2]]
    exact.change_foreign(office.ref(address(1)), event.ref.id, slots[1])
    with pytest.raises(SlotTaken):
        move(office, one.id, slots[1])
    assert office.view(one.id).period == slots[0]
    # Its own event overlaps that time and is not in the way; for the other booking it is.
    near = slots[0].start - timedelta(minutes=5)
    assert look(office, one.id, near) is None
    assert look(office, other.id, near) is not None
    move(office, one.id, slots[3])
    assert office.view(one.id).period == slots[3]
    assert office.view(other.id).state is BookingState.CONFIRMED


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (TryLater("slow"), BookingState.PENDING),
        (NotAuthorised("403"), BookingState.RELEASED),
        (MailboxNotFound("404"), BookingState.RELEASED),
    ],
)
def test_errors_mean_what_they_mean_elsewhere(
    office: Office, exact: Exact, error: ConnectorError, state: BookingState
) -> None:
    slot = office.free()[0]
    exact.fail_next("read_busy", error)
    assert outcome(office, slot) is state
    assert office.all_events() == []


def test_a_pool_goes_on_to_the_next_mailbox(
    make_office: Callable[..., Office], exact: Exact
) -> None:
    office = make_office(town(mailboxes=2), memory=exact)
    slot = office.free()[0]
    first = office.book(slot.start, key="1").booking
    taken = next(n for n in (1, 2) if office.events(address(n)))
    later = office.free()[2]
    # Whichever comes first in the pool: one of the two is busy now.
    office.busy(address(taken), later.start)
    second = office.book(later.start, key="2").booking
    office.busy(address(3 - taken), later.start + timedelta(hours=1, minutes=20))
    assert first.state is second.state is BookingState.CONFIRMED
    assert office.events(address(3 - taken)) == [later]


def test_what_is_not_understood_is_left_to_a_whole_reading(office: Office, exact: Exact) -> None:
    slots = office.free()
    exact.understood = False  # as where an administrator has accepted it
    exact.requests.clear()
    assert outcome(office, slots[0]) is BookingState.CONFIRMED
    assert exact.requests["changes"] == 1
    exact.put_foreign(office.ref(address(1)), slots[2], understood=False)
    assert outcome(office, slots[2], key="2") is BookingState.RELEASED


def test_a_braked_or_refusing_mailbox_is_not_written_whatever_it_says(
    office: Office, exact: Exact
) -> None:
    slot = office.free()[0]
    exact.fail_next("read_busy", TryLater("slow"))
    booking = office.book(slot.start).booking
    mailbox_id = office.mailbox_id(address(1))
    office.desk.store.transact(
        lambda uow: uow.mailboxes.change(mailbox_id, brake_at=uow.now, brake_reason="reads empty")
    )
    office.drain(seconds=5)
    assert office.all_events() == []
    assert office.view(booking.id).state is BookingState.RELEASED
