"""What instants too far ahead mean: the clock was put back, and nobody waits for the old time."""

from __future__ import annotations

from datetime import datetime, timedelta

#: No lease and no place in a queue is given for longer.
_LEASES = timedelta(minutes=5)
#: No step waits longer for its next try.
_WAITS = timedelta(hours=2)
#: No provider is waited for longer without asking it again.
LONGEST_PAUSE = timedelta(minutes=15)
#: Instants of the past may lie this much ahead: processes read the clock one after the other.
_PAST = timedelta(seconds=5)


def no_lease(now: datetime) -> datetime:
    """A lease that runs out after this instant was given by a clock that has been put back."""
    return now + _LEASES


def no_wait(now: datetime) -> datetime:
    """A step that is due after this instant would wait for a time that comes too late."""
    return now + _WAITS


def not_past(now: datetime) -> datetime:
    """What is said to have happened after this instant happened before the clock was put back."""
    return now + _PAST
