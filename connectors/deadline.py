"""One deadline for a whole chain of calls, on the process's monotonic clock."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """The instant (``time.monotonic`` seconds) by which a chain of calls must have ended.

    A deadline is handed down unchanged: looking, creating and reading back share it, so that a
    slow first call leaves less for the next one and the sum never exceeds what was promised.
    """

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        return self.remaining() == 0.0

    def sooner(self, seconds: float) -> Deadline:
        """The same deadline, or one in ``seconds``, whichever comes first."""
        return Deadline(min(self.at, time.monotonic() + seconds))
