"""One real Radicale for the tests of this folder, a misbehaving proxy before it, and Graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.caldav.connector import CalDavConnector
from connectors.contract import MailboxRef
from connectors.graph.connector import GraphConnector
from tests.connectors.outlook import Outlook, outlook
from tests.contract.office import ZONE, CalDavStaff, Office
from tests.servers.caldav_server import CalDavServer
from tests.servers.dav_proxy import DavProxy, dav_proxy
from tests.servers.graph import GraphServer, graph_server
from tests.servers.radicale import radicale


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def proxy(real_server: CalDavServer) -> Iterator[DavProxy]:
    with dav_proxy(real_server) as made:
        yield made


@pytest.fixture
def office(real_server: CalDavServer, proxy: DavProxy) -> Iterator[Office]:
    """The connector goes through the proxy, staff go to the server itself."""
    url = real_server.make_calendar()
    connection = proxy.server.connection()
    connector = CalDavConnector(connection, office_zone=ZONE)
    calendar = url.removeprefix(real_server.home)
    yield Office(
        connector=connector,
        mailbox=MailboxRef("maria@kalamata.example", calendar),
        staff=CalDavStaff(real_server, url),
        another=lambda: CalDavConnector(connection, office_zone=ZONE),
    )
    connector.close()
    real_server.remove_calendar(url)


@pytest.fixture(scope="session")
def shared_graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    """What goes to it and what it answers is held to Microsoft's contract."""
    with graph_server(tmp_path_factory.mktemp("graph"), contract=True) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="session")
def graph_connector(shared_graph: GraphServer) -> Iterator[GraphConnector]:
    made = GraphConnector(shared_graph.connection(), office_zone=ZONE)
    yield made
    made.close()


@pytest.fixture
def outlook_office(shared_graph: GraphServer, graph_connector: GraphConnector) -> Iterator[Outlook]:
    with outlook(shared_graph, graph_connector) as made:
        yield made
