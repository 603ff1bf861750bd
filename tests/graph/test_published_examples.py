"""What Microsoft's documentation sends is accepted by the stand-in, with the answer it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from tests.graph.calling import MONDAY, Client
from tests.graph.published import EXAMPLES, GRAPH, Example, needs_examples
from tests.graph.receiver import receiving
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox

pytestmark = needs_examples

#: What the stand-in does not do, and why.
DEPARTURES = {
    "bookings--bookingbusiness-getstaffavailability-1": "no Microsoft Bookings here",
    "bookings--bookingbusiness-list-calendarview-1": "no Microsoft Bookings here",
    "bookings--bookingbusiness-post-appointments-1": "no Microsoft Bookings here",
    "extended-properties--singlevaluelegacyextendedproperty-get-1": "no messages here",
    "delta--delta-query-events-3": "its token is opaque, and of another server",
}
OURS = [one for one in EXAMPLES.values() if one.sent_by_us and one.name not in DEPARTURES]


@pytest.fixture
def town(graph: GraphServer, client: Client) -> Iterator[Client]:
    """Everything that the examples speak of is there."""
    graph.meetings.granted = True
    for name in ("adelev", "meganb"):
        graph.add_mailbox(f"{name}@contoso.onmicrosoft.com")
    with receiving() as product:
        graph.forward_to = product.address
        yield client


@pytest.mark.parametrize("example", OURS, ids=lambda one: one.name)
def test_it_is_accepted(town: Client, example: Example, anna: Mailbox) -> None:
    graph, body = town.graph, example.body
    if example.operation.endswith("/subscriptions") and body:
        until = datetime.fromisoformat(body["expirationDateTime"])
        graph.clock.set(until - timedelta(days=1))
        body = _for_us(graph, body, anna)
    if example.operation.endswith("{subscription-id}"):
        graph.clock.set(_before(body))
    url = _fitted(town, example, anna)

    answer = town.send(example.method, url, body, prefer="", headers=example.headers)
    assert answer.status == (example.status or 201), answer.body
    if isinstance(example.answer, dict) and isinstance(answer.body, dict):
        assert _kinds(example.answer).keys() & _kinds(answer.body).keys() or not example.answer
        told = _kinds(answer.body)
        for name, kind in _kinds(example.answer).items():
            assert told.get(name, kind) == kind or None in (told[name], kind), name


def test_departures_are_examples_that_exist() -> None:
    assert set(DEPARTURES) <= set(EXAMPLES)
    assert len(OURS) >= 30


def _kinds(body: dict[str, Any]) -> dict[str, type | None]:
    return {
        name: None if value is None else type(value)
        for name, value in body.items()
        if "@" not in name
    }


def _fitted(client: Client, example: Example, anna: Mailbox) -> str:
    """The example's address with names of things that are here."""
    graph, user = client.graph, f"/users/{anna.object_id}"
    url = example.url.replace(GRAPH, graph.base_url).replace("/me/", f"{user}/")
    url = url.replace("/users/{id}", user).replace("{id | userPrincipalName}", anna.object_id)
    url = url.replace("{start_datetime}", "2016-12-01").replace("{end_datetime}", "2016-12-30")
    if "/events/" in url:
        old = url.split("/events/")[1].split("/")[0].split("?")[0]
        if "instances" in url:
            start = datetime(2019, 4, 8, 20, 30, tzinfo=UTC)
            new = anna.put_series(start, start + timedelta(minutes=30), 3)
        else:
            new = anna.put(MONDAY, MONDAY + timedelta(hours=1))
        url = url.replace(old, new)
    if "/onlineMeetings/" in url:
        made = client.send("POST", f"{graph.base_url}{user}/onlineMeetings", {}).body
        url = url.replace("MSpkYzE3Njc0Yy04MWQ5LTRhZGItYmZi", made["id"])
    if "JoinWebUrl" in url:
        url = url.replace("dc17674c-81d9-4adb-bfb2-8f6a442e4622/", f"{anna.object_id}/", 1)
        _meet(client, anna, unquote(unquote(url).split("'")[1]))
    if "/subscriptions/" in url:
        body = {
            "changeType": "created,updated",
            "notificationUrl": graph.notification_url,
            "resource": f"users/{anna.object_id}/events",
            "expirationDateTime": (graph.clock.now() + timedelta(hours=1)).isoformat(),
        }
        made = client.send("POST", f"{graph.base_url}/subscriptions", body).body
        url = url.replace("{id}", made["id"])
    return url


def _meet(client: Client, anna: Mailbox, join_url: str) -> None:
    """A meeting with this very link."""
    online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    own = client.create(**online).body["onlineMeeting"]["joinUrl"]
    meetings = anna.world.meetings
    meetings[join_url] = meetings.pop(own) | {"joinUrl": join_url}


def _for_us(graph: GraphServer, body: dict[str, Any], anna: Mailbox) -> dict[str, Any]:
    """Nobody shakes hands at the documentation's address, and an application has no /me."""
    text = json.dumps(body).replace("me/mailFolders", f"users/{anna.object_id}/mailFolders")
    told: dict[str, Any] = json.loads(text.replace("{id}", anna.object_id))
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        if name in told:
            told[name] = graph.notification_url
    return told


def _before(body: dict[str, Any] | None) -> datetime:
    told = (body or {}).get("expirationDateTime", "2016-11-22T18:23:45.9356913Z")
    return datetime.fromisoformat(told) - timedelta(days=1)
