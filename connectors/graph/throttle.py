"""How long the provider asks us to wait, and how long we wait where it does not say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

#: Answers that say "too much at once" (Graph, throttling.md; seen as 503 and 504 too).
SLOW_DOWN: Final = frozenset({429, 503, 504})
CAP: Final = 600.0  #: seconds; longer is not believed, a request is tried again then
FIRST: Final = 5.0  #: seconds to wait where the provider names no time; doubled each time


def retry_after(header: str | None, *, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` (RFC 9110, 10.2.3: seconds or date), capped; None without."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            when = parsedate_to_datetime(header)
        except (ValueError, OverflowError):
            return None
        seconds = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    # Also for "nan", which no comparison would catch.
    return min(max(seconds, 0.0), CAP) if seconds == seconds else None


class BackOff:
    """Growing pauses for an account, where the provider names none. Safe under threads.

    Requests that were under way together count once: only one that was sent after the last
    pause had been decided says that it was too short.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = 0.0
        self._decided = float("-inf")

    def refused(self, *, sent_at: float) -> float:
        """Seconds to wait after a refusal of a request that was sent at ``sent_at``."""
        with self._lock:
            if self._pause and sent_at <= self._decided:
                return self._pause
            self._pause = min(CAP, self._pause * 2 or FIRST)
            self._decided = self._clock()
            return self._pause

    def passed(self) -> None:
        """A request was answered: the next refusal begins anew."""
        with self._lock:
            self._pause = 0.0
