"""Waiting for a real process: poll until something holds or a deadline passes."""

from __future__ import annotations

import random
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(ask: Callable[[], T], *, seconds: float = 60.0, every: float = 0.02) -> T:
    """Ask until the answer is truthy and return it. Raises AssertionError after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {seconds:g} s: {ask}")
        time.sleep(every)


#: One bound socket for each of the last tens of ports that this process was given.
_claims: deque[socket.socket] = deque(maxlen=200)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now, nor on the few after it.

    Not from the range of outgoing connections (Linux: from 32768 up): between this answer and
    the start of the server that gets the port, any client could be given it. Nor is it given to
    any other process that asks here, or twice to this one: the last of its ten ports is the claim.
    """
    for port in random.SystemRandom().sample(range(10_000, 19_990, 10), 500):
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", port + 9))
        except OSError:
            claim.close()
            continue
        if len(_claims) == _claims.maxlen:
            _claims.popleft().close()
        _claims.append(claim)
        if not any(listens(port + offset) for offset in range(5)):
            return port
    raise AssertionError("no free port between 10000 and 20000")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
