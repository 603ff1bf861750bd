"""A time box that really stops pure-Python work, in any thread."""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_EVERY: Final = 32  #: calls between two looks at the clock, which is a system call

#: Python drops what a finalizer or a weak reference's callback raises, and takes the hook away with
#: it: raised there, the end of the time would never come. So it is raised in these packages only.
_BOXED: Final = frozenset({"connectors", "dateutil", "icalendar", "recurring_ical_events"})


class TimeIsUp(BaseException):
    """The work did not end in its time. Not an Exception, so that no library swallows it."""


@contextmanager
def time_box(seconds: float, *, packages: frozenset[str] = _BOXED) -> Iterator[None]:
    """Raise TimeIsUp inside the block once this thread has worked ``seconds`` of CPU time.

    It is raised in code of ``packages`` (top-level names) only.

    A recurrence rule without any match makes dateutil search until the year 9999 without ever
    yielding (dateutil issue 1094), and signals reach only the main thread. The profile hook
    belongs to one thread and is asked at every call, so it can end such a search anywhere.
    CPU time, because a busy machine must not make a harmless series look like a bomb.
    """
    clock = time.thread_time
    stop = clock() + seconds
    armed, late = True, False
    calls = 0

    def hook(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal armed, late, calls
        calls += 1
        if not late and calls % _EVERY == 0:
            late = clock() > stop
        if armed and late and _package(frame) in packages and not _may_be_thrown_away(frame, event):
            armed = False
            raise TimeIsUp

    previous = sys.getprofile()
    sys.setprofile(hook)
    try:
        yield
    finally:
        armed = False
        sys.setprofile(previous)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _may_be_thrown_away(frame: FrameType, event: str) -> bool:
    """Whether this may be a generator that is closed because nobody holds it any more."""
    return event in {"call", "return"} and bool(frame.f_code.co_flags & inspect.CO_GENERATOR)
