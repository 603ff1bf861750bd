"""Workers die; what they were at is seen within seconds, and nothing of theirs lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue, Retry

from sync_worker.queues import INTERACTIVE, SERIALIZER, Queues
from sync_worker.worker import HEARTBEAT_TTL, MAINTENANCE, make_worker
from tests.waiting import wait_until

RUN = "import sys; from sync_worker.worker import run; run(sys.argv[1])"


@pytest.fixture
def start_worker(valkey_url: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", RUN, valkey_url]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def lines(path: Path) -> list[list[int]]:
    if not path.exists():
        return []
    return [[int(number) for number in line.split()] for line in path.read_text().splitlines()]


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_worker_carries_out_what_is_queued_and_leaves_no_trace(
    valkey_url: str, tmp_path: Path
) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        queue = Queue(INTERACTIVE, connection=client, serializer=SERIALIZER)
        queue.enqueue_call(
            "tests.sync_worker.jobs_for_tests.mark", args=[str(tmp_path / "m")], result_ttl=0
        )
        make_worker(valkey_url).work(burst=True, logging_level="WARNING")
        ((horse, parent),) = lines(tmp_path / "m")
        assert (horse, parent) != (os.getpid(), os.getppid())  # a child did it
        assert client.keys("rq:job:*") == []


@pytest.mark.skipif("sys.platform != 'linux'")
def test_killed_worker_and_child_are_replaced_within_45_seconds(
    valkey_url: str, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    assert HEARTBEAT_TTL + MAINTENANCE + 5 < 45
    with redis.Redis.from_url(valkey_url) as client:
        queue = Queue(INTERACTIVE, connection=client, serializer=SERIALIZER)
        queue.enqueue_call(
            "tests.sync_worker.jobs_for_tests.mark_and_linger",
            args=[str(tmp_path / "m"), 600],
            retry=Retry(max=1),
            timeout=900,
        )
        first = start_worker()
        ((horse, _),) = wait_until(lambda: lines(tmp_path / "m"), seconds=20)
        start_worker()
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        wait_until(lambda: not alive(horse), seconds=60)  # the kernel ends it with its parent
        wait_until(lambda: len(lines(tmp_path / "m")) == 2, seconds=45)


def test_a_worker_tells_that_it_lives(
    valkey_url: str, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    queues = Queues(valkey_url)
    assert queues.state().workers == 0
    process = start_worker()
    wait_until(lambda: queues.state().workers == 1, seconds=20)
    state = queues.state()
    assert state.oldest_heartbeat is not None
    assert state.oldest_heartbeat < 60
    process.terminate()
    assert process.wait(10) == 0
    wait_until(lambda: queues.state().workers == 0, seconds=60)
    queues.close()
