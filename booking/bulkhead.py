"""Keeps one slow or dead calendar server from holding every thread of the web process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connectors.deadline import Deadline


@dataclass(slots=True)
class _Compartment:
    free: threading.BoundedSemaphore
    waiting: int = 0
    failures: int = 0
    open_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Bulkhead:
    """At most ``at_once`` requests in flight per server, few waiting, and a breaker behind them.

    The breaker opens after ``failures`` failures in a row and lets one through again after
    ``pause`` seconds; whoever is not let in goes on without the calendar (a worker continues).
    """

    def __init__(
        self,
        *,
        at_once: int = 2,
        waiting: int = 3,
        patience: float = 1.5,
        failures: int = 5,
        pause: float = 10.0,
    ) -> None:
        self._at_once = at_once
        self._waiting = waiting
        self._patience = patience
        self._failures = failures
        self._pause = pause
        self._lock = threading.Lock()
        self._compartments: dict[str, _Compartment] = {}

    @contextmanager
    def enter(self, server_id: str, *, deadline: Deadline, wait: bool = True) -> Iterator[bool]:
        """Whether the caller may go to the server now; at most a part of the deadline is waited."""
        compartment = self._compartment(server_id)
        admitted = self._admit(compartment, deadline, wait)
        try:
            yield admitted
        finally:
            if admitted:
                compartment.free.release()

    def report(self, server_id: str, *, ok: bool) -> None:
        """What came of a request: answers close the breaker, failures in a row open it."""
        compartment = self._compartment(server_id)
        with compartment.lock:
            compartment.failures = 0 if ok else compartment.failures + 1
            if ok:
                compartment.open_until = 0.0
            elif compartment.failures >= self._failures:
                compartment.open_until = time.monotonic() + self._pause

    def is_open(self, server_id: str) -> bool:
        """Whether the breaker keeps everybody out now."""
        return time.monotonic() < self._compartment(server_id).open_until

    def _compartment(self, server_id: str) -> _Compartment:
        with self._lock:
            found = self._compartments.get(server_id)
            if found is None:
                found = _Compartment(threading.BoundedSemaphore(self._at_once))
                self._compartments[server_id] = found
            return found

    def _admit(self, compartment: _Compartment, deadline: Deadline, wait: bool) -> bool:
        with compartment.lock:
            now = time.monotonic()
            if now < compartment.open_until:
                return False
            if compartment.open_until:
                # One probe; the others stay out until it has reported.
                compartment.open_until = now + self._pause
            if compartment.free.acquire(blocking=False):
                return True
            if not wait or compartment.waiting >= self._waiting:
                return False
            compartment.waiting += 1
        try:
            return compartment.free.acquire(timeout=min(self._patience, deadline.remaining() / 2))
        finally:
            with compartment.lock:
                compartment.waiting -= 1
