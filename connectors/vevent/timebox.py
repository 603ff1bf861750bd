"""A time box that really stops pure-Python work, in any thread."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_EVERY: Final = 32  #: calls between two looks at the clock, which is a system call


class TimeIsUp(BaseException):
    """The work did not end in its time. Not an Exception, so that no library swallows it."""


@contextmanager
def time_box(seconds: float) -> Iterator[None]:
    """Raise TimeIsUp inside the block once this thread has worked ``seconds`` of CPU time.

    A recurrence rule without any match makes dateutil search until the year 9999 without ever
    yielding (dateutil issue 1094), and signals reach only the main thread. The profile hook
    belongs to one thread and is asked at every call, so it can end such a search anywhere.
    CPU time, because a busy machine must not make a harmless series look like a bomb.
    """
    clock = time.thread_time
    stop = clock() + seconds
    armed = True
    calls = 0

    def hook(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal armed, calls
        calls += 1
        if armed and calls % _EVERY == 0 and clock() > stop:
            armed = False
            raise TimeIsUp

    previous = sys.getprofile()
    sys.setprofile(hook)
    try:
        yield
    finally:
        armed = False
        sys.setprofile(previous)
