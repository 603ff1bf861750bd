"""The stand-in's clock: real time, unless a test sets it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """``set`` stops it at a time; ``advance`` moves it (a running clock goes on running)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fixed: datetime | None = None
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Aware, UTC."""
        with self._lock:
            return (self._fixed or datetime.now(UTC)) + self._ahead

    def set(self, moment: datetime) -> None:
        """Stand still at ``moment`` (aware)."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs an aware datetime")
        with self._lock:
            self._fixed, self._ahead = moment.astimezone(UTC), timedelta(0)

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._ahead += by

    def run(self) -> None:
        """Real time again."""
        with self._lock:
            self._fixed, self._ahead = None, timedelta(0)
