"""From text to icalendar components, safely: bounded in size, free of other files' time zones."""

from __future__ import annotations

import os
import re
import threading
import warnings
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event
from icalendar.prop import vBroken
from icalendar.timezone import tzp

#: Characters; an event with an attached file may be big, a calendar object of times is not.
MAX_SIZE: Final = 2_000_000

TIME_PROPERTIES: Final = (
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
)
_LOOKS_LIKE_TIME: Final = re.compile(r"\b(" + "|".join(TIME_PROPERTIES) + r")\b")
_TIMED_COMPONENTS: Final = frozenset({"VEVENT", "VFREEBUSY", "VAVAILABILITY"})
_ZONE_BLOCK: Final = re.compile(
    r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_PARSING = threading.Lock()


def _unlocked() -> None:
    global _PARSING
    _PARSING = threading.Lock()


# The thread that parses at the moment of a fork does not live in the child to let go of the lock.
os.register_at_fork(after_in_child=_unlocked)


class Unreadable(Exception):
    """The text is no iCalendar object that we can read. Carries a code, never content."""


def parse(raw: str) -> list[Calendar]:
    """The VCALENDARs in ``raw`` (RFC 5545, 3.4). Raises Unreadable.

    Components that stand outside any VCALENDAR are wrapped into one. Where a VTIMEZONE is the
    fault, the file is read without its own zones; their times then count as of unknown zone.
    """
    if len(raw) > MAX_SIZE:
        raise Unreadable("too_large")
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _components(raw)
    calendars = [item for item in found if isinstance(item, Calendar)]
    loose = [item for item in found if item.name in _TIMED_COMPONENTS]
    if loose:
        wrapper = Calendar()
        wrapper.subcomponents = loose
        calendars.append(wrapper)
    if not calendars:
        raise Unreadable("no_calendar")
    return calendars


def _components(raw: str) -> list[Component]:
    try:
        return _from_ical(raw)
    except Exception as error:
        without_zones = _ZONE_BLOCK.sub("", raw)
        if without_zones == raw:
            raise Unreadable("unreadable") from error
    try:
        return _from_ical(without_zones)
    except Exception as error:
        raise Unreadable("unreadable") from error


def _from_ical(raw: str) -> list[Component]:
    # icalendar keeps the first VTIMEZONE it meets under each private name for the life of the
    # process; Exchange calls all of its own "Customized Time Zone".
    tzp.use_zoneinfo()
    return list(Calendar.from_ical(raw, multiple=True))


def broken_times(event: Event) -> tuple[str, ...]:
    """Names of the properties that say when, as far as they could not be read."""
    names = []
    for name, message in event.errors:
        if name is None:
            match = _LOOKS_LIKE_TIME.search(message)
            name = match.group(1) if match else None
        if name is not None and name.upper() in TIME_PROPERTIES:
            names.append(name.upper())
    names.extend(name for name in TIME_PROPERTIES if isinstance(event.get(name), vBroken))
    return tuple(dict.fromkeys(names))


def unknown_zone(event: Event) -> bool:
    """True where DTSTART names a zone that neither the file nor the world knows."""
    start = event.get("DTSTART")
    value = getattr(start, "dt", None)
    return (
        isinstance(value, datetime)
        and value.tzinfo is None
        and bool(getattr(start, "params", {}).get("TZID"))
    )


def to_utc(value: date, office_zone: ZoneInfo) -> datetime:
    """A DATE is that day's midnight and a floating time that wall time, both in the office's zone.

    A time in a DST gap takes the offset before it, one in an overlap the first (RFC 5545, 3.3.5).
    """
    if not isinstance(value, datetime):
        return datetime.combine(value, time.min, office_zone).astimezone(UTC)
    if value.tzinfo is None:
        value = value.replace(tzinfo=office_zone)
    return value.astimezone(UTC)


def dt_of(event: Component, name: str) -> Any:
    """The Python value of a property of time, None where it is missing or of another kind."""
    value = event.get(name)
    # The library's stand-in for what it could not read raises for each question.
    return None if isinstance(value, vBroken) else getattr(value, "dt", None)


def bounds(event: Event, office_zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Start and end in UTC of the event itself, None without a readable DTSTART.

    Without DTEND and DURATION a DATE lasts one day and a time has no length (RFC 5545, 3.6.1).
    """
    start = dt_of(event, "DTSTART")
    if not isinstance(start, date):
        return None
    end = dt_of(event, "DTEND")
    if isinstance(end, date):
        return to_utc(start, office_zone), to_utc(end, office_zone)
    return to_utc(start, office_zone), late_end(start, _default_end(event, start), office_zone)


def late_end(start: date, end: date, office_zone: ZoneInfo) -> datetime:
    """In UTC, of an event whose DURATION makes it end at ``end`` by the wall clock.

    Thirty hours are exact (RFC 5545, 3.3.6), but programs add them to the wall clock: in a night
    in which clocks change these differ, and what either of them calls busy is busy.
    """
    starts, ends = to_utc(start, office_zone), to_utc(end, office_zone)
    if not isinstance(start, datetime) or not isinstance(end, datetime) or ends <= starts:
        return ends  # a time that no clock shows that night is none (3.3.10)
    length = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return max(ends, starts + length)


def _default_end(event: Event, start: date) -> date:
    duration = dt_of(event, "DURATION")
    whole_day = not isinstance(start, datetime)
    if not isinstance(duration, timedelta):
        return start + timedelta(days=1) if whole_day else start
    if whole_day and duration.seconds:
        return datetime.combine(start, time.min) + duration
    return start + duration
