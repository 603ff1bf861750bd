"""Which starts the working hours of a calendar allow: bounds, which never move the starts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from booking.busy import cell_of, ones
from booking.offering.slots import spread
from connectors.contract import Period
from mapping.hours import weekly_periods
from mapping.model import CELL_MINUTES

_CELL = timedelta(minutes=CELL_MINUTES)


@lru_cache(maxsize=1024)
def starts_within(
    told: str | None, *, first: date, last: date, base: int, cells: int, length: int
) -> int:
    """Mask, from cell ``base`` on, of the starts whose ``length`` cells lie within the hours.

    ``told`` is what the mailbox keeps (``booking.calendars.hours``): None, nothing is known yet and
    nothing is allowed; without hours in it, the person has set none and all is allowed.
    """
    if told is None:
        return 0
    kept = json.loads(told)
    if kept["hours"] is None:
        return ones(0, cells)
    # A day more on both sides: the hours may be told in another zone.
    periods = weekly_periods(
        tuple((day, start, end) for day, start, end in kept["hours"]),
        time_zone=kept["zone"],
        first=first - timedelta(days=1),
        last=last + timedelta(days=2),
    )
    inside = 0
    for begins, ends in _joined(each.period for each in periods):
        # What lies off the grid of cells is rounded inward.
        start, end = cell_of(begins + _CELL - timedelta(microseconds=1)), cell_of(ends)
        inside |= ones(max(start - base, 0), min(max(end - base, 0), cells))
    outside = ones(0, cells) & ~inside
    return ones(0, cells) & ~spread(outside, length)


def _joined(periods: Iterable[Period]) -> list[tuple[datetime, datetime]]:
    """Stretches that touch or overlap as one, in order."""
    found: list[tuple[datetime, datetime]] = []
    for period in sorted(periods):
        if found and period.start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], period.end))
        else:
            found.append((period.start, period.end))
    return found
