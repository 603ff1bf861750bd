"""Erasing reaches real calendars: a CalDAV server's files, and a Teams meeting in Outlook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from booking import erasing
from booking.model import BookingState
from booking.office.overview import outbox_open
from booking.office.secrets import set_secret
from connectors.caldav.connector import CalDavConnector
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.test_meetings_on_graph import Town, graph, outlook
from tests.booking.test_real_calendars import on
from tests.booking.town import address
from tests.servers.caldav_server import CalDavServer
from tests.servers.radicale import radicale

__all__ = ["graph", "outlook"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture
def real(server: CalDavServer, make_office: Callable[..., Office]) -> Iterator[Office]:
    calendar = server.make_calendar()
    office = make_office(on(server, [calendar]))
    set_secret(office.desk, name="caldav", value=server.password)
    connector = CalDavConnector(
        server.connection(allow_plain_http="yes"), office_zone=ZoneInfo("Europe/Athens")
    )
    office.calendars.it = connector
    office.clock.forward(seconds=1)
    office.read_all()
    yield office
    connector.close()
    server.remove_calendar(calendar)


def stored(server: CalDavServer, office: Office) -> str:
    """Every resource of the calendar as the server keeps it."""
    calendar = office.ref(address(1)).calendar
    body = (
        '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>'
        '<C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter>'
        "</C:calendar-query>"
    )
    answer = server.request("REPORT", calendar, body, {"Depth": "1"})
    answer.raise_for_status()
    return answer.text.replace("\r\n ", "").replace("\n ", "")


def test_a_caldav_event_loses_the_name(server: CalDavServer, real: Office) -> None:
    booked = real.book(real.free()[0].start, channel=Channel.TELECONFERENCE).booking
    real.drain()
    assert CITIZEN.name in stored(server, real)
    assert "meet.example.gr" in stored(server, real)
    real.clock.now = booked.period.end + timedelta(minutes=1)
    erasing.ask(real.desk, booking_id=booked.id)
    real.drain()
    text = stored(server, real)
    assert CITIZEN.name not in text
    assert "meet.example.gr" not in text
    assert f"DTSTART:{booked.period.start:%Y%m%dT%H%M%SZ}" in text
    assert booked.reference in text
    real.read_all()
    real.settle(rounds=2)
    assert outbox_open(real.desk) == ()
    assert real.view(booked.id).state is BookingState.CONFIRMED


def test_a_teams_meeting_loses_the_name(outlook: Town) -> None:
    office = outlook.office
    booked = outlook.book()
    office.drain(seconds=1)
    assert CITIZEN.name in str(outlook.event(booked))
    office.clock.now = booked.period.end + timedelta(minutes=1)
    outlook.graph.clock.set(office.clock.now)
    erasing.ask(office.desk, booking_id=booked.id)
    office.drain()
    event = outlook.event(booked)
    assert CITIZEN.name not in str(event)
    assert event["subject"] == f"Πιστοποιητικά #{booked.reference}"
    outlook.read()
    office.settle(rounds=2)
    assert outbox_open(office.desk) == ()
    assert office.view(booked.id).erased_at is not None
