"""Reading and booking on Microsoft Graph's stand-in: what it costs, and what is never missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from booking.calendars.refresh import due
from booking.calendars.rounds import poll
from booking.model import BookingState
from booking.office import overview
from booking.provider_gate import SharedGate
from booking.settings import Settings
from booking.store import Store
from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.graph.connector import GraphConnector
from tests.booking.conftest import MONDAY, Office
from tests.booking.town import address, town
from tests.contract.office import ZONE
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import refused

_COUNT = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as server:
        server.clock.set(MONDAY)
        for number in range(1, _COUNT + 1):
            server.add_mailbox(address(number))
        yield server


@pytest.fixture
def connector(server: GraphServer, store: Store) -> Iterator[GraphConnector]:
    gate = SharedGate(store, replace(Settings(), provider_at_once=4, mailbox_at_once=3))
    connector = GraphConnector(server.connection(), office_zone=ZONE, gate=gate)
    yield connector
    connector.close()
    for number in range(1, _COUNT + 1):
        box = server.mailbox(address(number))
        for event in box.events():
            box.remove(str(event["id"]))
    server.faults.clear()


@pytest.fixture
def office(
    make_office: Callable[..., Office], server: GraphServer, connector: GraphConnector
) -> Office:
    place = town(mailboxes=_COUNT)
    own = tuple(replace(each, calendar="") for each in place.mailboxes)
    office = make_office(replace(place, mailboxes=own))
    office.calendars.it = connector
    for _ in range(3):
        tick(office)
    server.requests.clear()
    return office


def tick(office: Office, *, seconds: float = 30) -> None:
    office.clock.forward(seconds=seconds)
    for batch in due(office.desk, limit=100):
        poll(office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(30))


def all_offer(office: Office) -> bool:
    return all(each.offers for each in overview.mailboxes(office.desk))


def test_idle_calendars_cost_next_to_nothing(office: Office, server: GraphServer) -> None:
    for _ in range(20):
        tick(office)
    assert all_offer(office)
    assert server.requests.count("POST", "getSchedule$") <= 20
    assert len(list(server.requests)) <= 20 + 3 * _COUNT


def test_what_an_employee_does_is_off_the_page_at_the_next_poll(
    office: Office, server: GraphServer
) -> None:
    slots = office.free(refresh=False)
    boxes = [server.mailbox(address(number)) for number in range(1, _COUNT + 1)]
    for box in boxes:
        box.put(slots[0].start, slots[0].end)
        box.put_series(slots[2].start, slots[2].end, weekly_count=3)
    tick(office)
    assert office.free(refresh=False) == [*slots[1:2], *slots[3:]]
    # Graph's delta says nothing of a deleted occurrence.
    for box in boxes:
        (master,) = [each for each in box.events() if each["type"] == "seriesMaster"]
        box.remove_occurrence(str(master["id"]), 0)
    tick(office)
    assert slots[2] in office.free(refresh=False)
    for _ in range(2):
        tick(office)
    server.requests.clear()
    tick(office)
    assert len(list(server.requests)) == 1


def test_a_booking_looks_at_its_time_alone(office: Office, server: GraphServer) -> None:
    slots = office.free(refresh=False)
    server.mailbox(address(1)).put(slots[0].start, slots[0].end, show_as="oof")
    server.mailbox(address(2)).put(slots[0].start, slots[0].end, show_as="tentative")
    booking = office.book(slots[0].start).booking
    assert booking.state is BookingState.CONFIRMED
    with office.desk.store.read() as uow:
        placed = uow.placements.of_booking(booking.id)[-1]
    assert placed.mailbox_id == office.mailbox_id(address(3))
    assert server.requests.count("GET", "/delta") == 0
    tick(office)
    assert all_offer(office)


def test_an_event_of_ours_that_is_moved_or_deleted_is_noticed(
    office: Office, server: GraphServer, connector: GraphConnector
) -> None:
    slots = office.free(refresh=False)
    booking = office.book(slots[0].start).booking

    def placement():  # type: ignore[no-untyped-def]
        with office.desk.store.read() as uow:
            return uow.placements.of_booking(booking.id)[-1]

    where = next(
        number
        for number in range(1, _COUNT + 1)
        if placement().mailbox_id == office.mailbox_id(address(number))
    )
    box = server.mailbox(address(where))
    found = connector.find(
        mailbox=MailboxRef(address(where)), key=placement().key, deadline=Deadline.after(10)
    )
    assert found is not None
    for weeks in (1, 60):  # within the window, and far beyond it
        far = timedelta(weeks=weeks)
        box.move(found.ref.id, slots[0].start + far, slots[0].end + far)
        tick(office)
        assert placement().seen == "moved"
    box.remove(found.ref.id)
    box.put(slots[1].start, slots[1].end)
    tick(office)
    assert placement().seen == "vanished"


@pytest.mark.parametrize("seconds", [None, 0, 60])
def test_ten_minutes_of_throttling(
    office: Office, server: GraphServer, seconds: int | None
) -> None:
    server.faults.add(refused(429, retry_after=seconds), times=None)
    before = office.free(refresh=False)
    for _ in range(44):
        tick(office, seconds=15)
    assert len(list(server.requests)) <= 44
    assert office.free() == []
    assert not any(each.offers for each in overview.mailboxes(office.desk))
    server.faults.clear()
    server.requests.clear()
    for _ in range(8):
        tick(office, seconds=15)
    assert all_offer(office)
    assert office.free(refresh=False) == before
    assert len(list(server.requests)) <= 5 * _COUNT
