"""How many inputs a run tries, and how long one of them may take."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeVar

from hypothesis import HealthCheck, Phase, settings

#: Inputs that every test tries, other ones each time; 0: the same few ones.
ASKED: Final = int(os.environ.get("RANTEVOU_TEST_FUZZ_EXAMPLES", "0"))
#: Seconds of CPU, which a busy machine does not stretch.
LIMIT: Final = 1.0
Found = TypeVar("Found")
_UNHEEDED: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def tries(few: int, *, share: float = 1.0) -> settings:
    """``few`` inputs in an ordinary run; ``share`` of what the long run asks for."""
    return settings(
        max_examples=max(1, int(ASKED * share)) if ASKED else few,
        derandomize=not ASKED,
        deadline=None,
        database=None,
        print_blob=bool(ASKED),
        suppress_health_check=_UNHEEDED,
        # Explaining a failure would run each failing input many times more.
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )


class Hang(BaseException):
    """One input took more than its time. Not an Exception, so that nobody takes it for theirs."""


class SlowOnce(UserWarning):
    """An input took more than its time, so it is given once more; a second time is a Hang."""


def quick(work: Callable[[], Found], *, seconds: float = LIMIT) -> Found:
    """What ``work`` returns; Hang where it takes longer twice, even where it would never end.

    An input that keeps us busy does so each time. What the host of this machine takes from a thread
    is counted as the thread's too, and came once in some hundred thousand inputs: so an overrun is
    told as SlowOnce and measured again. ``work`` does the same when it is repeated.
    """
    try:
        with _at_most(seconds):
            return work()
    except Hang as overrun:
        warnings.warn(f"measured again: {overrun}", SlowOnce, stacklevel=2)
    with _at_most(seconds):
        return work()


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def over(signum: int, frame: FrameType | None) -> None:
        raise Hang(f"still at work after {2 * seconds} s of CPU")

    began = time.thread_time()
    before = signal.signal(signal.SIGPROF, over)
    # Twice: this timer counts the whole process, the time that is judged is this thread's.
    signal.setitimer(signal.ITIMER_PROF, 2 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    spent = time.thread_time() - began
    if spent > seconds:
        raise Hang(f"{spent:.2f} s of CPU")
