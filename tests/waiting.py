"""Waiting for a real process: poll until something holds or a deadline passes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(ask: Callable[[], T], *, seconds: float = 10.0, every: float = 0.02) -> T:
    """Ask until the answer is truthy and return it. Raises AssertionError after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {seconds:g} s: {ask}")
        time.sleep(every)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now, nor on the few after it.

    Not from the range of outgoing connections (Linux: from 32768 up): between this answer and
    the start of the server that gets the port, any client could be given it.
    """
    for port in random.sample(range(10_000, 19_990, 10), 200):
        if not any(listens(port + offset) for offset in range(5)):
            return port
    raise AssertionError("no free port between 10000 and 20000")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
