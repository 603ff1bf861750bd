"""Teams meetings, subscriptions, mail and working hours of Microsoft 365."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from connectors.abilities import (
    Fingerprinting,
    MailSending,
    MeetingSecuring,
    Pushing,
    WorkingHoursTelling,
)
from connectors.contract import EventDraft, MailboxRef, Period
from connectors.deadline import Deadline
from connectors.errors import (
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
)
from connectors.graph.connector import GraphConnector
from connectors.graph.hours import working_hours
from connectors.graph.meetings import organiser_of
from connectors.graph.subscriptions import mailbox_of
from tests.contract.office import ZONE
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import refused

ANNA = "anna@kavala.example"
NOON = datetime(2027, 1, 12, 10, 0, tzinfo=UTC)
MIME = (
    "From: anna@kavala.example\r\nTo: x@example.org\r\nSubject: Ραντεβού\r\n\r\nΓεια\r\n".encode()
)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph"), contract=True) as server:
        server.add_mailbox(ANNA)
        yield server
        assert server.violations == []


@pytest.fixture
def connector(graph: GraphServer) -> Iterator[GraphConnector]:
    made = GraphConnector(graph.connection(options={"meeting_options": "yes"}), office_zone=ZONE)
    yield made
    made.close()
    graph.faults.clear()
    graph.meetings.granted = graph.settings.permitted = graph.mail.permitted = True
    graph.subscriptions.remove()


def soon() -> Deadline:
    return Deadline.after(60)


def test_capabilities_are_what_the_connector_does(
    graph: GraphServer, connector: GraphConnector
) -> None:
    for ability in (Fingerprinting, MailSending, MeetingSecuring, Pushing, WorkingHoursTelling):
        assert isinstance(connector, ability)
    able = connector.capabilities
    assert able.push
    assert able.mail
    assert able.working_hours
    assert able.meeting_links
    assert able.secure_meetings
    assert able.fingerprints == able.batch_free_busy == 20
    plain = GraphConnector(graph.connection(), office_zone=ZONE)
    assert not plain.capabilities.secure_meetings


# ---- meetings --------------------------------------------------------------------------------


def meeting(connector: GraphConnector, key: str) -> str:
    draft = EventDraft(
        period=Period(NOON, NOON + timedelta(minutes=30)),
        subject="s",
        body="b",
        reference="r",
        wants_meeting=True,
    )
    event = connector.create(mailbox=MailboxRef(ANNA), draft=draft, key=key, deadline=soon())
    return event.meeting_url


def test_only_the_organiser_admits_and_nobody_is_recorded(
    graph: GraphServer, connector: GraphConnector
) -> None:
    graph.meetings.granted = {ANNA}
    url = meeting(connector, "m-1")
    for _ in range(2):
        connector.secure_meeting(mailbox=MailboxRef(ANNA), meeting_url=url, deadline=soon())
    options = graph.meetings.options(url)
    assert options["lobbyBypassSettings"] == {"scope": "organizer", "isDialInBypassEnabled": False}
    assert options["allowedLobbyAdmitters"] == "organizerAndCoOrganizers"
    for name in ("allowRecording", "allowTranscription", "recordAutomatically"):
        assert options[name] is False


def test_what_the_tenant_has_not_granted_names_the_commands(
    graph: GraphServer, connector: GraphConnector
) -> None:
    graph.meetings.granted = False
    url = meeting(connector, "m-2")
    with pytest.raises(NotAuthorised) as error:
        connector.secure_meeting(mailbox=MailboxRef(ANNA), meeting_url=url, deadline=soon())
    assert f'New-CsApplicationAccessPolicy -Identity Rantevou -AppIds "{graph.client_id}"' in str(
        error.value
    )
    assert "Grant-CsApplicationAccessPolicy -PolicyName Rantevou" in str(error.value)
    assert ANNA not in str(error.value)


def test_a_meeting_that_is_not_there_is_gone(graph: GraphServer, connector: GraphConnector) -> None:
    graph.meetings.granted = True
    for url in ("https://teams.microsoft.com/l/meetup-join/nothing'here", "x"):
        with pytest.raises(EventGone):
            connector.secure_meeting(mailbox=MailboxRef(ANNA), meeting_url=url, deadline=soon())


def test_a_pasted_link_of_somebody_else_is_left_alone(
    graph: GraphServer, connector: GraphConnector
) -> None:
    graph.meetings.granted = True
    url = "https://teams.microsoft.com/l/x?context=%7b%22Oid%22%3a%22another%22%7d"
    with pytest.raises(EventGone, match="no such meeting"):
        connector.secure_meeting(mailbox=MailboxRef(ANNA), meeting_url=url, deadline=soon())


def test_the_organiser_stands_in_the_link() -> None:
    context = "%7b%22Tid%22%3a%22t%22%2c%22Oid%22%3a%22dc17674c%22%7d"
    assert organiser_of(f"https://teams.microsoft.com/l/x/0?context={context}") == "dc17674c"
    for odd in ("", "x", "https://a/?context=1", "https://a/?context={", "https://a/?context=[]"):
        assert organiser_of(odd) == ""


def test_settings_that_teams_did_not_take_are_not_called_secure(
    graph: GraphServer, connector: GraphConnector
) -> None:
    graph.meetings.granted = True
    url = meeting(connector, "m-3")

    def deaf(call: Any, proceed: Any) -> Any:
        answer = proceed(call)
        answer.body = answer.body | {"allowRecording": True}
        return answer

    graph.faults.add(deaf, method="PATCH", path="onlineMeetings")
    with pytest.raises(Rejected):
        connector.secure_meeting(mailbox=MailboxRef(ANNA), meeting_url=url, deadline=soon())


def test_a_tenant_without_the_youngest_property_gets_the_others(
    graph: GraphServer, connector: GraphConnector
) -> None:
    graph.meetings.granted = True
    url = meeting(connector, "m-4")
    graph.faults.add(refused(400, "BadRequest"), method="PATCH", path="onlineMeetings")
    connector.secure_meeting(mailbox=MailboxRef(ANNA), meeting_url=url, deadline=soon())
    assert graph.meetings.options(url)["lobbyBypassSettings"]["scope"] == "organizer"


# ---- subscriptions ----------------------------------------------------------------------------


@pytest.fixture
def product(graph: GraphServer) -> Iterator[list[str]]:
    """Shakes hands as the product's web process does."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0]
            asked.append(token)
            self.send_response(200 if token else 202)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(token.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    graph.forward_to = f"http://127.0.0.1:{server.server_port}"
    yield asked
    graph.forward_to = ""
    server.shutdown()
    thread.join()
    server.server_close()


def subscribe(connector: GraphConnector, graph: GraphServer, address: str = ANNA) -> Any:
    return connector.subscribe(
        mailbox=MailboxRef(address),
        notification_url=graph.notification_url,
        lifecycle_url=graph.notification_url,
        client_state="secret",
        expires_at=graph.clock.now() + timedelta(days=2),
        deadline=soon(),
    )


def test_a_subscription_lives_from_handshake_to_removal(
    graph: GraphServer, connector: GraphConnector, product: list[str]
) -> None:
    made = subscribe(connector, graph)
    assert len(product) == 2  # both addresses were asked
    assert made.mailbox == ANNA
    assert made.notification_url == made.lifecycle_url == graph.notification_url
    assert connector.subscriptions(deadline=soon()) == (made,)
    later = made.expires_at + timedelta(days=1)
    renewed = connector.renew(subscription_id=made.id, expires_at=later, deadline=soon())
    assert renewed.id == made.id
    assert abs(renewed.expires_at - later) < timedelta(seconds=1)
    for _ in range(2):
        connector.unsubscribe(subscription_id=made.id, deadline=soon())
    assert connector.subscriptions(deadline=soon()) == ()
    with pytest.raises(EventGone):
        connector.renew(subscription_id=made.id, expires_at=later, deadline=soon())


def test_notifications_carry_immutable_ids(
    graph: GraphServer, connector: GraphConnector, product: list[str]
) -> None:
    subscribe(connector, graph)
    assert all(each.immutable_ids for each in graph.subscriptions.live())


def test_addresses_that_graph_cannot_reach_are_rejected(
    graph: GraphServer, connector: GraphConnector
) -> None:
    with pytest.raises(Rejected):
        subscribe(connector, graph)


def test_a_subscription_to_nobody_is_no_mailbox(
    graph: GraphServer, connector: GraphConnector, product: list[str]
) -> None:
    with pytest.raises(MailboxNotFound):
        subscribe(connector, graph, "nobody@kavala.example")


def test_the_resource_names_the_mailbox() -> None:
    assert mailbox_of("/users/anna@kavala.example/events") == ANNA
    assert mailbox_of("Users/5f2c-1/events") == "5f2c-1"
    assert mailbox_of("users/anna%40kavala.example/events") == ANNA
    assert mailbox_of("me/messages") == mailbox_of("") == ""


# ---- mail -------------------------------------------------------------------------------------


def test_a_message_arrives_byte_for_byte(graph: GraphServer, connector: GraphConnector) -> None:
    connector.send_mail(sender=ANNA, mime=MIME, deadline=soon())
    assert graph.mail.sent[-1].content == MIME
    assert graph.mail.sent[-1].sender == ANNA


def test_mail_that_may_not_be_sent_is_for_an_administrator(
    graph: GraphServer, connector: GraphConnector
) -> None:
    graph.mail.permitted = False
    with pytest.raises(NotAuthorised):
        connector.send_mail(sender=ANNA, mime=MIME, deadline=soon())
    graph.mail.permitted = True
    graph.faults.add(refused(503), path="sendMail")
    with pytest.raises(TryLater):
        connector.send_mail(sender=ANNA, mime=MIME, deadline=soon())


# ---- working hours ------------------------------------------------------------------------------


@pytest.mark.parametrize("permitted", [True, False])
def test_hours_come_from_settings_or_from_free_busy(
    graph: GraphServer, connector: GraphConnector, permitted: bool
) -> None:
    graph.settings.permitted = permitted
    hours = connector.working_hours(mailbox=MailboxRef(ANNA), deadline=soon())
    assert hours is not None
    assert hours.zone == "Europe/Athens"
    assert hours.hours == tuple((day, time(8), time(17)) for day in range(5))


def told(zone: object, start: str = "08:00:00.0000000", end: str = "16:30:00.0000000") -> Any:
    return {"daysOfWeek": ["Monday", "friday"], "startTime": start, "endTime": end} | (
        {"timeZone": zone} if zone else {}
    )


@pytest.mark.parametrize(
    ("zone", "key"),
    [
        ({"name": "GTB Standard Time"}, "Europe/Athens"),
        ({"name": "Europe/Athens"}, "Europe/Athens"),
        ({"name": "W. Europe Standard Time"}, "Europe/Berlin"),
        ({"name": "UTC"}, "UTC"),
        (None, "Europe/Athens"),
        # As Exchange tells it (UTC minus local time), and with the sign of the documentation.
        (
            {
                "name": "Customized Time Zone",
                "bias": -120,
                "standardOffset": {"month": 10},
                "daylightOffset": {"month": 3, "daylightBias": -60},
            },
            "Europe/Athens",
        ),
        (
            {
                "name": "Customized Time Zone",
                "bias": 120,
                "standardOffset": {"month": 10},
                "daylightOffset": {"month": 3, "daylightBias": 60},
            },
            "Europe/Athens",
        ),
    ],
)
def test_a_zone_is_understood_by_any_of_its_names(zone: object, key: str) -> None:
    hours = working_hours(told(zone), office_zone=ZONE, now=NOON)
    assert hours is not None
    assert hours.zone == key
    assert hours.hours == ((0, time(8), time(16, 30)), (4, time(8), time(16, 30)))


def test_a_rule_of_its_own_finds_a_zone_with_that_clock() -> None:
    pacific = {
        "bias": 480,
        "standardOffset": {"month": 11},
        "daylightOffset": {"month": 3, "daylightBias": -60},
    }
    hours = working_hours(told(pacific), office_zone=ZONE, now=NOON)
    assert hours is not None
    zone = ZoneInfo(hours.zone)
    assert datetime(2027, 1, 1, tzinfo=zone).utcoffset() == timedelta(hours=-8)
    assert datetime(2027, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=-7)


@pytest.mark.parametrize("zone", [{"name": "Mars"}, {"bias": 777}])
def test_a_zone_that_nobody_knows_is_a_persons_work(zone: object) -> None:
    with pytest.raises(Rejected, match="Outlook"):
        working_hours(told(zone), office_zone=ZONE, now=NOON)


def test_hours_over_midnight_and_hours_that_are_none() -> None:
    night = working_hours(told(None, "22:00", "06:00"), office_zone=ZONE, now=NOON)
    assert night is not None
    assert night.hours == (
        (0, time(22), time(23, 55)),
        (1, time(0), time(6)),
        (4, time(22), time(23, 55)),
        (5, time(0), time(6)),
    )
    for none in (None, {}, told(None, "08:00", "08:00"), told(None, "soon", "later")):
        assert working_hours(none, office_zone=ZONE, now=NOON) is None
