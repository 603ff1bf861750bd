"""What Microsoft's documentation shows as an answer is understood by our connector."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import BusyReading, MailboxRef, Period, ShowAs
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, NotAuthorised, TryLater
from connectors.graph import batch
from connectors.graph.connector import GraphConnector
from tests.booking_web.calling import calling
from tests.graph.published import GRAPH, example, needs_examples
from tests.graph.receiver import receiving
from tests.servers.graph import GraphServer
from tests.servers.graph.call import Answer, Call
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import Proceed

pytestmark = needs_examples
ANNA = MailboxRef("anna@kavala.example")
VIEW = r"/calendarView$"


@pytest.fixture
def connector(graph: GraphServer, anna: Mailbox) -> Iterator[GraphConnector]:
    connection = graph.connection(options={"meeting_options": "yes"})
    made = GraphConnector(connection, office_zone=ZoneInfo("Europe/Athens"))
    yield made
    made.close()


def soon() -> Deadline:
    return Deadline.after(60)


def day(year: int, month: int, number: int, days: int = 1) -> Period:
    start = datetime(year, month, number, tzinfo=UTC)
    return Period(start, start + timedelta(days=days))


def answer_with(
    graph: GraphServer, name: str, path: str, *, method: str = "GET", nth: int = 1, **changes: Any
) -> None:
    """The ``nth`` request there gets the example's answer; its links lead back to the stand-in."""
    told = example(name)
    text = json.dumps(told.answer).replace(
        f"{GRAPH}/me/", f"{graph.base_url}/users/{ANNA.address}/"
    )
    body = json.loads(text) | changes
    headers = {n: v for n, v in told.answer_headers.items() if n.lower() == "retry-after"}

    def effect(call: Call, proceed: Proceed) -> Answer:
        return Answer(told.status or 200, copy.deepcopy(body), dict(headers))

    graph.faults.add(effect, method=method, path=path, nth=nth)


def busy(connector: GraphConnector, window: Period) -> BusyReading:
    reading = connector.read_busy(mailboxes=[ANNA], window=window, deadline=soon())[ANNA]
    assert isinstance(reading, BusyReading), reading
    return reading


def spans(reading: BusyReading) -> list[str]:
    return [f"{one.period.start:%d %H:%M}-{one.period.end:%H:%M}" for one in reading.intervals]


def test_instances_of_a_series(graph: GraphServer, connector: GraphConnector) -> None:
    answer_with(graph, "calendar-view--event-list-instances-1", VIEW)
    told = busy(connector, day(2019, 4, 1, 30))
    assert told.understood
    assert len(told.intervals) == len(
        example("calendar-view--event-list-instances-1").answer["value"]
    )
    assert {"08 20:30-21:00", "16 20:30-21:00"} <= set(spans(told))


def test_times_in_another_zone(graph: GraphServer, connector: GraphConnector) -> None:
    answer_with(graph, "events--user-list-events-1", VIEW)
    assert spans(busy(connector, day(2017, 4, 21))) == ["21 17:00-19:00"]  # Pacific, summer


@pytest.mark.parametrize(
    "name", ["calendar-view--calendar-list-calendarview-1", "events--calendar-list-events-1"]
)
def test_an_event_that_tells_no_time_is_not_free(
    graph: GraphServer, connector: GraphConnector, name: str
) -> None:
    answer_with(graph, name, VIEW)
    window = day(2017, 1, 1, 6)
    told = connector.read_busy(mailboxes=[ANNA], window=window, deadline=soon())[ANNA]
    assert isinstance(told, ConnectorError) or not told.understood


@pytest.mark.parametrize(
    "name",
    [
        "events--user-post-events-1",
        "events--user-post-events-2",
        "events--user-post-events-3",
        "events--outlook-calendar-online-meetings-2",
        "events--outlook-calendar-online-meetings-4",
        "events--event-get-2",
    ],
)
def test_an_event(graph: GraphServer, connector: GraphConnector, name: str) -> None:
    told = example(name).answer
    answer_with(graph, name, "/events/")
    event = connector.get(mailbox=ANNA, event_id=told["id"], deadline=soon())

    assert (event.ref.id, event.ref.etag) == (told["id"], told["@odata.etag"])
    assert event.subject == told["subject"]
    assert event.period is not None
    pacific = ZoneInfo("America/Los_Angeles")
    zones = {"UTC": UTC, "Pacific Standard Time": pacific}
    wall = datetime.fromisoformat(told["start"]["dateTime"])
    assert event.period.start == wall.replace(tzinfo=zones[told["start"]["timeZone"]])
    link = (told.get("onlineMeeting") or {}).get("joinUrl") or ""
    assert event.meeting_url == link
    assert bool(link) is ("online-meetings" in name)
    assert event.key is None


def test_a_delta_round_over_two_pages(graph: GraphServer, connector: GraphConnector) -> None:
    answer_with(graph, "delta--delta-query-events-1", "/delta")
    answer_with(graph, "delta--delta-query-events-3", "/delta", nth=2)
    told = connector.changes(
        mailbox=ANNA, sync_state=None, known={}, window=day(2016, 12, 1, 29), deadline=soon()
    )
    assert told.sync_state.token.endswith("$deltatoken=R0usmcMDNGg0J1E")
    assert told.listing == frozenset()  # what delta tells is a signal, the view says what is there


def test_a_delta_page_full_of_placeholders(graph: GraphServer, connector: GraphConnector) -> None:
    answer_with(graph, "delta--event-delta-1", "/delta")
    answer_with(graph, "delta--delta-query-events-3", "/delta", nth=2)
    told = connector.changes(
        mailbox=ANNA, sync_state=None, known={}, window=day(2016, 12, 1, 29), deadline=soon()
    )
    assert "deltatoken" in told.sync_state.token


def test_schedules_of_two(graph: GraphServer, connector: GraphConnector) -> None:
    refs = [MailboxRef(f"{name}@contoso.onmicrosoft.com") for name in ("adelev", "meganb")]
    for nth in (1, 2):
        answer_with(
            graph,
            "get-schedule--calendar-getschedule-1",
            "/getSchedule$",
            method="POST",
            nth=nth,
        )
    window = day(2019, 3, 15, 2)
    prints = connector.fingerprints(mailboxes=refs, window=window, deadline=soon())
    readings = connector.read_busy(mailboxes=refs, window=window, deadline=soon())

    assert all(isinstance(one, str) for one in prints.values())
    assert len(set(prints.values())) == 2
    adele, megan = (readings[ref] for ref in refs)
    assert isinstance(adele, BusyReading)
    assert isinstance(megan, BusyReading)
    assert spans(adele) == ["15 19:00-21:00"]
    assert ShowAs.TENTATIVE in {one.show_as for one in megan.intervals}


def test_working_hours_in_a_zone_of_their_own(
    graph: GraphServer, connector: GraphConnector
) -> None:
    """The example's rule (bias -200 minutes) is of no zone on earth: said, not guessed."""
    answer_with(graph, "mailbox-settings--user-update-mailboxsettings-2", "/mailboxSettings")
    with pytest.raises(Exception, match="time zone"):
        connector.working_hours(mailbox=ANNA, deadline=soon())

    hours = copy.deepcopy(example("mailbox-settings--user-get-mailboxsettings-3").answer)
    hours["timeZone"] = {"name": "GTB Standard Time"}
    answer_with(
        graph,
        "mailbox-settings--user-update-mailboxsettings-1",
        "/mailboxSettings",
        workingHours=hours,
    )
    told = connector.working_hours(mailbox=ANNA, deadline=soon())
    assert told is not None
    assert told.zone == "Europe/Athens"
    assert told.hours[0] == (0, time(9), time(18, 30))
    assert [number for number, _, _ in told.hours] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["onlinemeeting-get-1", "onlinemeeting-get-2"])
def test_a_meeting_is_found_and_set(
    graph: GraphServer, connector: GraphConnector, anna: Mailbox, name: str
) -> None:
    told = example(f"online-meetings--{name}").answer["value"][0]
    answer_with(graph, f"online-meetings--{name}", "/onlineMeetings$")
    answer_with(
        graph, "online-meetings--onlinemeeting-update-1", "/onlineMeetings/", method="PATCH"
    )
    connector.secure_meeting(
        mailbox=ANNA, meeting_url="https://teams.microsoft.com/l/meetup-join/x", deadline=soon()
    )
    wanted = f"/users/{anna.object_id}/onlineMeetings/{re.escape(told['id'])}$"
    assert graph.requests.count("PATCH", wanted, status=200) == 1


def test_subscriptions(graph: GraphServer, connector: GraphConnector) -> None:
    with receiving() as product:
        graph.forward_to = product.address
        answer_with(
            graph,
            "subscriptions--subscription-post-subscriptions-1",
            "/subscriptions$",
            method="POST",
        )
        answer_with(
            graph, "subscriptions--subscription-update-1", "/subscriptions/", method="PATCH"
        )
        made = connector.subscribe(
            mailbox=ANNA,
            notification_url=graph.notification_url,
            lifecycle_url=graph.notification_url,
            client_state="x",
            expires_at=datetime.now(UTC) + timedelta(days=1),
            deadline=soon(),
        )
        assert made.id == "7f105c7d-2dc5-4530-97cd-4e7ae6534c07"
        assert made.expires_at == datetime(2016, 11, 20, 18, 23, 45, 935691, UTC)
        renewed = connector.renew(
            subscription_id=made.id, expires_at=datetime.now(UTC), deadline=soon()
        )
        assert renewed.expires_at == datetime(2016, 11, 22, 18, 23, 45, 935691, UTC)

    one = example("subscriptions--subscription-get-1").answer

    def listed(call: Call, proceed: Proceed) -> Answer:
        return Answer(200, {"value": [one]})

    graph.faults.add(listed, method="GET", path="/subscriptions$")
    told = connector.subscriptions(deadline=soon())
    assert [each.id for each in told] == [one["id"]]
    assert told[0].notification_url == one["notificationUrl"]


def test_refusals(graph: GraphServer, connector: GraphConnector, anna: Mailbox) -> None:
    event = anna.put(datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
    answer_with(graph, "errors--auth-limit-mailbox-access-1", "/events/")
    with pytest.raises(NotAuthorised):
        connector.get(mailbox=ANNA, event_id=event, deadline=soon())

    answer_with(graph, "errors--throttling-1", "/events/")
    with pytest.raises(TryLater) as raised:
        connector.get(mailbox=ANNA, event_id=event, deadline=soon())
    assert raised.value.retry_after == 10


def test_a_batch(graph: GraphServer, connector: GraphConnector) -> None:
    told = example("batch--json-batching-1").answer["responses"]
    numbered = [one | {"id": str(number)} for number, one in enumerate(told)]
    answer_with(graph, "batch--json-batching-1", r"\$batch$", method="POST", responses=numbered)
    parts = [batch.Part("GET", "/users")] * len(told)
    answers = batch.send(connector._graph, parts, writing=False, deadline=soon())

    for one, answer in zip(told, answers, strict=True):
        if one["status"] == 403:
            assert isinstance(answer, NotAuthorised)
        elif one["status"] >= 400:
            assert isinstance(answer, ConnectorError)
        else:
            assert answer == one["body"]


def test_what_graph_sends(tmp_path: Path) -> None:
    """Handshake and delivery as the documentation shows them, taken by the product's address."""
    product = calling(tmp_path)
    product.tend()
    shake = example("notifications--change-notifications-delivery-notificationurl-validation-1")
    query = shake.url.partition("?")[2]
    answer = product.client.post(f"/notifications/graph?{query}", headers=shake.headers)
    assert (answer.status_code, answer.text) == (shake.status, shake.answer)
    assert answer.mimetype == shake.answer_headers["Content-Type"]

    told = example("notifications--change-notifications-delivery-webhooks-4")
    first = product.held[0]
    notices = [one | product.memory.notice(first) for one in told.body["value"]]
    assert product.deliver(*notices).status_code == told.status
    assert product.mailbox(first).dirty_at is not None
