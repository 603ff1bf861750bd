"""Series with everything that people do to them, held against a walk over the days of the calendar.

The walk knows no library: it asks of each day whether the rule names it (RFC 5545, 3.3.10 and
3.8.5), and then what became of that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Period, ShowAs
from connectors.vevent.read import read_resource

ATHENS = ZoneInfo("Europe/Athens")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: Clocks change on the last Sunday of March and of October 2026.
WINDOW = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Series:
    first: date
    at: time  #: never in the hours that clocks skip or repeat
    length: timedelta
    weekly: bool
    interval: int
    weekdays: frozenset[int]  #: of a weekly one; that of ``first`` is always among them
    count: int | None
    until: date | None
    excluded: frozenset[int]  #: numbers of occurrences
    added: frozenset[date]
    changed: dict[int, str]  #: number → what was done to it

    def dates(self) -> Iterator[date]:
        """Every day that the rule names, in order, before anything was done to it."""
        day, monday = self.first, self.first - timedelta(days=self.first.weekday())
        while day < WINDOW.end.date() + timedelta(days=10):
            if self.until is not None and day > self.until:
                return
            if self.weekly:
                named = (day - monday).days // 7 % self.interval == 0
                named = named and day.weekday() in self.weekdays
            else:
                named = (day - self.first).days % self.interval == 0
            if named:
                yield day
            day += timedelta(days=1)

    def numbered(self) -> list[date]:
        return list(islice(self.dates(), self.count))

    def busy(self) -> Iterator[tuple[datetime, datetime]]:
        """In UTC; one day may have several."""
        named = self.numbered()
        for number, day in enumerate(named):
            change = self.changed.get(number)
            start = self.start(day)
            if change is None:
                if number not in self.excluded:
                    yield start, self.end(day)
            elif change == "moved":
                yield start + 27 * HOUR, start + 28 * HOUR
            elif change == "shortened":
                yield start, start + HOUR / 4
        for day in self.added - set(named):
            yield self.start(day), self.end(day)

    def end(self, day: date) -> datetime:
        """Thirty hours later, and not before the wall clock shows that."""
        shown = (datetime.combine(day, self.at) + self.length).replace(tzinfo=ATHENS)
        return max(self.start(day) + self.length, shown.astimezone(UTC))

    def start(self, day: date) -> datetime:
        return datetime.combine(day, self.at, ATHENS).astimezone(UTC)

    def text(self) -> str:
        """The file, as a client would write it."""
        named = self.numbered()
        rule = [f"FREQ={'WEEKLY' if self.weekly else 'DAILY'}", f"INTERVAL={self.interval}"]
        if self.weekly:
            rule.append(f"BYDAY={','.join(DAYS[each] for each in sorted(self.weekdays))}")
        if self.count is not None:
            rule.append(f"COUNT={self.count}")
        if self.until is not None:
            end = datetime.combine(self.until, time(23, 59, 59), ATHENS).astimezone(UTC)
            rule.append(f"UNTIL={end:%Y%m%dT%H%M%SZ}")
        master = [
            self._local("DTSTART", self.first),
            f"DURATION:{_duration(self.length)}",
            f"RRULE:{';'.join(rule)}",
        ]
        master += [
            self._local("EXDATE", named[each])
            for each in sorted(self.excluded - self.changed.keys())
            if each < len(named)
        ]
        master += [self._local("RDATE", each) for each in sorted(self.added - set(named))]
        events = [master]
        for number, change in self.changed.items():
            if number < len(named):
                events.append(self._override(named[number], change))
        inside = "".join(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n"
            + "".join(f"{line}\r\n" for line in event)
            + "END:VEVENT\r\n"
            for event in events
        )
        return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{inside}END:VCALENDAR\r\n"

    def _override(self, day: date, change: str) -> list[str]:
        start, end = self.start(day), self.start(day) + self.length
        extra = []
        if change == "moved":
            start, end = start + 27 * HOUR, start + 28 * HOUR
        elif change == "shortened":
            end = start + HOUR / 4
        elif change == "cancelled":
            extra = ["STATUS:CANCELLED"]
        else:
            extra = ["TRANSP:TRANSPARENT"]
        return [
            self._local("RECURRENCE-ID", day),
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
            f"DTEND:{end:%Y%m%dT%H%M%SZ}",
            *extra,
        ]

    def _local(self, name: str, day: date) -> str:
        return f"{name};TZID=Europe/Athens:{datetime.combine(day, self.at):%Y%m%dT%H%M%S}"


def _duration(length: timedelta) -> str:
    return f"PT{int(length.total_seconds()) // 60}M"


@st.composite
def series(draw: st.DrawFn) -> Series:
    first = draw(st.dates(date(2025, 11, 1), date(2026, 11, 1)))
    end = draw(st.sampled_from(["count", "until", "never"]))
    return Series(
        first=first,
        at=draw(st.sampled_from([time(0), time(8, 15), time(12), time(23, 30)])),
        length=draw(st.sampled_from([HOUR / 2, HOUR, 30 * HOUR, 50 * HOUR])),
        weekly=draw(st.booleans()),
        interval=draw(st.integers(1, 5)),
        weekdays=draw(st.frozensets(st.integers(0, 6), max_size=3)) | {first.weekday()},
        count=draw(st.integers(1, 60)) if end == "count" else None,
        until=first + timedelta(days=draw(st.integers(0, 300))) if end == "until" else None,
        excluded=draw(st.frozensets(st.integers(0, 12), max_size=4)),
        added=draw(st.frozensets(st.dates(first, date(2026, 12, 1)), max_size=2)),
        changed=draw(
            st.dictionaries(
                st.integers(0, 12),
                st.sampled_from(["moved", "shortened", "cancelled", "free"]),
                max_size=4,
            )
        ),
    )


def union(periods: list[tuple[datetime, datetime]]) -> list[list[datetime]]:
    """What is covered, cut to the window."""
    covered: list[list[datetime]] = []
    for begin, finish in sorted(periods):
        start, end = max(begin, WINDOW.start), min(finish, WINDOW.end)
        if start >= end:
            continue
        if covered and start <= covered[-1][1]:
            covered[-1][1] = max(covered[-1][1], end)
        else:
            covered.append([start, end])
    return covered


@settings(max_examples=200)
@given(series())
def test_a_series_is_busy_when_a_walk_over_its_days_says_so(drawn: Series) -> None:
    reading = read_resource(
        drawn.text(), resource_id="a", etag='"1"', window=WINDOW, office_zone=ATHENS
    )
    assert reading.understood, reading.warnings
    read = [
        (each.period.start, each.period.end)
        for each in reading.intervals
        if each.show_as is not ShowAs.FREE
    ]
    assert union(read) == union(list(drawn.busy()))
