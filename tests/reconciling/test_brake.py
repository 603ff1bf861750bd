"""The brake: what is too frightening to be true is not acted on until a person says that it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking.model import BookingState
from booking.office import overview
from connectors.contract import RemoteEvent
from connectors.memory import MemoryConnector
from tests.booking.conftest import Office
from tests.booking.town import address, town
from tests.reconciling.conftest import GRACE, SETTLED

STARTS = [
    (hour, minute) for hour, minute in ((9, 0), (9, 40), (10, 20), (11, 0), (11, 40), (12, 20))
]


class Crowd:
    """An office with several bookings in one mailbox."""

    def __init__(self, office: Office, count: int) -> None:
        self.office = office
        self.ids = [
            office.book(office.at(2 + n // 6, *STARTS[n % 6]), key=f"key{n}").booking.id
            for n in range(count)
        ]
        office.drain()
        office.clock.forward(minutes=5)
        office.read_all()
        office.post.sent.clear()

    def delete(self, count: int) -> list[RemoteEvent]:
        ref = self.office.ref(address(1))
        events = [each for each in self.office.memory.events(ref) if each.key][:count]
        for event in events:
            self.office.memory.remove(ref, event.ref.id)
        return events

    def pass_time(self, seconds: float) -> None:
        for _ in range(2):
            self.office.read_all()
            self.office.clock.forward(seconds=seconds)
            self.office.read_all()
            self.office.drain()
            self.office.drain(seconds=1)

    @property
    def states(self) -> list[BookingState]:
        return [self.office.view(each).state for each in self.ids]

    @property
    def status(self) -> overview.MailboxStatus:
        (status,) = overview.mailboxes(self.office.desk)
        return status

    def tasks(self) -> list[str]:
        with self.office.desk.store.read() as uow:
            return [task.kind for task in uow.tasks.open(municipality=None)]


@pytest.fixture
def make_crowd(make_office: Callable[..., Office]) -> Callable[..., Crowd]:
    def make(count: int, *, bounded: bool = False) -> Crowd:
        memory = MemoryConnector(bounded=bounded)
        return Crowd(make_office(town(step=40), memory=memory), count)

    return make


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize(
    ("of", "deleted", "braked"),
    [(12, 4, True), (12, 3, True), (16, 3, False), (6, 2, False), (4, 3, True), (1, 1, False)],
)
def test_how_many_are_too_many(
    make_crowd: Callable[..., Crowd], of: int, deleted: int, braked: bool, bounded: bool
) -> None:
    crowd = make_crowd(of, bounded=bounded)
    crowd.delete(deleted)
    crowd.office.read_all()
    assert bool(crowd.status.braked) is braked
    crowd.pass_time(GRACE)
    expected = 0 if braked else deleted
    assert crowd.states.count(BookingState.RELEASED) == expected
    assert len(crowd.office.post.sent) == expected
    assert crowd.tasks() == (["calendar_alarming"] if braked else [])
    assert bool(crowd.office.free()) is not braked


def test_events_that_come_back_release_it_and_nothing_has_happened(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(6)
    events = crowd.delete(5)
    crowd.pass_time(GRACE)
    for event in events:
        crowd.office.memory.restore(crowd.office.ref(address(1)), event)
    crowd.pass_time(SETTLED)
    assert crowd.status.braked == ""
    assert crowd.tasks() == []
    assert set(crowd.states) == {BookingState.CONFIRMED}
    assert crowd.office.post.sent == []


def test_a_person_who_says_that_it_is_right_is_believed_once(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(6)
    crowd.delete(4)
    crowd.pass_time(60)
    overview.release_brake(crowd.office.desk, mailbox_id=crowd.status.id)
    assert crowd.status.braked  # until it is read again
    crowd.office.read_all()
    assert crowd.status.braked == ""
    assert set(crowd.states) == {BookingState.CONFIRMED}  # the grace begins only now
    crowd.pass_time(GRACE)
    assert crowd.states.count(BookingState.RELEASED) == 4
    assert crowd.tasks() == []
    crowd.delete(2)
    crowd.office.read_all()
    assert crowd.status.braked == ""  # two are no alarm
    # It was believed once: the next alarm is one again.
    more = make_more(crowd)
    crowd.delete(more)
    crowd.office.read_all()
    assert crowd.status.braked


def make_more(crowd: Crowd) -> int:
    office = crowd.office
    free = office.free(office.at(4, 9).date())[:4]
    for slot in free:
        office.book(slot.start, key=f"more{slot.start}")
    office.clock.forward(minutes=5)
    office.drain()
    office.read_all()
    return len(free)


def test_a_braked_mailbox_has_no_reviews_carried_out(make_crowd: Callable[..., Crowd]) -> None:
    """Also what was noticed before the brake waits."""
    crowd = make_crowd(12)
    crowd.delete(1)
    crowd.office.read_all()
    crowd.delete(6)
    crowd.office.clock.forward(seconds=GRACE)
    crowd.office.read_all()
    assert crowd.status.braked
    crowd.pass_time(GRACE)
    assert set(crowd.states) == {BookingState.CONFIRMED}
    assert crowd.office.post.sent == []


def test_an_event_written_while_the_calendar_is_read_has_not_vanished(
    make_crowd: Callable[..., Crowd], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list was made before, the reading is recorded after it."""
    crowd = make_crowd(1)
    office = crowd.office
    real = office.memory.changes

    def slow(**arguments: object) -> object:
        answer = real(**arguments)  # type: ignore[arg-type]
        for n in range(4):
            office.book(office.at(3, *STARTS[n]), key=f"meanwhile{n}")
        return answer

    monkeypatch.setattr(office.memory, "changes", slow)
    with monkeypatch.context() as patch:
        patch.setattr(office.memory, "changes", slow)
        office.read_all(full=True)
    monkeypatch.undo()
    assert crowd.status.braked == ""
    crowd.pass_time(GRACE)
    assert crowd.status.braked == ""
    assert len(office.all_events()) == 5
    assert timedelta(0) < office.clock.now - office.at(1, 9)
