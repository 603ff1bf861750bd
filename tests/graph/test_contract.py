"""Whoever departs from Microsoft's contract is named: the client, or the stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from tests.graph.calling import MONDAY, Client
from tests.servers.graph import graph_server
from tests.servers.graph.call import Answer, Call
from tests.servers.graph.contract import Judge, OpenApiJudge, contract_file
from tests.servers.graph.contract_models import ModelJudge
from tests.servers.graph.deliveries import Delivery

USER = "/users/anna@kavala.example"
VIEW = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-02-01T00:00:00Z"


@pytest.fixture(scope="module")
def by_subset() -> Judge:
    path = contract_file()
    assert path is not None
    return OpenApiJudge(path)


def call(method: str, path: str, body: Any = None, query: str = "") -> Call:
    headers = Headers({"Content-Type": "application/json"})
    content = b"" if body is None else json.dumps(body).encode()
    return Call(method, path, query, headers, content)


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (call("POST", f"{USER}/events", {"showAs": "occupied"}), "occupied"),
        (call("POST", f"{USER}/events", {"isOnlineMeting": True}), "isOnlineMeting"),
        (call("POST", f"{USER}/events", {"start": "2026-01-01"}), "start"),
        (call("POST", f"{USER}/event", {}), "Path not found"),
        (call("PUT", f"{USER}/events", {}), "Operation put not found"),
        (call("GET", f"{USER}/calendarView"), "startDateTime"),
        (call("GET", f"{USER}/calendarView", query=f"{VIEW}&%24selct=id"), "$selct"),
        (call("GET", f"{USER}/calendarView/delta", query=f"{VIEW}&$select=id"), "not supported"),
        (call("POST", "/$batch", {"requests": [{"id": "1"}]}), "method"),
    ],
)
def test_requests_that_depart(by_subset: Judge, sent: Call, words: str) -> None:
    assert any(words in why for why in by_subset.request(sent))


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("sent", "answer", "words"),
    [
        (call("POST", f"{USER}/events"), Answer(200, {"id": "1"}), "200"),
        (call("POST", f"{USER}/events"), Answer(201, {"colour": "red"}), "colour"),
        (call("GET", f"{USER}/events"), Answer(200, {"value": [{"showAs": "x"}]}), "showAs"),
        (call("GET", f"{USER}/events"), Answer(404, {"message": "x"}), "error"),
        (call("DELETE", f"{USER}/events/1"), Answer(204, {"id": "1"}), "without content"),
    ],
)
def test_answers_that_depart(by_subset: Judge, sent: Call, answer: Answer, words: str) -> None:
    assert any(words in why for why in by_subset.answer(sent, answer))


@pytest.mark.needs_shared
def test_what_keeps_to_it(by_subset: Judge) -> None:
    sent = call("GET", f"{USER}/calendarView", query=f"{VIEW}&%24top=50")
    assert not list(by_subset.request(sent))
    assert not list(by_subset.answer(sent, Answer(200, {"value": []})))


@pytest.mark.needs_shared
def test_notifications_are_judged_too(by_subset: Judge) -> None:
    good = {"subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07", "changeType": "updated"}
    for notification, departs in [(good, False), (good | {"colour": "red"}, True)]:
        sent = Delivery(MONDAY, "https://localhost/", "change", 202, 0.1, (notification,))
        assert bool(list(by_subset.notification(sent))) is departs


def test_without_the_subset_the_sdk_s_models_judge() -> None:
    judge = ModelJudge()
    sent = call("POST", f"{USER}/events", {"isOnlineMeting": True, "start": {"when": "now"}})
    assert list(judge.request(sent)) == [
        "Event: the property isOnlineMeting is unknown",
        "Event.start: the property when is unknown",
    ]
    assert not list(judge.request(sent))  # one request of each operation
    told = {"value": [{"@odata.etag": "x", "location": {"floor": 1}}]}
    assert list(judge.answer(call("GET", f"{USER}/events"), Answer(200, told))) == [
        "EventCollectionResponse.value.location: the property floor is unknown"
    ]
    assert not list(judge.answer(call("GET", USER), Answer(404, {"error": {"code": "x"}})))


def test_a_stand_in_collects_what_departs(tmp_path: Path) -> None:
    with graph_server(tmp_path, contract=True) as graph:
        client = Client(graph, graph.add_mailbox("anna@kavala.example"))
        made = client.create()
        assert (made.status, graph.violations) == (201, [])
        path = f"/events/{made.body['id']}"
        assert client.send("PATCH", path, {"colour": "red"}).status == 400
        (one,) = graph.violations
        assert (one.side, one.what) == ("request", f"PATCH {USER}{path}")
        assert "colour" in one.why
        client.close()
