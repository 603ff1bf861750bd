"""The contract on Microsoft Graph, against the stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from connectors.conformance.office import Neighbour
from connectors.contract import MailboxRef
from connectors.graph.connector import GraphConnector
from tests.contract.office import ZONE, GraphStaff, Office
from tests.contract.suite import EventPromises, LookingPromises, ReadingPromises
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
    missing = MailboxRef("nobody@kavala.example")
    if second:
        missing = MailboxRef(address, "AQMkADnosuchcalendarAAA=")

    def neighbours(count: int) -> list[Neighbour]:
        made = []
        for _ in range(count):
            other = f"nikos{next(_numbers)}@kavala.example"
            made.append(Neighbour(MailboxRef(other), GraphStaff(graph.add_mailbox(other))))
        return made

    return Office(
        connector=connector,
        mailbox=MailboxRef(address, calendar),
        staff=GraphStaff(box, calendar=calendar),
        another=lambda: GraphConnector(graph.connection(), office_zone=ZONE),
        missing=missing,
        neighbours=neighbours,
    )


class TestOwnCalendar(EventPromises, ReadingPromises, LookingPromises):
    @pytest.fixture
    def office(self, graph: GraphServer, connector: GraphConnector) -> Office:
        return _office(graph, connector, second=False)


class TestSecondCalendar(EventPromises, ReadingPromises):
    @pytest.fixture
    def office(self, graph: GraphServer, connector: GraphConnector) -> Office:
        return _office(graph, connector, second=True)
