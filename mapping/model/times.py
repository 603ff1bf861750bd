"""When something is offered: openings, closures and holidays, as wall-clock times and days."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, time

from mapping.model.texts import LocalText

#: Grid of everything that is offered; claims are kept in cells of this length.
CELL_MINUTES = 5


class Weekday(enum.StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening hours of one weekday, local and half-open; several a day are several values."""

    weekday: Weekday
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Closure:
    """Days, both included, on which nothing is offered."""

    first: date
    last: date
    reason: LocalText


@dataclass(frozen=True, slots=True)
class LocalHoliday:
    """A yearly local feast (the patron saint, the liberation of the town)."""

    month: int
    day: int
    name: LocalText


@dataclass(frozen=True, slots=True)
class Holidays:
    country: str = "GR"
    half_days: bool = False  #: close on half days too (24 and 31 December)
    local: tuple[LocalHoliday, ...] = ()
    open_on: tuple[date, ...] = ()  #: public holidays on which this municipality works
