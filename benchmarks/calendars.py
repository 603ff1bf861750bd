"""Made-up staff calendars: objects as a CalDAV server stores them, and the busy time they mean.

About 240 objects a person for the coming two months, as in a well-used calendar: single meetings
and weekly series, some with a cancelled or a moved occurrence. ``history`` adds a year of past
ones. The busy time is kept beside the text by plain arithmetic, so that answers can be checked
without asking the code that is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ATHENS = ZoneInfo("Europe/Athens")
SERIES = 20
SINGLES = 220
AHEAD = timedelta(days=60)
PAST_SINGLES = 780
PAST = timedelta(days=365)

Span = tuple[datetime, datetime]

_VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Athens
BEGIN:DAYLIGHT
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
TZNAME:EEST
DTSTART:19700329T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
TZNAME:EET
DTSTART:19701025T040000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
"""


def today() -> date:
    return datetime.now(ATHENS).date()


@dataclass
class StaffCalendar:
    """``objects``: file name to iCalendar text; ``busy``: every occurrence, UTC, any order."""

    objects: dict[str, str] = field(default_factory=dict)
    busy: list[Span] = field(default_factory=list)

    def is_free(self, start: datetime, end: datetime) -> bool:
        return not any(first < end and start < last for first, last in self.busy)


def make(seed: int, *, today: date, history: bool) -> StaffCalendar:
    """The same seed and day make the same calendar."""
    chance = random.Random(seed)
    made = StaffCalendar()
    days = _working_days(today, today + AHEAD)
    for number in range(SINGLES):
        _add_single(made, f"s{seed}-{number}", chance.choice(days), chance)
    for number in range(SERIES):
        _add_series(made, f"w{seed}-{number}", today, chance, odd=number)
    if history:
        past = _working_days(today - PAST, today - timedelta(days=1))
        for number in range(PAST_SINGLES):
            _add_single(made, f"p{seed}-{number}", chance.choice(past), chance)
    return made


def _working_days(first: date, last: date) -> list[date]:
    count = (last - first).days + 1
    days = (first + timedelta(days=offset) for offset in range(count))
    return [day for day in days if day.weekday() < 5]


def _hour(chance: random.Random) -> time:
    return time(chance.randrange(8, 15), chance.choice((0, 15, 30, 45)))


def _add_single(made: StaffCalendar, name: str, day: date, chance: random.Random) -> None:
    start = datetime.combine(day, _hour(chance), ATHENS)
    end = start + timedelta(minutes=chance.choice((15, 30, 60)))
    made.busy.append((start.astimezone(UTC), end.astimezone(UTC)))
    made.objects[f"{name}.ics"] = _calendar(_event(name, start, end))


def _add_series(
    made: StaffCalendar, name: str, today: date, chance: random.Random, *, odd: int
) -> None:
    """Weekly for a year from up to 90 days ago; one in five skips a week, one in ten moves one."""
    started = today - timedelta(days=chance.randrange(1, 90))
    while started.weekday() >= 5:
        started -= timedelta(days=1)
    at = _hour(chance)
    length = timedelta(minutes=30)
    first = datetime.combine(started, at, ATHENS)
    starts = [first + timedelta(weeks=week) for week in range(52)]  # on the wall clock
    changed = chance.randrange(14, 18)
    extra, override = "", ""
    if odd % 5 == 0:
        skipped = starts.pop(changed)
        extra = f"EXDATE;TZID=Europe/Athens:{skipped:%Y%m%dT%H%M%S}\n"
    elif odd % 10 == 1:
        original = starts[changed]
        starts[changed] = original + timedelta(hours=1)
        override = _event(
            name,
            starts[changed],
            starts[changed] + length,
            f"RECURRENCE-ID;TZID=Europe/Athens:{original:%Y%m%dT%H%M%S}\n",
        )
    rule = "RRULE:FREQ=WEEKLY;COUNT=52\n"
    made.busy += [(each.astimezone(UTC), (each + length).astimezone(UTC)) for each in starts]
    made.objects[f"{name}.ics"] = _calendar(
        _event(name, first, first + length, rule + extra) + override
    )


def _event(name: str, start: datetime, end: datetime, more: str = "") -> str:
    return (
        f"BEGIN:VEVENT\nUID:{name}\nDTSTAMP:20260101T000000Z\nSUMMARY:Σύσκεψη {name}\n"
        f"DTSTART;TZID=Europe/Athens:{start:%Y%m%dT%H%M%S}\n"
        f"DTEND;TZID=Europe/Athens:{end:%Y%m%dT%H%M%S}\n{more}"
        "DESCRIPTION:Ημερήσια διάταξη, συνημμένα και σημειώσεις της συνάντησης.\n"
        "LOCATION:Αίθουσα συσκέψεων\nEND:VEVENT\n"
    )


def _calendar(events: str) -> str:
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//benchmark//EL\n{_VTIMEZONE}{events}"
    return (text + "END:VCALENDAR\n").replace("\n", "\r\n")


def free_starts(
    pool: list[StaffCalendar], offered: Iterator[datetime], *, length: timedelta
) -> list[datetime]:
    """Those of ``offered`` at which somebody of the pool is free: the answer to check against."""
    return [start for start in offered if any(each.is_free(start, start + length) for each in pool)]
