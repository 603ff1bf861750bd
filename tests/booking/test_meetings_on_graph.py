"""Teams meetings, mail and working hours of a town whose calendars are Microsoft 365's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest

from booking import joining, rescheduling, tasks
from booking.calendars import hours
from booking.calendars.refresh import refresh_mailbox
from booking.model import BookingState, BookingView
from booking.office import importing, secrets
from booking.placement import writing
from connectors.contract import Connection, Connector
from connectors.deadline import Deadline
from connectors.registry import connector_for
from mapping.model import CalendarConnection, Channel, HoursFrom, ProviderMail
from tests.booking.conftest import Office
from tests.booking.town import TUESDAY, address, town
from tests.servers.graph import graph_server
from tests.servers.graph.faults import created_but, refused
from tests.servers.graph.server import GraphServer

SENDER = "rantevou@town.example"
LINK = "https://teams.microsoft.com/l/meetup-join/19%3aby-hand"
_ZONE = ZoneInfo("Europe/Athens")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: what differs is the provider."""
    return sqlite_url


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as running:
        running.add_mailbox(address(1))
        running.add_mailbox(SENDER)
        yield running


class ByRegistry:
    def connector(self, connection: Connection) -> Connector:
        return connector_for(connection, office_zone=_ZONE)


@dataclass
class Town:
    office: Office
    graph: GraphServer

    def book(self, slot: int = 0) -> BookingView:
        found = self.office.free(TUESDAY)
        key = f"{self.office.clock.now}-{slot}"
        return self.office.book(found[slot].start, key, channel=Channel.TELECONFERENCE).booking

    def event(self, booking: BookingView) -> dict[str, object]:
        (event,) = self.events(booking)
        return event

    def events(self, booking: BookingView) -> list[dict[str, object]]:
        events = self.graph.mailbox(address(1)).events()
        return [each for each in events if booking.reference in str(each["subject"])]

    def change(self, booking: BookingView, channel: Channel) -> BookingView:
        return rescheduling.reschedule(
            self.office.desk,
            booking_id=booking.id,
            starts_at=None,
            citizen=None,
            answers=None,
            channel=channel,
        )

    def read(self) -> None:
        refresh_mailbox(
            self.office.desk,
            mailbox_id=self.office.mailbox_id(address(1)),
            deadline=Deadline.after(20),
        )

    def mails(self) -> list[str]:
        return [str(mail.message["Subject"]) for mail in self.graph.mail.sent]


@pytest.fixture
def outlook(
    graph: GraphServer,
    make_office: Callable[..., Office],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Town]:
    monkeypatch.setattr(writing, "LINK_WAITS", ())
    office = make_office()
    graph.clock.set(office.clock.now)
    connection = graph.connection(options={"meeting_options": "yes"})
    secrets.set_secret(office.desk, name="m365", value=connection.secret)
    named = CalendarConnection(
        "calendars",
        "graph",
        url=connection.url,
        user=connection.user,
        secret="m365",
        options=dict(connection.options),
    )
    municipality = town()
    (mailbox,) = municipality.mailboxes
    office.town = replace(
        municipality,
        connections=(named,),
        mailboxes=(replace(mailbox, calendar=""),),
        mail=ProviderMail("calendars", SENDER),
    )
    office.desk = replace(office.desk, calendars=ByRegistry())
    importing.import_mapping(office.desk, text="slug: town", municipality=office.town, by="test")
    made = Town(office, graph)
    made.read()
    yield made
    for event in graph.mailbox(address(1)).events():
        graph.mailbox(address(1)).remove(str(event["id"]))
    graph.mail.sent.clear()
    graph.switches.teams_link = "at_once"
    graph.meetings.granted = False


def test_the_link_of_the_event_is_the_citizens_and_mail_goes_through_the_mailbox(
    outlook: Town,
) -> None:
    booking = outlook.book()
    assert booking.state is BookingState.CONFIRMED
    assert booking.meeting_url.startswith("https://teams.microsoft.com/l/meetup-join/")
    outlook.office.drain(seconds=1)
    (sent,) = outlook.graph.mail.sent
    assert sent.message["From"].addresses[0].addr_spec == SENDER
    assert "calendar" in {part.get_content_subtype() for part in sent.message.walk()}
    assert outlook.office.post.sent == []
    slot = outlook.office.free(TUESDAY)[2].start
    moved = rescheduling.reschedule(
        outlook.office.desk, booking_id=booking.id, starts_at=slot, citizen=None, answers=None
    )
    assert (moved.period.start, moved.meeting_url) == (slot, booking.meeting_url)


def test_another_channel_at_the_same_time_is_a_new_event_with_or_without_a_meeting(
    outlook: Town,
) -> None:
    booking = outlook.book()
    old = outlook.event(booking)
    assert old["isOnlineMeeting"]
    inside = outlook.change(booking, Channel.IN_PERSON)
    assert (inside.channel, inside.period, inside.meeting_url) == (
        Channel.IN_PERSON,
        booking.period,
        "",
    )
    outlook.office.drain(seconds=1)
    event = outlook.event(booking)
    assert event["id"] != old["id"]
    assert not event["isOnlineMeeting"]
    assert "teams" not in str(event["body"])
    outlook.read()
    online = outlook.change(booking, Channel.TELECONFERENCE)
    assert online.meeting_url not in {"", booking.meeting_url}
    outlook.office.drain(seconds=1)
    event = outlook.event(booking)
    assert event["isOnlineMeeting"]
    assert online.meeting_url in str(event["onlineMeeting"])
    outlook.office.drain(seconds=1)
    assert len(outlook.mails()) == 3
    text = outlook.graph.mail.sent[-1].message.get_body(("plain",)).get_content()
    assert "Προηγούμενος τρόπος: Φυσική παρουσία" in text


def test_a_new_event_whose_answer_is_lost_is_found_and_the_old_one_goes(outlook: Town) -> None:
    booking = outlook.book()
    outlook.office.drain(seconds=1)
    outlook.graph.faults.add(created_but(503), method="POST", path="/events$")
    outlook.graph.faults.add(refused(503), method="GET", path="/events$", times=2)
    outlook.graph.faults.add(refused(503), method="DELETE")
    assert outlook.change(booking, Channel.IN_PERSON).pending_channel is Channel.IN_PERSON
    assert len(outlook.events(booking)) == 2
    for _ in range(4):
        outlook.office.drain(seconds=61)
    assert outlook.office.view(booking.id).channel is Channel.IN_PERSON
    assert not outlook.event(booking)["isOnlineMeeting"]


def test_a_meeting_that_microsoft_does_not_make_is_handed_to_a_person(outlook: Town) -> None:
    outlook.graph.switches.teams_link = "never"
    booking = outlook.book()
    assert (booking.state, booking.meeting_url) == (BookingState.CONFIRMED, "")
    for _ in range(13):
        outlook.office.drain(seconds=60)
    (task,) = tasks.open_tasks(outlook.office.desk, municipality="town")
    assert (task.kind.value, task.reference) == ("meeting_link_missing", booking.reference)
    assert len(outlook.mails()) == 2
    event = outlook.event(booking)
    outlook.graph.mailbox(address(1)).edit(
        str(event["id"]),
        isOnlineMeeting=True,
        onlineMeetingProvider="teamsForBusiness",
        onlineMeeting={"joinUrl": LINK},
    )
    outlook.read()
    outlook.office.drain(seconds=1)
    outlook.office.drain(seconds=1)
    target = joining.join_target(outlook.office.desk, booking_id=booking.id)
    assert target.url == LINK
    assert len(outlook.mails()) == 3
    left = tasks.open_tasks(outlook.office.desk, municipality="town")
    assert [each.kind for each in left] == [tasks.TaskKind.MEETING_NOT_SECURED]


def test_a_link_that_shows_later_is_found(outlook: Town) -> None:
    outlook.graph.switches.teams_link = "later"
    outlook.graph.switches.teams_link_answers = 3
    booking = outlook.book()
    for _ in range(6):
        outlook.office.drain(seconds=30)
    found = outlook.office.view(booking.id).meeting_url
    assert found.startswith("https://teams.microsoft.com/")
    assert tasks.count_open(outlook.office.desk) == 1  # only that it is not secured


def test_what_the_tenant_does_not_grant_is_named_with_its_command(outlook: Town) -> None:
    booking = outlook.book()
    outlook.office.drain(seconds=1)
    (task,) = tasks.open_tasks(outlook.office.desk, municipality="town")
    assert task.kind is tasks.TaskKind.MEETING_NOT_SECURED
    assert "Grant-CsApplicationAccessPolicy" in task.error
    assert booking.meeting_url not in task.error
    outlook.graph.meetings.granted = True
    outlook.office.drain(seconds=1801)
    assert tasks.count_open(outlook.office.desk) == 0
    options = outlook.graph.meetings.options(booking.meeting_url)
    assert options["lobbyBypassSettings"]["scope"] == "organizer"


def test_working_hours_are_outlooks(outlook: Town) -> None:
    bound = replace(outlook.office.town.staff[0], working_hours=HoursFrom.CALENDAR)
    outlook.office.town = replace(outlook.office.town, staff=(bound,))
    importing.import_mapping(
        outlook.office.desk, text="slug: town", municipality=outlook.office.town, by="test"
    )
    outlook.read()
    assert outlook.office.free(TUESDAY) == []
    assert hours.read_due(outlook.office.desk, deadline=Deadline.after(20)) == 1
    assert len(outlook.office.free(TUESDAY)) == 6
