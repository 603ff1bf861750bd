"""Subscriptions of the stand-in: handshake, life, notifications, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.graph.calling import MONDAY, Client, Reply
from tests.graph.receiver import Receiver, receiving
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.mailbox import Mailbox

LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def product(graph: GraphServer) -> Iterator[Receiver]:
    graph.clock.set(MONDAY)
    graph.subscriptions.deliveries.first_pause = 0.01
    with receiving() as receiver:
        graph.forward_to = receiver.address
        yield receiver


def wish(graph: GraphServer, **changes: Any) -> dict[str, Any]:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": graph.notification_url,
        "lifecycleNotificationUrl": f"{graph.notification_url}/lifecycle",
        "resource": "/users/anna@kavala.example/events",
        "expirationDateTime": (graph.clock.now() + timedelta(days=2)).isoformat(),
        "clientState": "secret",
    } | changes


def subscribe(client: Client, **changes: Any) -> Reply:
    url = f"{client.graph.base_url}/subscriptions"
    return client.send("POST", url, wish(client.graph, **changes))


def on(client: Client, reply: Reply, method: str, body: Any = None, more: str = "") -> Reply:
    url = f"{client.graph.base_url}/subscriptions/{reply.body['id']}{more}"
    return client.send(method, url, body)


def test_both_addresses_shake_hands_before_the_answer(client: Client, product: Receiver) -> None:
    made = subscribe(client)

    assert made.status == 201
    assert product.handshakes == ["/notifications/graph", "/notifications/graph/lifecycle"]
    assert made.body["clientState"] == "secret"
    assert made.body["expirationDateTime"].startswith("2026-11-25T08:00:00")
    assert on(client, made, "GET").body["id"] == made.body["id"]
    listed = client.get(f"{client.graph.base_url}/subscriptions").value
    assert [one["id"] for one in listed] == [made.body["id"]]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shakes": False}, "exactly match"),
        ({"content_type": "text/html"}, "text/plain"),
        ({"port": 1}, "HTTP status code is '502'"),
    ],
)
def test_whoever_does_not_shake_hands_is_not_called(
    client: Client, product: Receiver, wrong: dict[str, Any], words: str
) -> None:
    for name, value in wrong.items():
        setattr(product, name, value)
    client.graph.forward_to = product.address

    refused = subscribe(client)
    assert (refused.status, refused.code) == (400, "ValidationError")
    assert words in refused.body["error"]["message"]
    assert not client.graph.subscriptions.live()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"notificationUrl": "http://127.0.0.1:1/"}, 400),
        ({"lifecycleNotificationUrl": "http://127.0.0.1:1/"}, 400),
        ({"changeType": "moved"}, 400),
        ({"resource": "/users/anna@kavala.example/"}, 400),
        ({"resource": "/users/nobody@kavala.example/events"}, 404),
        ({"clientState": "x" * 129}, 400),
        ({"expirationDateTime": "2020-01-01T00:00:00Z"}, 400),
        ({"expirationDateTime": None}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_wishes_that_are_refused(
    client: Client, product: Receiver, change: dict[str, Any], status: int
) -> None:
    assert subscribe(client, **change).status == status
    assert not product.handshakes


def test_life_is_limited_on_both_sides(client: Client, product: Receiver) -> None:
    def until(**ahead: int) -> str:
        return (MONDAY + timedelta(**ahead)).isoformat()

    too_long = subscribe(client, expirationDateTime=until(minutes=10_071))
    assert (too_long.status, too_long.code) == (400, "ExtensionError")
    short = subscribe(client, expirationDateTime=until(minutes=5))
    assert short.body["expirationDateTime"].startswith("2026-11-23T08:45:00")

    renewed = on(client, short, "PATCH", {"expirationDateTime": until(days=3)})
    assert renewed.body["expirationDateTime"].startswith("2026-11-26T08:00:00")
    client.graph.clock.advance(timedelta(days=3))
    assert on(client, short, "GET").status == 404
    assert on(client, short, "PATCH", {"expirationDateTime": until(days=5)}).status == 404


def test_what_an_employee_does_is_told(client: Client, product: Receiver, anna: Mailbox) -> None:
    made = subscribe(client)
    event = anna.put(MONDAY, LATER)
    client.graph.flush_notifications()
    assert product.kinds == ["created", "updated"]  # one action, several notifications
    assert len(product.posts) == 1

    anna.move(event, LATER, LATER + timedelta(hours=1))
    anna.remove(event)
    client.graph.flush_notifications()
    assert product.kinds[2:] == ["updated", "updated", "deleted"]
    last = product.received[-1]
    assert last["subscriptionId"] == made.body["id"]
    assert (last["clientState"], last["tenantId"]) == ("secret", client.graph.tenant)
    assert last["resourceData"]["id"] == event
    assert last["resource"] == f"Users/{anna.object_id}/Events/{event}"


def test_our_own_writes_and_only_this_mailbox(client: Client, product: Receiver) -> None:
    subscribe(client, changeType="updated")
    other = client.graph.add_mailbox("nikos@kavala.example")
    other.put(MONDAY, LATER)
    client.create()
    client.graph.flush_notifications()

    assert product.kinds == ["updated"]
    assert "nikos" not in str(product.received)


def test_ids_come_in_the_form_of_the_subscription(
    client: Client, product: Receiver, anna: Mailbox
) -> None:
    body = wish(client.graph)
    client.send("POST", f"{client.graph.base_url}/subscriptions", body, prefer="")
    event = anna.put(MONDAY, LATER)
    client.graph.flush_notifications()

    assert event not in {one["resourceData"]["id"] for one in product.received}


def test_a_delivery_is_repeated_until_it_is_accepted(
    client: Client, product: Receiver, anna: Mailbox
) -> None:
    subscribe(client)
    product.statuses = [503, 500, 404]
    anna.put(MONDAY, LATER)
    client.graph.flush_notifications()

    sent = [one for one in client.graph.deliveries if one.kind == "change"]
    assert [one.status for one in sent] == [503, 500, 404, 202]
    assert product.kinds == ["created", "updated"]
    assert all(one.at == MONDAY and one.seconds < 30 for one in sent)


def test_notifications_get_lost_doubled_and_late(
    client: Client, product: Receiver, anna: Mailbox
) -> None:
    deliveries = client.graph.subscriptions.deliveries
    subscribe(client)
    deliveries.faults.lost = 1.0
    anna.put(MONDAY, LATER)
    client.graph.flush_notifications()
    assert not product.received

    deliveries.faults.lost, deliveries.faults.duplicated = 0.0, 1.0
    event = anna.put(MONDAY, LATER)
    client.graph.flush_notifications()
    assert product.kinds == ["created", "created", "updated", "updated"]

    deliveries.faults.duplicated = 0.0
    deliveries.hold()
    anna.remove(event)
    assert deliveries.waiting == 1
    assert len(product.received) == 4
    deliveries.release()
    client.graph.flush_notifications()
    assert product.kinds[4:] == ["deleted"]


def test_order_is_not_promised(client: Client, product: Receiver, anna: Mailbox) -> None:
    deliveries = client.graph.subscriptions.deliveries
    subscribe(client)
    deliveries.per_post = 1
    deliveries.faults.shuffled = True
    deliveries.hold()
    events = [anna.put(MONDAY, LATER) for _ in range(8)]
    deliveries.release()
    client.graph.flush_notifications()

    order = [post[0]["resourceData"]["id"] for post in product.posts]
    assert order != events
    assert sorted(order) == sorted(events)


def test_lifecycle(client: Client, product: Receiver, anna: Mailbox) -> None:
    subscriptions = client.graph.subscriptions
    made = subscribe(client)
    subscriptions.reauthorization_required()
    anna.put(MONDAY, LATER)
    client.graph.flush_notifications()
    assert [one["lifecycleEvent"] for one in product.received] == ["reauthorizationRequired"]

    assert on(client, made, "POST", more="/reauthorize").status == 204
    anna.put(MONDAY, LATER)
    subscriptions.missed(made.body["id"])
    subscriptions.remove(made.body["id"])
    client.graph.flush_notifications()
    told = [one.get("lifecycleEvent") for one in product.received[1:]]
    assert told == [None, None, "missed", "subscriptionRemoved"]
    assert product.received[-1]["clientState"] == "secret"
    assert on(client, made, "GET").status == 404


def test_ended_ones_are_silent(client: Client, product: Receiver, anna: Mailbox) -> None:
    made = subscribe(client)
    assert on(client, made, "DELETE").status == 204
    assert on(client, made, "DELETE").status == 404
    anna.put(MONDAY, LATER)
    client.graph.flush_notifications()
    assert not product.received


def test_a_second_one_for_the_same_is_accepted_or_not(client: Client, product: Receiver) -> None:
    subscribe(client)
    assert subscribe(client).status == 201
    client.graph.subscriptions.duplicates = "conflict"
    assert subscribe(client).status == 409


def test_they_survive_a_restart(tmp_path: Path) -> None:
    with receiving() as product:
        with graph_server(tmp_path, forward_to=product.address) as graph:
            client = Client(graph, graph.add_mailbox("anna@kavala.example"))
            made = subscribe(client, lifecycleNotificationUrl=None)
            client.close()
        with graph_server(tmp_path) as graph:
            kept = graph.subscriptions.live()
            assert [one.id for one in kept] == [made.body["id"]]
            assert kept[0].expiry > datetime.now(tz=kept[0].expiry.tzinfo)
