"""Valkey: waking the workers costs nobody a moment, and what asks it ends in a second or two."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
import redis

from sync_worker import queues as module
from sync_worker.queues import NAMES, Queues, QueueState, QueueUnreachable
from tests.faults.bounded import DEADLINE, Call, nothing_left_behind, under
from tests.servers.faultproxy import (
    BLACK_HOLE,
    DEAF,
    HALF_OPEN,
    RESET,
    TO_CLIENT,
    TO_SERVER,
    Fault,
    FaultProxy,
    cut,
    fault_proxy,
    latency,
)
from tests.servers.valkey import Valkey
from tests.waiting import wait_until

FAULTS = (latency(1.0), RESET, HALF_OPEN, BLACK_HOLE, DEAF, cut(TO_CLIENT, 3), cut(TO_SERVER, 20))
#: Seconds that a wake-up may take of whoever answers a citizen.
WAKING = 0.1


@pytest.fixture
def wire(valkey_server: Valkey, valkey_url: str) -> Iterator[FaultProxy]:
    with fault_proxy(urlsplit(valkey_server.url).path) as proxy:
        yield proxy


@pytest.fixture
def queues(wire: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    monkeypatch.setattr(module, "SOCKET_SECONDS", DEADLINE)
    made = Queues(f"redis://127.0.0.1:{wire.port}/0")
    yield made
    made.close()


def queued(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return sum(int(client.llen(f"rq:queue:{name}")) for name in NAMES)


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_wake_up_is_over_at_once_and_gets_through_later(
    queues: Queues, wire: FaultProxy, valkey_url: str, fault: Fault, warm: bool
) -> None:
    if warm:
        assert queues.state().reachable
    wire.play(fault)
    took = []
    for _ in range(20):
        began = time.monotonic()
        queues.wake("drain")
        took.append(time.monotonic() - began)
    # The machine may be busy at one of them.
    assert statistics.median(took) < WAKING
    wire.heal()

    def woken() -> bool:
        queues.wake("drain")
        return queued(valkey_url) > 0

    wait_until(woken, every=0.1)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_what_asks_the_queue_gives_up_in_time(
    queues: Queues, wire: FaultProxy, fault: Fault
) -> None:
    calls: dict[str, Call] = {
        "ask": lambda deadline: queues.ask("drain"),
        "poll": lambda deadline: queues.poll(server_id="s", mailbox_ids=["m"], every=20),
        "state": lambda deadline: queues.state(),
        "begun": lambda deadline: queues.begun("drain"),
    }
    with nothing_left_behind(wire):
        ended = under(fault, calls, wire, after=partial(queues.ask, "drain"))
        queues.close()
    assert isinstance(ended["ask"].value, QueueUnreachable)
    assert isinstance(ended["poll"].value, QueueUnreachable)
    assert ended["state"].value == QueueState(reachable=False)
    assert ended["begun"].value is None
