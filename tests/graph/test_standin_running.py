"""The stand-in as a server: its handle, its log, its clock, its memory, started by hand."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.graph.calling import MONDAY, Client
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.call import Answer, Call, Dropped
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import Change, Proceed
from tests.servers.process import running
from tests.waiting import free_port, wait_until

HOUR = timedelta(hours=1)


def test_a_connection_has_all_that_a_connector_needs(graph: GraphServer) -> None:
    connection = graph.connection(secret=graph.certificate_pem, options={"meeting_options": "yes"})
    assert connection.provider == "graph"
    assert connection.url == graph.base_url
    assert set(connection.options) == {
        "tenant",
        "authority",
        "ca_file",
        "disable_instance_discovery",
        "meeting_options",
    }
    assert "PRIVATE KEY" in connection.secret
    assert "PRIVATE KEY" not in repr(connection)


def test_nobody_is_let_in_without_a_token(graph: GraphServer, anna: Mailbox) -> None:
    url = f"{graph.base_url}/users/{anna.address}/events"
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        answer = httpx.get(url, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_requests_are_counted(client: Client, graph: GraphServer) -> None:
    client.create()
    client.get("/events", headers={"client-request-id": "c-1"})
    reply = client.get("/events/garbage", headers={"client-request-id": "c-2"})
    assert reply.headers["client-request-id"] == "c-2"
    assert reply.body["error"]["innerError"]["client-request-id"] == "c-2"
    assert graph.requests.count() == 3
    assert graph.requests.count("GET", r"/events$") == 1
    assert graph.requests.count(path="anna@kavala", status=400) == 1
    graph.requests.clear()
    assert len(graph.requests) == 0


def test_the_clock_stamps_what_is_written(client: Client, graph: GraphServer) -> None:
    graph.clock.set(MONDAY)
    event = client.create().body
    assert event["createdDateTime"] == "2026-11-23T08:00:00.0000000Z"
    graph.clock.advance(HOUR)
    changed = client.send("PATCH", f"/events/{event['id']}", {"subject": "Άλλο"}).body
    assert changed["lastModifiedDateTime"] == "2026-11-23T09:00:00.0000000Z"


def test_listeners_hear_of_each_change(client: Client, graph: GraphServer, anna: Mailbox) -> None:
    heard: list[Change] = []
    graph.world.on_change(heard.append)
    event = client.create().body["id"]
    anna.set_categories(event, ["red"])
    client.send("DELETE", f"/events/{event}")
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    anna.remove_occurrence(master, 1)
    assert [(one.kind, one.event_id) for one in heard] == [
        ("created", event),
        ("updated", event),
        ("deleted", event),
        ("created", master),
        ("updated", master),
    ]
    assert heard[0].mailbox is anna
    assert heard[0].plain_id != event
    assert heard[0].change_key != heard[1].change_key


def test_a_middleware_may_hang_up_or_cut_an_answer(client: Client, graph: GraphServer) -> None:
    def rude(call: Call, proceed: Proceed) -> Answer:
        answer = proceed(call)
        if call.method == "POST":
            raise Dropped
        if call.path.endswith("/events"):
            answer.cut_at = 20
        return answer

    graph.world.use(rude, order=20)
    with pytest.raises(httpx.RemoteProtocolError):
        client.create()
    assert len(client.box.events()) == 1
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/events")
    assert graph.requests.count("POST", status=0) == 1


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with graph_server(tmp_path) as graph:
        anna = graph.add_mailbox("anna@kavala.example", teams=False)
        anna.put(MONDAY, MONDAY + HOUR, subject="kept")
        master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
        anna.remove_occurrence(master, 1)
        client = Client(graph, anna)
        window = {
            "startDateTime": (MONDAY - HOUR).isoformat(),
            "endDateTime": (MONDAY + timedelta(days=30)).isoformat(),
        }
        token = client.get("/calendarView/delta", **window).body["@odata.deltaLink"].split("?")[1]
        client.create("by transaction", transactionId="t-1")
        before = anna.events()
        client.close()
    with graph_server(tmp_path) as graph:
        anna = graph.mailbox("anna@kavala.example")
        assert (anna.events(), anna.teams) == (before, False)
        client = Client(graph, anna)
        told = client.get(f"{graph.base_url}{client.user}/calendarView/delta?{token}")
        assert told.subjects == ["by transaction"]
        client.create("by transaction", transactionId="t-1")
        assert len(anna.events()) == 3
        client.close()


def test_started_by_hand_it_says_how_to_connect(tmp_path: Path) -> None:
    port, tls_port, info = free_port(), free_port(), tmp_path / "info.json"
    command = [sys.executable, "-m", "tests.servers.graph", "--directory", str(tmp_path / "graph")]
    command += ["--port", str(port), "--tls-port", str(tls_port), "--info", str(info)]
    command += ["--mailbox", "anna@kavala.example=Άννα Παππά"]
    with running(command, port=port, log=tmp_path / "log"):
        wait_until(info.exists)
        told = json.loads(info.read_text())
        assert told["base_url"] == f"http://127.0.0.1:{port}/v1.0"
        assert told["authority"] == f"https://localhost:{tls_port}"
        assert told["mailboxes"] == ["anna@kavala.example"]
        assert Path(told["ca_file"]).is_file()
    kept = json.loads((tmp_path / "graph" / "graph.json").read_text("utf-8"))
    assert [box["name"] for box in kept["mailboxes"]] == ["Άννα Παππά"]
