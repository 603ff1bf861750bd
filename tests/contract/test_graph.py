"""The contract on Microsoft Graph, against the stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from connectors.contract import MailboxRef
from connectors.graph.connector import GraphConnector
from tests.contract.office import ZONE, GraphStaff, Office
from tests.contract.suite_events import EventPromises
from tests.contract.suite_looking import LookingPromises, Neighbour
from tests.contract.suite_reading import MissingCalendarPromises, ReadingPromises
from tests.servers.graph import GraphServer, graph_server

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph"), contract=True) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def connector(graph: GraphServer) -> Iterator[GraphConnector]:
    made = GraphConnector(graph.connection(), office_zone=ZONE)
    yield made
    made.close()


def _office(graph: GraphServer, connector: GraphConnector, *, second: bool) -> Office:
    address = f"maria{next(_numbers)}@kavala.example"
    box = graph.add_mailbox(address)
    calendar = box.add_calendar("Ραντεβού") if second else ""
    return Office(
        connector=connector,
        mailbox=MailboxRef(address, calendar),
        staff=GraphStaff(box, calendar=calendar),
        another=lambda: GraphConnector(graph.connection(), office_zone=ZONE),
    )


@pytest.fixture
def neighbours(graph: GraphServer) -> Callable[[int], list[Neighbour]]:
    def make(count: int) -> list[Neighbour]:
        made = []
        for _ in range(count):
            address = f"nikos{next(_numbers)}@kavala.example"
            staff = GraphStaff(graph.add_mailbox(address))
            made.append(Neighbour(MailboxRef(address), staff))
        return made

    return make


class TestOwnCalendar(EventPromises, ReadingPromises, MissingCalendarPromises, LookingPromises):
    @pytest.fixture
    def office(self, graph: GraphServer, connector: GraphConnector) -> Office:
        return _office(graph, connector, second=False)

    @pytest.fixture
    def missing(self) -> MailboxRef:
        return MailboxRef("nobody@kavala.example")


class TestSecondCalendar(EventPromises, ReadingPromises, MissingCalendarPromises):
    @pytest.fixture
    def office(self, graph: GraphServer, connector: GraphConnector) -> Office:
        return _office(graph, connector, second=True)

    @pytest.fixture
    def missing(self, office: Office) -> MailboxRef:
        return MailboxRef(office.mailbox.address, "AQMkADnosuchcalendarAAA=")
