"""When the events of promises are: six weeks around a change of the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.contract import Period

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Times:
    """Six weeks that begin on ``monday``; on its Sunday the clocks of ``zone`` change.

    ``earlier``: so many hours before those that promises name, so that events of a live run lie
    in the night.
    """

    monday: date
    zone: ZoneInfo
    earlier: int = 0

    @property
    def window(self) -> Period:
        """The six weeks from midnight in UTC."""
        start = datetime.combine(self.monday, time(), tzinfo=UTC)
        return Period(start, start + 6 * _WEEK)

    @property
    def around(self) -> Period:
        """Everything that any promise writes to."""
        return Period(self.window.start - 2 * _WEEK, self.window.end + 6 * _WEEK)

    def at(self, day: int, hour: int, minute: int = 0, *, minutes: int = 30) -> Period:
        """That many days after the first Monday, by the clock of the office."""
        moment = time(hour - self.earlier, minute, tzinfo=self.zone)
        start = datetime.combine(self.day(day), moment)
        return Period(start, start + timedelta(minutes=minutes))

    def day(self, number: int) -> date:
        return self.monday + timedelta(days=number)

    def later(self, period: Period, weeks: int) -> Period:
        """The same wall time ``weeks`` weeks later, also over a change of the clocks."""
        start = period.start.astimezone(self.zone) + weeks * _WEEK
        return Period(start, start + period.duration)

    def whole_days(self, first: date, days: int) -> Period:
        start = datetime.combine(first, time(), tzinfo=self.zone)
        return Period(start, start + timedelta(days=days))


def around_change_of_clocks(after: date, zone: ZoneInfo) -> date:
    """The Monday, on ``after`` or later, of the next week at whose end the clocks change.

    The next Monday where the zone's clocks never change.
    """
    first = after + timedelta(days=-after.weekday() % 7)
    for week in range(60):
        monday = first + week * _WEEK
        sunday = datetime.combine(monday + timedelta(days=6), time(), tzinfo=zone)
        if sunday.utcoffset() != (sunday + timedelta(days=1)).utcoffset():
            return monday
    return first
