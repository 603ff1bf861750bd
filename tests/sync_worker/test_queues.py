"""Waking the workers: collapsed, never lost while somebody works, and never slow."""

from __future__ import annotations

import json
import time

import pytest
import redis
from rq import Queue

from sync_worker.queues import (
    BULK,
    INTERACTIVE,
    NAMES,
    QUEUED_LIMIT,
    SERIALIZER,
    Queues,
    QueueUnreachable,
)
from tests.servers.valkey import Valkey
from tests.waiting import wait_until


def length(url: str, name: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(Queue(name, connection=client, serializer=SERIALIZER).count)


def test_asking_twice_queues_one_job(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    assert queues.ask("drain") is True
    assert [queues.ask("drain") for _ in range(5)] == [False] * 5
    assert length(valkey_url, INTERACTIVE) == 1
    queues.close()


def test_asking_while_the_job_runs_queues_another_one(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    assert queues.ask("drain")
    queues.begun("drain")
    assert queues.ask("drain") is True
    assert length(valkey_url, INTERACTIVE) == 2
    queues.close()


def test_a_flushed_redis_is_asked_again_at_once(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    assert queues.ask("drain")
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
    assert queues.ask("drain") is True
    assert length(valkey_url, INTERACTIVE) == 1
    queues.close()


def test_the_same_mailboxes_are_polled_once_within_the_interval(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    first = queues.poll(server_id="s", mailbox_ids=["a", "b"], every=10**6)
    again = queues.poll(server_id="s", mailbox_ids=["a", "b"], every=10**6)
    other = queues.poll(server_id="s", mailbox_ids=["c"], every=10**6)
    assert (first, again, other) == (True, False, True)
    assert length(valkey_url, BULK) == 2
    queues.close()


def test_a_queue_that_nobody_empties_stops_growing(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    with redis.Redis.from_url(valkey_url) as client:
        client.rpush(f"rq:queue:{BULK}", *range(QUEUED_LIMIT))
    assert queues.poll(server_id="s", mailbox_ids=["a"], every=20) is False
    assert length(valkey_url, BULK) == QUEUED_LIMIT
    queues.close()


def test_jobs_are_json_with_ids_only(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    queues.poll(server_id="s", mailbox_ids=["a"], every=20)
    queues.close()
    with redis.Redis.from_url(valkey_url) as client:
        (job,) = Queue(BULK, connection=client, serializer=SERIALIZER).jobs
    assert json.loads(job.data) == ["sync_worker.jobs.poll", None, [["a"]], {}]


def test_waking_reaches_the_queue_soon(valkey_url: str) -> None:
    queues = Queues(valkey_url)
    queues.wake("drain")
    wait_until(lambda: length(valkey_url, INTERACTIVE) == 1, seconds=60)


@pytest.mark.parametrize(
    "url",
    ["unix:///nowhere/at/all", "redis://127.0.0.1:1/0", ""],
    ids=["no socket", "refused", "not configured"],
)
def test_a_dead_redis_costs_the_caller_nothing(url: str) -> None:
    queues = Queues(url)
    started = time.perf_counter()
    for _ in range(50):
        queues.wake("drain")
    assert time.perf_counter() - started < 10  # room for a busy machine
    assert queues.state().reachable is False
    with pytest.raises(QueueUnreachable):
        queues.ask("drain")


def test_a_redis_that_hangs_costs_the_caller_nothing(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.execute_command("CLIENT", "PAUSE", "4000", "ALL")
    queues = Queues(valkey_url)
    started = time.perf_counter()
    queues.wake("drain")
    assert time.perf_counter() - started < 3  # room for a busy machine
    wait_until(lambda: length(valkey_url, INTERACTIVE) >= 0, seconds=10)


def test_queues_heal_when_redis_comes_back() -> None:
    server = Valkey().start()
    queues = Queues(server.url)
    assert queues.ask("drain")
    server.kill()
    with pytest.raises(QueueUnreachable):
        queues.ask("poll")
    server.start()
    assert queues.ask("poll") is True
    assert queues.state().reachable
    queues.close()
    server.stop()


def test_every_named_job_exists() -> None:
    from rq.utils import import_attribute

    from sync_worker.queues import KINDS, POLL_JOB

    for function in [POLL_JOB, *(function for function, _ in KINDS.values())]:
        assert callable(import_attribute(function))
    assert {queue for _, queue in KINDS.values()} <= set(NAMES)
