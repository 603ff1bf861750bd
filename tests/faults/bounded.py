"""Calls that must be over in time: all at once, each in a thread that goes on after it."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from connectors.deadline import Deadline
from tests.servers.faultproxy import Fault, FaultProxy
from tests.waiting import wait_until

#: Seconds that a call of these tests is given by its caller.
DEADLINE = 0.3
#: What may be added on a machine that does much else; a call without a time-out hangs for ever.
MARGIN = 4.0
PATIENCE = 20.0  #: for what is not measured

Call = Callable[..., object]  #: takes ``deadline``


@dataclass(frozen=True)
class Ended:
    """How one call ended: ``value`` is what it returned, or the exception that it raised."""

    value: object
    seconds: float


def under(
    fault: Fault,
    calls: Mapping[str, Call],
    *proxies: FaultProxy,
    limit: float = DEADLINE,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> dict[str, Ended]:
    """What became of the calls while ``fault`` was played, all at the same time.

    Each thread does ``before`` while all is well, and ``after`` when it is again, so that what
    broke meanwhile must not be in the way. Raises AssertionError where a call hangs longer than
    ``limit + MARGIN``, or where one of the others fails.
    """
    ended: dict[str, Ended] = {}
    failed: list[BaseException] = []
    ready = threading.Barrier(len(calls) + 1)
    over = threading.Semaphore(0)
    begin, healed = threading.Event(), threading.Event()

    def run(name: str) -> None:
        try:
            before()
            ready.wait(PATIENCE)
            assert begin.wait(PATIENCE)
            ended[name] = _timed(calls[name])
            over.release()
            assert healed.wait(PATIENCE)
            after()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failed.append(error)
            ready.abort()

    threads = [
        threading.Thread(target=run, args=(name,), name=f"call {name}", daemon=True)
        for name in calls
    ]
    for thread in threads:
        thread.start()
    try:
        with suppress(threading.BrokenBarrierError):
            ready.wait(PATIENCE)
        _raise_first(failed)
        for proxy in proxies:
            proxy.play(fault)
        begin.set()
        end = time.monotonic() + limit + MARGIN
        for _ in threads:
            over.acquire(timeout=max(0.0, end - time.monotonic()))
        assert set(calls) == set(ended), f"still hanging: {set(calls) - set(ended)}"
    finally:
        for proxy in proxies:
            proxy.heal()
        healed.set()
    for thread in threads:
        thread.join(PATIENCE)
    _raise_first(failed)
    return ended


def _raise_first(failed: list[BaseException]) -> None:
    if failed:
        raise AssertionError(f"{len(failed)} threads failed beside their calls") from failed[0]


def _timed(call: Call) -> Ended:
    began = time.monotonic()
    value: object
    try:
        value = call(deadline=Deadline.after(DEADLINE))
    except Exception as error:  # noqa: BLE001 - the test judges it
        value = error
    return Ended(value, time.monotonic() - began)


@contextmanager
def nothing_left_behind(*proxies: FaultProxy) -> Iterator[None]:
    """Threads and connections of the block are gone soon after it."""
    before = set(threading.enumerate())
    yield
    gc.collect()  # what only a thread that has ended knew
    wait_until(lambda: not set(threading.enumerate()) - before, seconds=MARGIN)
    wait_until(lambda: not sum(proxy.open for proxy in proxies), seconds=MARGIN)
