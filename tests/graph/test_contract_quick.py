"""The quick judge never passes what openapi-core objects to, and passes what is plainly right."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.graph.calling import MONDAY, Client
from tests.servers.graph import graph_server
from tests.servers.graph.call import Answer, Call
from tests.servers.graph.contract import OpenApiJudge, contract_file
from tests.servers.graph.deliveries import Delivery
from tests.servers.graph.world import Proceed

pytestmark = pytest.mark.needs_shared

Seen = list[tuple[Call, Answer]]

#: What a program at fault might write in place of a value.
ODD = (
    None,
    "",
    "x",
    -1,
    3.5,
    True,
    [],
    {},
    [{}],
    {"colour": "red"},
    "2026-13-45T99:00:00Z",
    10**12,
)
WINDOW = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2027-02-01T00:00:00Z"
ODD_QUERIES = (
    "$top=-1", "$top=many", "$top=", "$top=5&$top=6", "$count=perhaps", "$count=true",
    "$select=id,subject", "$select=id,colour", "$select=id, subject", "$select=", "$orderby=x",
    "startDateTime=2026-01-01T00:00:00Z", "startDateTime=soon&endDateTime=2027-02-01T00:00:00Z",
    WINDOW, f"{WINDOW}&$top=7.5", f"{WINDOW}%0A", f"{WINDOW}&$skip=00",
)  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> OpenApiJudge:
    path = contract_file()
    assert path is not None
    return OpenApiJudge(path)


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Some of what the stand-in is asked in an ordinary day."""
    seen: Seen = []

    def watch(call: Call, proceed: Proceed) -> Answer:
        answer = proceed(call)
        if call.base == "/v1.0":
            seen.append((call, answer))
        return answer

    with graph_server(tmp_path_factory.mktemp("graph")) as graph:
        graph.world.use(watch, order=36)
        client = Client(graph, graph.add_mailbox("anna@kavala.example"))
        for _ in range(3):
            event = f"/events/{client.create().body['id']}"
            client.send("PATCH", event, {"subject": "Σύσκεψη", "showAs": "tentative"})
            client.send("GET", event)
        client.send("GET", "/events?$top=2&$select=id,subject,start,end")
        client.send("GET", f"/calendarView?{WINDOW}")
        client.send("GET", f"/calendarView/delta?{WINDOW}")
        client.send("GET", "/calendars")
        client.send("DELETE", event)
        client.close()
    return seen


def test_ordinary_traffic_is_passed_at_once(judge: OpenApiJudge, traffic: Seen) -> None:
    assert len(traffic) >= 14
    for call, answer in traffic:
        assert judge.quick.request(call), (call.method, call.path)
        assert judge.quick.answer(call, answer), (call.method, call.path)


@pytest.mark.parametrize("seed", range(4))
def test_what_it_passes_openapi_core_passes(judge: OpenApiJudge, traffic: Seen, seed: int) -> None:
    chance, passed, refused = random.Random(seed), 0, 0
    for call, answer in traffic:
        for broken in spoilt(answer.body, chance):
            other = replace(answer, body=broken)
            if judge.quick.answer(call, other):
                passed += 1
                assert not list(judge.slow.answer(call, other)), (seed, call, broken)
            else:
                refused += 1
        for broken in spoilt(json.loads(call.body) if call.body else None, chance):
            sent = replace(call, body=json.dumps(broken).encode())
            if judge.quick.request(sent):
                passed += 1
                assert not list(judge.slow.request(sent)), (seed, call, broken)
            else:
                refused += 1
    assert passed > 5
    assert refused > 40


def spoilt(body: Any, chance: random.Random, times: int = 4) -> Iterator[Any]:
    """The body with one value replaced, left out or added, anywhere in it."""
    for _ in range(times if isinstance(body, dict) else 0):
        whole = copy.deepcopy(body)
        place = whole
        while True:
            name = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
            inner = place[name]
            if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
                place = inner
                continue
            break
        what = chance.random()
        if what < 0.15:
            del place[name]
        elif what < 0.3 and isinstance(place, dict):
            place["colour"] = "red"
        else:
            place[name] = chance.choice(ODD)
        yield whole


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_queries_that_it_passes_openapi_core_passes(judge: OpenApiJudge, query: str) -> None:
    verdicts = set()
    for path in ("calendarView", "calendarView/delta", "events", "Events", "event", "events//x"):
        call = Call("GET", f"/users/anna@kavala.example/{path}", query.replace(" ", "%20"))
        right = not list(judge.slow.request(call))
        assert right or not judge.quick.request(call), path
        verdicts.add(right)
    assert False in verdicts


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8", "", "text/html"])
def test_other_content_is_left_to_openapi_core(judge: OpenApiJudge, kind: str) -> None:
    path = "/users/anna@kavala.example/events"
    answered = Answer(200, b'{"value": []}', {"Content-Type": kind})
    right = not list(judge.slow.answer(Call("GET", path), answered))
    assert judge.quick.answer(Call("GET", path), answered) is right is ("json" in kind)


def test_statuses_that_nobody_documents_are_left_to_openapi_core(judge: OpenApiJudge) -> None:
    call = Call("POST", "/users/anna@kavala.example/events")
    for answer in (Answer(200, {"id": "1"}), Answer(204), Answer(302), Answer(429, {"error": {}})):
        assert not judge.quick.answer(call, answer)
        assert list(judge.slow.answer(call, answer)), answer.status


@pytest.mark.parametrize("told", ["5", "-5", "soon", "", None])
@pytest.mark.parametrize("status", [429, 503, 500])
def test_retry_after_is_looked_at(judge: OpenApiJudge, status: int, told: str | None) -> None:
    call = Call("POST", "/users/anna@kavala.example/events")
    body = {"error": {"code": "x", "message": "y"}}
    answer = Answer(status, body, {} if told is None else {"Retry-After": told})
    if judge.quick.answer(call, answer):
        assert not list(judge.slow.answer(call, answer))
    else:
        assert told != "5"


def test_notifications_are_passed_by_both(judge: OpenApiJudge) -> None:
    good = {"subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07", "changeType": "updated"}
    for odd in ({}, {"colour": "red"}, {"changeType": "x"}, {"subscriptionId": 1}):
        sent = Delivery(MONDAY, "https://localhost/", "change", 202, 0.1, (good | odd,))
        right = not list(judge.slow.notification(sent))
        assert judge.quick.notification(sent) is right is (not odd)
