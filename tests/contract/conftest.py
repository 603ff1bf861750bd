"""Calendars for the contract suite: one server of each kind for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.caldav.connector import CalDavConnector
from connectors.contract import MailboxRef
from tests.contract.office import ZONE, CalDavStaff, Office
from tests.servers.caldav_server import CalDavServer
from tests.servers.radicale import radicale
from tests.servers.xandikos import xandikos


@pytest.fixture(scope="session")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    folder: Path = tmp_path_factory.mktemp("radicale")
    with radicale(folder) as server:
        yield server


@pytest.fixture(scope="session")
def xandikos_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    folder: Path = tmp_path_factory.mktemp("xandikos")
    with xandikos(folder) as server:
        yield server


def caldav_office(server: CalDavServer) -> Iterator[Office]:
    """A new calendar on ``server``, removed afterwards."""
    url = server.make_calendar()
    connection = server.connection()
    connector = CalDavConnector(connection, office_zone=ZONE)
    yield Office(
        connector=connector,
        mailbox=MailboxRef("maria@kalamata.example", url),
        staff=CalDavStaff(server, url),
        another=lambda: CalDavConnector(connection, office_zone=ZONE),
    )
    connector.close()
    server.remove_calendar(url)
