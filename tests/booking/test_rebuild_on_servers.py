"""The drill on real ground: Radicale, and the stand-in for Microsoft 365."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from booking.cancelling import cancel
from booking.model import SlotTaken
from booking.office.rebuilding import Outcome
from booking.office.secrets import set_secret
from booking.rescheduling import reschedule
from connectors.caldav.connector import CalDavConnector
from connectors.graph.connector import GraphConnector
from mapping.model import Channel
from tests.booking.conftest import MONDAY, Office
from tests.booking.drill import counted, drill_on, of
from tests.booking.forms import CITIZEN
from tests.booking.test_real_calendars import on
from tests.booking.town import address, town
from tests.contract.office import ZONE
from tests.servers.graph import graph_server
from tests.servers.radicale import radicale


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def on_radicale(make_office: Callable[..., Office], tmp_path: Path) -> Iterator[Office]:
    with radicale(tmp_path) as server:
        office = make_office(on(server, [server.make_calendar() for _ in range(2)]))
        set_secret(office.desk, name="caldav", value=server.password)
        connector = CalDavConnector(server.connection(allow_plain_http="yes"), office_zone=ZONE)
        office.calendars.it = connector
        yield office
        connector.close()


@pytest.fixture
def on_graph(make_office: Callable[..., Office], tmp_path: Path) -> Iterator[Office]:
    with graph_server(tmp_path) as server:
        server.clock.set(MONDAY)
        for number in (1, 2):
            server.add_mailbox(address(number))
        place = town(mailboxes=2)
        own = tuple(replace(each, calendar="") for each in place.mailboxes)
        office = make_office(replace(place, mailboxes=own))
        connector = GraphConnector(server.connection(), office_zone=ZONE)
        office.calendars.it = connector
        yield office
        connector.close()


@pytest.mark.parametrize("ground", ["on_radicale", "on_graph"])
def test_the_drill(request: pytest.FixtureRequest, sqlite_url: str, ground: str) -> None:
    office: Office = request.getfixturevalue(ground)
    drill = drill_on(office, sqlite_url)
    office.clock.forward(seconds=30)
    office.read_all()
    slots = office.free(office.at(4, 9).date())
    kept = office.book(slots[0].start, key="1").booking
    moved = office.book(slots[1].start, key="2").booking
    gone = office.book(slots[1].start, key="3").booking
    drill.back_up()
    lost = [
        office.book(slots[2].start, key="4", channel=Channel.TELECONFERENCE).booking,
        office.book(slots[2].start, key="5").booking,
    ]
    reschedule(office.desk, booking_id=moved.id, starts_at=slots[3].start, citizen=None,
               answers=None)  # fmt: skip
    cancel(office.desk, booking_id=gone.id)
    drill.restore()

    dry = drill.rebuild(apply=False)
    report = drill.rebuild()
    expected = {"MATCHED": 1, "RESTORED": 2, "FOLLOWED": 1, "MISSING": 1}
    assert (counted(dry), counted(report), report.unread) == (expected, expected, {})
    assert of(report, Outcome.RESTORED) == sorted(each.reference for each in lost)
    assert of(report, Outcome.MISSING) == [gone.reference]
    for each in lost:
        seen = drill.known(each.reference)
        assert seen is not None
        assert (seen.id, seen.period, seen.channel, seen.mailbox, seen.service_id) == (
            each.id, each.period, each.channel, each.mailbox, each.service_id,
        )  # fmt: skip
        assert seen.citizen.name == CITIZEN.name
        assert seen.meeting_url == each.meeting_url
    for reference, slot in ((kept.reference, slots[0]), (moved.reference, slots[3])):
        seen = drill.known(reference)
        assert seen is not None
        assert (seen.period, seen.citizen) == (slot, CITIZEN)
    office.clock.forward(seconds=30)
    office.read_all(full=True)
    with pytest.raises(SlotTaken):
        office.book(slots[2].start, key="again")
    assert counted(drill.rebuild()) == {"MATCHED": 4, "MISSING": 1}
    office.desk.store.close()
