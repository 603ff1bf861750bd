"""A repeated POST, and Teams links: documented behaviour and every answer of what is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.graph.calling import MONDAY, Client, time
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.switches import every

TEAMS = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


@pytest.mark.parametrize("answer", every("transaction_repeat"))
def test_a_repeated_post_makes_no_second_event(
    client: Client, graph: GraphServer, answer: str
) -> None:
    graph.switches.transaction_repeat = answer  # type: ignore[assignment]
    first = client.create(transactionId="t-1")
    again = client.create(transactionId="t-1")
    assert first.body["transactionId"] == "t-1"
    assert len(client.box.events()) == 1
    if answer == "same_event":
        assert (again.status, again.body["id"]) == (201, first.body["id"])
    else:
        assert (again.status, again.code) == (409, "ErrorDuplicateTransactionId")


@pytest.mark.parametrize("answer", every("transaction_other_content"))
def test_the_same_transaction_with_other_content(
    client: Client, graph: GraphServer, answer: str
) -> None:
    graph.switches.transaction_other_content = answer  # type: ignore[assignment]
    client.create("first", transactionId="t-1")
    again = client.create("second", transactionId="t-1")
    subjects = {event["subject"] for event in client.box.events()}
    expected = {
        "first_wins": (201, {"first"}),
        "conflict": (409, {"first"}),
        "new_event": (201, {"first", "second"}),
    }
    assert (again.status, subjects) == expected[answer]


@pytest.mark.parametrize("answer", every("transaction_after_delete"))
def test_the_same_transaction_after_its_event_was_deleted(
    client: Client, graph: GraphServer, answer: str
) -> None:
    graph.switches.transaction_after_delete = answer  # type: ignore[assignment]
    first = client.create(transactionId="t-1").body["id"]
    client.send("DELETE", f"/events/{first}")
    again = client.create(transactionId="t-1")
    if answer == "error":
        assert again.status == 409
        return
    assert again.status == 201
    assert (again.body["id"] == first) is (answer == "old_body")
    found = client.get(f"/events/{again.body['id']}").status
    assert found == (404 if answer == "old_body" else 200)


def test_a_transaction_can_be_forgotten_after_a_time(client: Client, graph: GraphServer) -> None:
    graph.switches.transaction_memory = timedelta(hours=1)
    client.create(transactionId="t-1")
    graph.clock.advance(timedelta(hours=2))
    client.create(transactionId="t-1")
    assert len(client.box.events()) == 2


def test_a_teams_event_has_a_link_and_cannot_be_switched_off(client: Client) -> None:
    event = client.create(**TEAMS).body
    link = event["onlineMeeting"]["joinUrl"]
    assert link.startswith("https://teams.microsoft.com/l/meetup-join/")
    assert (event["isOnlineMeeting"], event["onlineMeetingUrl"]) == (True, None)
    off = {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown", "subject": "Άλλο"}
    changed = client.send("PATCH", f"/events/{event['id']}", off).body
    assert (changed["subject"], changed["isOnlineMeeting"]) == ("Άλλο", True)
    later = {"start": time(MONDAY + timedelta(days=1)), "end": time(MONDAY + timedelta(days=2))}
    moved = client.send("PATCH", f"/events/{event['id']}", later).body
    assert moved["onlineMeeting"]["joinUrl"] == link


def test_a_new_body_without_the_meeting_kills_the_link(client: Client, graph: GraphServer) -> None:
    event = client.create(**TEAMS).body
    path = f"/events/{event['id']}"
    kept = event["body"]["content"].replace("<body>", "<body>Νέο")
    body = {"contentType": "html", "content": kept}
    assert client.send("PATCH", path, {"body": body}).body["isOnlineMeeting"] is True
    body = {"contentType": "html", "content": "Νέο"}
    changed = client.send("PATCH", path, {"body": body}).body
    assert (changed["isOnlineMeeting"], changed["onlineMeeting"]) == (False, None)
    assert changed["onlineMeetingProvider"] == "unknown"
    assert graph.world.meetings == {}


def test_an_event_can_become_a_teams_meeting(client: Client) -> None:
    event = client.create().body
    assert (event["isOnlineMeeting"], event["onlineMeeting"]) == (False, None)
    changed = client.send("PATCH", f"/events/{event['id']}", TEAMS).body
    assert changed["onlineMeeting"]["joinUrl"] in changed["body"]["content"]


def test_a_mailbox_without_a_licence_gets_no_link(client: Client, graph: GraphServer) -> None:
    graph.mailbox("anna@kavala.example").teams = False
    event = client.create(**TEAMS)
    assert (event.status, event.body["isOnlineMeeting"]) == (201, False)
    assert event.body["onlineMeetingProvider"] == "unknown"
    assert client.get("/calendar").body["allowedOnlineMeetingProviders"] == []


@pytest.mark.parametrize("answer", every("teams_link"))
def test_a_link_may_come_later_or_never(client: Client, graph: GraphServer, answer: str) -> None:
    graph.switches.teams_link = answer  # type: ignore[assignment]
    event = client.create(**TEAMS).body
    read = client.get(f"/events/{event['id']}").body
    seen = [event["onlineMeeting"] is not None, read["onlineMeeting"] is not None]
    assert (
        seen == {"at_once": [True, True], "later": [False, True], "never": [False, False]}[answer]
    )


def test_a_transaction_is_one_mailboxs_own(client: Client, graph: GraphServer) -> None:
    client.create(transactionId="t-1")
    other = Client(graph, graph.add_mailbox("bill@kavala.example"))
    assert other.create(transactionId="t-1").status == 201
    assert len(other.box.events()) == 1
    other.close()


def test_the_transaction_cannot_be_changed(client: Client, anna: Mailbox) -> None:
    event = client.create(transactionId="t-1").body
    reply = client.send("PATCH", f"/events/{event['id']}", {"transactionId": "t-2"})
    assert reply.status == 400
    assert anna.events()[0]["transactionId"] == "t-1"


def test_many_at_once_with_one_transaction_make_one_event(
    client: Client, graph: GraphServer
) -> None:
    graph.throttle.at_once_per_mailbox = None
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: client.create(transactionId="t-1"), range(16)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert len(client.box.events()) == 1
