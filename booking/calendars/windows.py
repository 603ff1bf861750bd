"""Which stretch of a calendar is read, and when it moves on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.settings import Settings
from booking.store.mailboxes import MailboxRow
from connectors.contract import Period
from mapping.model import Municipality

_BACK = timedelta(days=1)
_AHEAD = timedelta(days=8)
#: The window may have this much less ahead of it before a full comparison is due.
_SLACK = timedelta(days=6)
#: What lies outside its window is not told by a calendar that is bounded: it rolls daily.
_ROLLS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next reading covers; ``full``: everything in it is compared."""

    window: Period
    full: bool


def window_for(municipality: Municipality, *, now: datetime) -> Period:
    """What is read of a calendar: from yesterday to a week after the last day on offer."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    horizon = max((service.horizon_days for service in municipality.services), default=60)
    return Period(midnight - _BACK, midnight + timedelta(days=horizon) + _AHEAD)


def window_of(row: MailboxRow) -> Period | None:
    """What the stored replica covers."""
    if row.window_start is None or row.window_end is None:
        return None
    return Period(row.window_start, row.window_end)


def plan_for(
    settings: Settings, municipality: Municipality, row: MailboxRow, *, now: datetime, bounded: bool
) -> Plan:
    """The stored window where changes since the last reading are enough, else a new one."""
    window, stored = window_for(municipality, now=now), window_of(row)
    if stored is None or row.last_full is None or row.sync_token is None or row.brake_at:
        return Plan(window, full=True)
    every = (
        min(settings.full_comparison_every, _ROLLS) if bounded else (settings.full_comparison_every)
    )
    day_over = row.last_full <= now - every
    moved = stored.end < window.end - _SLACK or stored.start > window.start
    return Plan(window, full=True) if day_over or moved else Plan(stored, full=False)
