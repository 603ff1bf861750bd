"""What goes wrong on purpose, and Microsoft's limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from tests.graph.calling import MONDAY, Client
from tests.servers.graph import GraphServer
from tests.servers.graph.faults import (
    Effect,
    created_but,
    cut,
    gone,
    half_page,
    late_link,
    refused,
    reset,
    spurious_removed,
    waits_for,
    without_link,
)
from tests.servers.graph.mailbox import Mailbox
from tests.waiting import wait_until

LATER = MONDAY + timedelta(hours=1)
ONLINE = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


@pytest.mark.parametrize("status", [503, 504, 500])
def test_an_error_may_hide_an_event_that_was_created(
    graph: GraphServer, client: Client, anna: Mailbox, status: int
) -> None:
    graph.faults.add(created_but(status), method="POST", path="/events$")

    assert client.create("hidden").status == status
    assert client.create("seen").status == 201
    assert [one["subject"] for one in anna.events()] == ["hidden", "seen"]
    assert graph.requests.count("POST", "/events$", status=status) == 1


def test_a_refusal_has_no_effect(graph: GraphServer, client: Client, anna: Mailbox) -> None:
    graph.faults.add(refused(503, retry_after=7), method="POST")

    answer = client.create()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert not anna.events()


@pytest.mark.parametrize("after", [True, False])
def test_a_connection_may_end_before_and_after(
    graph: GraphServer, client: Client, anna: Mailbox, after: bool
) -> None:
    graph.faults.add(reset(after=after), method="POST", path="/events$")

    with pytest.raises(httpx.TransportError):
        client.create()
    assert len(anna.events()) == (1 if after else 0)
    assert graph.requests.count("POST", status=0) == 1


def test_an_answer_may_be_cut(graph: GraphServer, client: Client) -> None:
    graph.faults.add(cut(), method="POST", path="/events$")

    with pytest.raises(httpx.RemoteProtocolError):
        client.create()


def test_an_answer_may_wait(graph: GraphServer, client: Client, anna: Mailbox) -> None:
    gate = threading.Event()
    graph.faults.add(waits_for(gate), method="POST")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.create)
        wait_until(anna.events)
        assert not waiting.done()
        gate.set()
        assert waiting.result(10).status == 201


def test_which_requests_are_hit(graph: GraphServer, client: Client) -> None:
    def statuses(count: int) -> list[int]:
        return [client.get("/events").status for _ in range(count)]

    rule = graph.faults.add(refused(500), path="/events", nth=2)
    assert statuses(3) == [200, 500, 200]
    assert (rule.met, rule.fired) == (2, 1)
    graph.faults.clear()

    graph.faults.add(refused(500), times=2)
    assert statuses(3) == [500, 500, 200]
    graph.faults.clear()

    rule = graph.faults.add(refused(500), times=None)
    assert statuses(3) == [500, 500, 500]
    rule.end()
    assert statuses(1) == [200]

    graph.faults.add(refused(500), times=None, probability=0.5, seed=3)
    first = statuses(12)
    graph.faults.clear()
    graph.faults.add(refused(500), times=None, probability=0.5, seed=3)
    assert set(first) == {200, 500}
    assert statuses(12) == first


def test_half_a_page_goes_on_behind_its_link(
    graph: GraphServer, client: Client, anna: Mailbox
) -> None:
    for _ in range(5):
        anna.put(MONDAY, LATER)
    graph.faults.add(half_page(graph.faults), path="/calendarView$")

    first = client.view(MONDAY, LATER, _top="50")
    second = client.get(first.body["@odata.nextLink"])
    assert (len(first.value), len(second.value)) == (2, 3)
    assert "@odata.nextLink" not in second.body
    assert len({one["id"] for one in first.value + second.value}) == 5


def test_delta_may_lie(graph: GraphServer, client: Client, anna: Mailbox) -> None:
    event = anna.put(MONDAY, LATER)
    window = {"startDateTime": MONDAY.isoformat(), "endDateTime": LATER.isoformat()}
    graph.faults.add(spurious_removed(event), path="/delta")
    told = client.get("/calendarView/delta", **window).value
    assert {"id": event, "@removed": {"reason": "deleted"}} in told
    assert client.get(f"/events/{event}").status == 200

    graph.faults.add(gone("SyncStateNotFound", status=404), path="/delta")
    lost = client.get("/calendarView/delta", **window)
    assert (lost.status, lost.code) == (404, "SyncStateNotFound")


def test_an_id_may_change(graph: GraphServer, client: Client, anna: Mailbox) -> None:
    old = anna.put(MONDAY, LATER)
    new = graph.faults.change_id(old)

    assert [one["id"] for one in client.view(MONDAY, LATER).value] == [new]
    assert client.get(f"/events/{old}").status == 404
    assert client.get(f"/events/{new}").body["id"] == new
    assert client.send("DELETE", f"/events/{new}").status == 204
    assert not anna.events()


@pytest.mark.parametrize(("effect", "comes"), [(without_link, False), (late_link, True)])
def test_a_link_may_be_missing(
    graph: GraphServer, client: Client, effect: Callable[[], Effect], comes: bool
) -> None:
    graph.faults.add(effect(), method="POST")
    made = client.create(**ONLINE)

    assert made.status == 201
    assert not (made.body["onlineMeeting"] or {}).get("joinUrl")
    client.get(f"/events/{made.body['id']}")
    read = client.get(f"/events/{made.body['id']}").body
    assert bool((read["onlineMeeting"] or {}).get("joinUrl")) is comes


def test_four_at_a_time_for_each_mailbox(graph: GraphServer, client: Client, anna: Mailbox) -> None:
    other = Client(graph, graph.add_mailbox("nikos@kavala.example"))
    gate = threading.Event()
    graph.faults.add(waits_for(gate, after=False), path="anna", times=None)
    peaks = graph.throttle.peak_by_mailbox
    with ThreadPoolExecutor(5) as pool:
        held = [pool.submit(client.get, "/events") for _ in range(4)]
        wait_until(lambda: peaks[anna.address] == 4)
        graph.faults.clear()
        fifth = client.get("/events")
        assert other.get("/events").status == 200
        gate.set()
        assert [one.result(10).status for one in held] == [200] * 4

    assert (fifth.status, fifth.code) == (429, "ApplicationThrottled")
    assert fifth.headers["Retry-After"] == "1"
    assert peaks[anna.address] == 5
    assert graph.throttle.peak_of_app >= 5
    assert graph.throttle.refusals == 1
    assert client.get("/events").status == 200
    other.close()


def test_four_at_a_time_for_the_whole_app_by_switch(graph: GraphServer, client: Client) -> None:
    other = Client(graph, graph.add_mailbox("nikos@kavala.example"))
    graph.throttle.at_once_per_app = 1
    gate = threading.Event()
    graph.faults.add(waits_for(gate, after=False), path="anna")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(client.get, "/events")
        wait_until(lambda: graph.throttle.peak_of_app == 1)
        assert other.get("/events").status == 429
        gate.set()
        assert held.result(10).status == 200
    other.close()


def test_so_many_in_ten_minutes(graph: GraphServer, client: Client) -> None:
    graph.clock.set(MONDAY)
    graph.throttle.in_ten_minutes = 3
    graph.throttle.retry_after = None
    assert [client.get("/events").status for _ in range(4)] == [200, 200, 200, 429]
    refusal = client.get("/events")
    assert "Retry-After" not in refusal.headers
    graph.clock.advance(timedelta(minutes=10))
    assert client.get("/events").status == 200


def test_throttled_for_a_while(graph: GraphServer, client: Client) -> None:
    graph.clock.set(MONDAY)
    graph.throttle.throttle_for(600)
    answer = client.get("/events")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "600")
    graph.clock.advance(timedelta(minutes=9))
    assert client.get("/events").headers["Retry-After"] == "60"
    graph.clock.advance(timedelta(minutes=1))
    assert client.get("/events").status == 200

    graph.throttle.throttle_for(600, mailbox="anna@kavala.example", retry_after=False)
    assert "Retry-After" not in client.get("/events").headers
    assert client.get(f"{graph.base_url}/subscriptions").status == 200
    graph.throttle.relent()
    assert client.get("/events").status == 200
