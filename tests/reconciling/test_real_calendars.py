"""What staff do in real calendars, by a client that is not ours: Radicale, and Graph's stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.calendars.refresh import due
from booking.calendars.rounds import poll
from booking.model import BookingState, BookingView, Reason
from booking.office.secrets import set_secret
from booking.provider_gate import SharedGate
from booking.rescheduling import reschedule
from booking.settings import Settings
from booking.store import Store
from connectors.caldav.connector import CalDavConnector
from connectors.contract import Period, ShowAs
from connectors.deadline import Deadline
from connectors.graph.connector import GraphConnector
from mapping.model import CalendarConnection
from tests.booking.conftest import MONDAY, Office
from tests.booking.town import address, town
from tests.contract.office import CalDavStaff, GraphStaff
from tests.reconciling.conftest import GRACE, SETTLED
from tests.servers.caldav_server import CalDavServer
from tests.servers.graph import GraphServer, graph_server
from tests.servers.radicale import radicale

_ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is tried here is the calendars: one database will do."""
    return sqlite_url


@pytest.fixture(scope="module")
def caldav(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph"), contract=True) as server:
        server.clock.set(MONDAY)
        for number in (1, 2):
            server.add_mailbox(address(number))
        yield server
        assert server.violations == []


@dataclass
class Side:
    """An office of two people, and each one's own calendar program."""

    office: Office
    staff: dict[str, CalDavStaff | GraphStaff]

    def pass_time(self, seconds: float = SETTLED) -> None:
        office = self.office
        for _ in range(2):
            office.clock.forward(seconds=seconds)
            for batch in due(office.desk, limit=100):
                poll(office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(60))
            for _ in range(3):
                office.drain(seconds=1)

    def book(self) -> BookingView:
        office = self.office
        start = office.free(refresh=False)[2].start
        booked = office.book(start).booking
        assert booked.state is BookingState.CONFIRMED
        self.pass_time()
        office.post.sent.clear()
        return booked

    def event_id(self, booked: BookingView) -> str:
        with self.office.desk.store.read() as uow:
            return uow.placements.of_booking(booked.id)[-1].event_id

    def colleague(self, booked: BookingView) -> str:
        return next(each for each in self.staff if each != booked.mailbox)

    def count(self) -> list[int]:
        return sorted(each.events() for each in self.staff.values())


@pytest.fixture(params=["radicale", "graph"])
def side(
    request: pytest.FixtureRequest, make_office: Callable[..., Office], store: Store
) -> Iterator[Side]:
    if request.param == "radicale":
        yield from _on_caldav(request.getfixturevalue("caldav"), make_office)
    else:
        yield from _on_graph(request.getfixturevalue("graph"), make_office, store)


def _on_caldav(server: CalDavServer, make_office: Callable[..., Office]) -> Iterator[Side]:
    calendars = [server.make_calendar() for _ in range(2)]
    base = town(mailboxes=2)
    connection = CalendarConnection(
        "calendars",
        "caldav",
        url=server.home,
        user=server.user,
        secret="caldav",
        options={"allow_plain_http": "yes"},
    )
    mailboxes = tuple(
        replace(each, calendar=calendar)
        for each, calendar in zip(base.mailboxes, calendars, strict=True)
    )
    office = make_office(replace(base, connections=(connection,), mailboxes=mailboxes))
    set_secret(office.desk, name="caldav", value=server.password)
    connector = CalDavConnector(server.connection(allow_plain_http="yes"), office_zone=_ATHENS)
    office.calendars.it = connector
    side = Side(
        office,
        {
            each.address: CalDavStaff(server, calendar)
            for each, calendar in zip(mailboxes, calendars, strict=True)
        },
    )
    side.pass_time()
    yield side
    connector.close()
    for calendar in calendars:
        server.remove_calendar(calendar)


def _on_graph(
    server: GraphServer, make_office: Callable[..., Office], store: Store
) -> Iterator[Side]:
    gate = SharedGate(store, replace(Settings(), provider_at_once=4, mailbox_at_once=3))
    connector = GraphConnector(server.connection(), office_zone=_ATHENS, gate=gate)
    base = town(mailboxes=2)
    own = tuple(replace(each, calendar="") for each in base.mailboxes)
    office = make_office(replace(base, mailboxes=own))
    office.calendars.it = connector
    boxes = {each.address: server.mailbox(each.address) for each in own}
    side = Side(office, {name: GraphStaff(box) for name, box in boxes.items()})
    for _ in range(2):
        side.pass_time()
    yield side
    connector.close()
    for box in boxes.values():
        for event in box.events():
            box.remove(str(event["id"]))


def test_moved_there_the_booking_moves(side: Side) -> None:
    booked = side.book()
    hour = timedelta(hours=1)
    target = Period(booked.period.start + hour, booked.period.end + hour)
    side.staff[booked.mailbox].move(side.event_id(booked), target)
    side.pass_time()
    view = side.office.view(booked.id)
    assert (view.state, view.period) == (BookingState.CONFIRMED, target)
    (mail,) = side.office.post.sent
    assert mail.calendar_method == "REQUEST"
    side.pass_time()
    assert len(side.office.post.sent) == 1
    # It can be changed by the citizen as before.
    start = side.office.free(refresh=False)[0].start
    reschedule(side.office.desk, booking_id=booked.id, starts_at=start, citizen=None, answers=None)
    assert side.office.view(booked.id).period.start == start
    assert side.count() == [0, 1]


def test_deleted_there_the_citizen_hears_after_the_grace(side: Side) -> None:
    booked = side.book()
    side.staff[booked.mailbox].remove(side.event_id(booked))
    side.pass_time()
    assert side.office.view(booked.id).state is BookingState.CONFIRMED
    side.pass_time(GRACE)
    view = side.office.view(booked.id)
    assert (view.state, view.reason) == (BookingState.RELEASED, Reason.OFFICE_DELETED)
    (mail,) = side.office.post.sent
    assert mail.calendar_method == "CANCEL"
    assert side.count() == [0, 0]


def test_a_meeting_over_it_sends_it_to_the_colleague(side: Side) -> None:
    booked = side.book()
    side.staff[booked.mailbox].put(booked.period)
    for _ in range(2):
        side.pass_time()
    view = side.office.view(booked.id)
    assert (view.state, view.period) == (BookingState.CONFIRMED, booked.period)
    assert view.mailbox == side.colleague(booked)
    assert side.count() == [1, 1]
    assert side.office.post.sent == []


def test_meetings_over_everybody_are_a_conflict_until_one_goes(side: Side) -> None:
    booked = side.book()
    meetings = {name: staff.put(booked.period) for name, staff in side.staff.items()}
    for _ in range(2):
        side.pass_time()
    assert side.office.view(booked.id).state is BookingState.CONFLICT
    side.staff[booked.mailbox].remove(meetings[booked.mailbox])
    for _ in range(2):
        side.pass_time()
    view = side.office.view(booked.id)
    assert (view.state, view.mailbox) == (BookingState.CONFIRMED, booked.mailbox)
    assert len(side.office.post.sent) == 2


def test_shown_as_free_it_is_kept(side: Side) -> None:
    booked = side.book()
    side.staff[booked.mailbox].show(side.event_id(booked), ShowAs.FREE)
    side.pass_time()
    assert side.office.view(booked.id).state is BookingState.CONFIRMED
    assert booked.period not in side.office.free(refresh=False) or side.count() == [0, 1]
    assert side.office.post.sent == []


def test_our_own_changes_lead_to_nothing(side: Side) -> None:
    booked = side.book()
    start = side.office.free(refresh=False)[-1].start
    reschedule(side.office.desk, booking_id=booked.id, starts_at=start, citizen=None, answers=None)
    for _ in range(3):
        side.pass_time()
    view = side.office.view(booked.id)
    assert (view.state, view.period.start) == (BookingState.CONFIRMED, start)
    assert len(side.office.post.sent) == 1
    assert side.count() == [0, 1]
