"""An input that keeps us busy is told from a machine that did."""

from __future__ import annotations

import time
from itertools import count

import pytest

from tests.fuzz.effort import Hang, SlowOnce, quick

_MOST = 0.2


def busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_what_is_quick_is_returned_without_a_word() -> None:
    assert quick(lambda: "found", seconds=_MOST) == "found"


def test_what_was_slow_once_is_told_and_returned() -> None:
    times = count()

    def once() -> str:
        busy(1.2 * _MOST if next(times) == 0 else 0)
        return "found"

    with pytest.warns(SlowOnce, match="measured again: 0.2. s of CPU"):
        assert quick(once, seconds=_MOST) == "found"


def test_what_is_slow_each_time_is_a_hang() -> None:
    with pytest.warns(SlowOnce), pytest.raises(Hang, match="of CPU"):
        quick(lambda: busy(1.2 * _MOST), seconds=_MOST)


def test_what_never_ends_is_stopped() -> None:
    with pytest.warns(SlowOnce), pytest.raises(Hang, match="still at work"):
        quick(lambda: busy(3_600), seconds=_MOST)
