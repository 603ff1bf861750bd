"""Microsoft 365 answers 429 for ten minutes: end to end, requests counted at the stand-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from booking.calendars.refresh import due
from booking.calendars.rounds import poll
from booking.model import BookingState, SlotTaken
from booking.office import overview
from booking.office.overview import MailboxStatus
from booking.provider_gate import SharedGate
from booking.store import Store
from connectors.contract import Period
from connectors.deadline import Deadline
from connectors.graph.connector import GraphConnector
from tests.booking.conftest import MONDAY, Office
from tests.booking.town import address, town
from tests.contract.office import ZONE
from tests.servers.graph import GraphServer, graph_server

_COUNT = 20
#: What the issue allows an idle mailbox in ten minutes.
_BUDGET = 40


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What differs is the provider."""
    return sqlite_url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as server:
        for number in range(1, _COUNT + 1):
            server.add_mailbox(address(number))
        yield server


@dataclass
class Throttled:
    office: Office
    server: GraphServer

    def tick(self, *, seconds: float = 10) -> int:
        """What ticker and worker do, bookings too; how many requests it took."""
        self.office.clock.forward(seconds=seconds)
        self.server.clock.set(self.office.clock())
        before = len(self.server.requests)
        self.office.drain()
        for batch in due(self.office.desk, limit=1000):
            poll(self.office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(30))
        return len(self.server.requests) - before

    def run(self, *, minutes: float) -> list[int]:
        return [self.tick() for _ in range(round(minutes * 6))]

    def statuses(self) -> tuple[MailboxStatus, ...]:
        return tuple(overview.mailboxes(self.office.desk))

    def all_take(self, slot: Period) -> None:
        """Every employee has a meeting then."""
        for number in range(1, _COUNT + 1):
            self.server.mailbox(address(number)).put(slot.start, slot.end, show_as="oof")

    def of_bookings(self, reference: str) -> list[str]:
        """Mailboxes with an event of this booking."""
        return [
            address(number)
            for number in range(1, _COUNT + 1)
            for event in self.server.mailbox(address(number)).events()
            if reference in str(event["subject"])
        ]


@pytest.fixture
def throttled(
    make_office: Callable[..., Office], store: Store, server: GraphServer
) -> Iterator[Throttled]:
    server.clock.set(MONDAY)
    place = town(mailboxes=_COUNT)
    own = tuple(replace(each, calendar="") for each in place.mailboxes)
    office = make_office(replace(place, mailboxes=own))
    gate = SharedGate(store, office.desk.settings)
    connector = GraphConnector(
        server.connection(), office_zone=ZONE, gate=gate, clock=server.clock.now
    )
    office.calendars.it = connector
    made = Throttled(office, server)
    made.run(minutes=2)
    server.requests.clear()
    yield made
    connector.close()
    server.throttle.relent()
    for number in range(1, _COUNT + 1):
        box = server.mailbox(address(number))
        for event in box.events():
            box.remove(str(event["id"]))


def test_idle_calendars_stay_below_their_budget(throttled: Throttled) -> None:
    throttled.run(minutes=10)
    per_mailbox = Counter(each.path.split("/")[2] for each in throttled.server.requests)
    assert len(throttled.server.requests) <= 5 * _COUNT
    assert max(per_mailbox.values()) <= _BUDGET


@pytest.mark.parametrize("tells", [True, False], ids=["Retry-After", "no Retry-After"])
def test_ten_minutes_of_throttling(throttled: Throttled, tells: bool) -> None:
    office, server = throttled.office, throttled.server
    taken, free, *others = office.free(refresh=False)
    server.throttle.throttle_for(600, retry_after=tells)
    began = office.clock()
    throttled.all_take(taken)
    # The page still shows both; whether they are free, nobody can tell now.
    first = office.book(taken.start, "first").booking
    second = office.book(free.start, "second").booking
    assert (first.state, second.state) == (BookingState.PENDING, BookingState.PENDING)
    asked = throttled.run(minutes=9.9)
    assert sum(asked) <= (0 if tells else 10)
    assert max(asked) <= 1
    for booking in (first, second):
        assert office.view(booking.id).state is BookingState.PENDING
        assert throttled.of_bookings(booking.reference) == []
    throttled.tick(seconds=5)
    assert office.free() == []  # older than ten minutes: nothing at all is offered
    with pytest.raises(SlotTaken):
        office.book(others[0].start, "third")
    for status in throttled.statuses():
        assert not status.offers
        assert status.age is not None
        assert status.age >= timedelta(minutes=9.9)
        assert status.waits_until is not None

    server.requests.clear()
    while not all(each.offers for each in throttled.statuses()):
        throttled.tick(seconds=5)
        assert office.clock() - began < timedelta(minutes=15)
    # A glance, and for each mailbox what a reading takes; the bookings' own among them.
    assert server.requests.count(status=429) == 0
    assert len(server.requests) <= 3 * _COUNT
    throttled.run(minutes=2)
    assert taken not in office.free(refresh=False)
    assert office.view(first.id).state is BookingState.RELEASED
    assert throttled.of_bookings(first.reference) == []
    assert office.view(second.id).state is BookingState.CONFIRMED
    assert len(throttled.of_bookings(second.reference)) == 1
    throttled.run(minutes=5)
    server.requests.clear()
    throttled.run(minutes=10)
    assert len(server.requests) <= 6 * _COUNT


def test_one_mailbox_that_is_throttled_alone_is_left_alone(throttled: Throttled) -> None:
    """It may keep the application waiting, as Exchange asked; it is not asked again and again."""
    office, server = throttled.office, throttled.server
    server.throttle.throttle_for(600, mailbox=address(1))
    throttled.run(minutes=9)
    per_mailbox = Counter(each.path.split("/")[2] for each in server.requests)
    assert per_mailbox[address(1)] <= 2
    assert server.requests.count(status=429) <= 2
    server.throttle.relent()
    while not all(each.offers for each in throttled.statuses()):
        throttled.tick(seconds=5)
        assert office.clock() < MONDAY + timedelta(minutes=40)
