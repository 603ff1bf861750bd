"""When a service is open: hours of municipality, service and staff member, minus closed days."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.contract import Period
from mapping.holiday import is_holiday
from mapping.model import (
    Closure,
    Holidays,
    Municipality,
    Opening,
    Service,
    ServiceChannel,
    StaffMember,
    Weekday,
)

#: Half-open stretch of one day in minutes of the office's clock.
_Stretch = tuple[int, int]
_DAY_MINUTES = 24 * 60
_WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True, order=True)
class OpenInterval:
    """One stretch in which everybody who is needed is open. Starts are anchored at its start."""

    period: Period  #: UTC
    day: date  #: local

    @property
    def anchor(self) -> datetime:
        return self.period.start


def opening_periods(
    municipality: Municipality,
    service: Service,
    channel: ServiceChannel,
    staff: StaffMember,
    *,
    first: date,
    last: date,
) -> tuple[OpenInterval, ...]:
    """Open intervals of the local days ``first`` to ``last`` (both included), in order.

    An office is open exactly while its clock shows a time within the hours: on the night of the
    change to winter time an interval may therefore fall in two, in spring it may be cut.
    Staff members with the same hours and closures share one (cached) answer.
    """
    closed = closed_days(municipality, service, staff, first=first, last=last)
    week = _week(
        municipality.opening_hours,
        channel.opening_hours or service.opening_hours,
        staff.opening_hours,
    )
    return _periods(week, closed, municipality.time_zone, first, last)


def weekly_periods(
    hours: tuple[tuple[int, int, int], ...], *, time_zone: str, first: date, last: date
) -> tuple[OpenInterval, ...]:
    """The stretches of hours that come back every week, on the local days ``first`` to ``last``.

    ``hours``: weekday (0 Monday … 6 Sunday), first and last minute of the day in ``time_zone``.
    """
    week = tuple(
        tuple(sorted((start, end) for on, start, end in hours if on == day and start < end))
        for day in range(len(_WEEKDAYS))
    )
    return _periods(week, frozenset(), time_zone, first, last)


def closed_days(
    municipality: Municipality,
    service: Service,
    staff: StaffMember,
    *,
    first: date,
    last: date,
) -> frozenset[date]:
    """Local days from ``first`` to ``last`` on which a closure or a holiday shuts the door."""
    closures = (*municipality.closures, *service.closures, *staff.closures)
    return _closed_days(closures, first, last) | _holidays(municipality.holidays, first, last)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


@functools.lru_cache(maxsize=1024)
def _closed_days(closures: tuple[Closure, ...], first: date, last: date) -> frozenset[date]:
    return frozenset(
        day
        for closure in closures
        for day in _days(max(first, closure.first), min(last, closure.last))
    )


@functools.lru_cache(maxsize=1024)
def _holidays(rules: Holidays, first: date, last: date) -> frozenset[date]:
    return frozenset(day for day in _days(first, last) if is_holiday(rules, day))


@functools.lru_cache(maxsize=1024)
def _week(*layers: tuple[Opening, ...]) -> tuple[tuple[_Stretch, ...], ...]:
    """Stretches of each weekday that all layers have in common; an empty layer says nothing.

    The first layer is the municipality's: empty, it would be never open, not always.
    """
    week: list[tuple[_Stretch, ...]] = []
    for weekday in _WEEKDAYS:
        common = _stretches(layers[0], weekday)
        for layer in layers[1:]:
            if layer:
                common = _intersection(common, _stretches(layer, weekday))
        week.append(common)
    return tuple(week)


def _stretches(openings: Iterable[Opening], weekday: Weekday) -> tuple[_Stretch, ...]:
    return tuple(
        sorted(
            (each.start.hour * 60 + each.start.minute, each.end.hour * 60 + each.end.minute)
            for each in openings
            if each.weekday is weekday
        )
    )


def _intersection(one: Sequence[_Stretch], other: Sequence[_Stretch]) -> tuple[_Stretch, ...]:
    return tuple(
        sorted(
            (max(a[0], b[0]), min(a[1], b[1]))
            for a in one
            for b in other
            if max(a[0], b[0]) < min(a[1], b[1])
        )
    )


@functools.lru_cache(maxsize=512)
def _periods(
    week: tuple[tuple[_Stretch, ...], ...],
    closed: frozenset[date],
    time_zone: str,
    first: date,
    last: date,
) -> tuple[OpenInterval, ...]:
    zone = ZoneInfo(time_zone)
    found: list[OpenInterval] = []
    for day in _days(first, last):
        stretches = week[day.weekday()]
        if not stretches or day in closed:
            continue
        regimes = _regimes(day, zone)
        found.extend(
            sorted(
                OpenInterval(Period(start, end), day)
                for stretch in stretches
                for start, end in _instants(day, stretch, regimes)
            )
        )
    return tuple(found)


#: Offset from UTC, and the half-open stretch of UTC in which it holds.
_Regime = tuple[timedelta, datetime, datetime]


def _instants(
    day: date, stretch: _Stretch, regimes: Sequence[_Regime]
) -> list[tuple[datetime, datetime]]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found: list[tuple[datetime, datetime]] = []
    for offset, since, until in regimes:
        base = midnight - offset
        start = max(base + timedelta(minutes=stretch[0]), since)
        end = min(base + timedelta(minutes=stretch[1]), until)
        if start >= end:
            continue
        if found and found[-1][1] == start:
            start = found.pop()[0]  # open right through the change
        found.append((start, end))
    return found


def _regimes(day: date, zone: ZoneInfo) -> tuple[_Regime, ...]:
    """The offsets that hold during a local day: one, or two where the clocks change."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    # Wide enough for every offset on earth; the stretch itself confines the result to the day.
    since, until = midnight - timedelta(hours=15), midnight + timedelta(hours=39)
    at_first = datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset()
    next_day = day + timedelta(days=1)
    at_last = datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).utcoffset()
    if at_first is None or at_last is None:
        raise ValueError(f"{zone.key} has no offset on {day}")
    if at_first == at_last:
        return ((at_first, since, until),)
    change = _change(midnight - at_first, midnight + timedelta(days=1) - at_last, zone)
    return ((at_first, since, change), (at_last, change, until))


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The minute at which the offset changes between two instants (bisection)."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds() // 60)
    while high - low > 1:
        middle = (low + high) // 2
        moment = before + timedelta(minutes=middle)
        if moment.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + timedelta(minutes=high)
