"""Opening hours: layers, closed days, and the nights on which the clocks change."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.hours import OpenInterval, closed_days, opening_periods
from mapping.model import Closure, Holidays, LocalHoliday, LocalText, Municipality, Opening, Weekday
from tests.mapping.minimal import municipality
from tests.mapping.municipalities import openings

ATHENS = ZoneInfo("Europe/Athens")
WEEK = list(Weekday)
TOWN = replace(municipality(), holidays=Holidays(country=""))


def opening(day: str, start: str, end: str) -> Opening:
    return Opening(Weekday(day), time.fromisoformat(start), time.fromisoformat(end))


def opened(
    town: Municipality,
    first: date,
    last: date | None = None,
    *,
    service: tuple[Opening, ...] = (),
    channel: tuple[Opening, ...] = (),
    staff: tuple[Opening, ...] = (),
) -> tuple[OpenInterval, ...]:
    what = replace(town.services[0], opening_hours=service)
    way = replace(what.channels[0], opening_hours=channel)
    who = replace(town.staff[0], opening_hours=staff)
    return opening_periods(town, what, way, who, first=first, last=last or first)


def local(intervals: tuple[OpenInterval, ...]) -> list[str]:
    return [
        f"{each.period.start.astimezone(ATHENS):%H:%M}-{each.period.end.astimezone(ATHENS):%H:%M}"
        for each in intervals
    ]


MONDAY = date(2026, 11, 16)


def test_municipality_service_and_staff_are_intersected() -> None:
    service = (opening("monday", "07:00", "10:00"), opening("monday", "12:00", "18:00"))
    staff = (opening("monday", "09:00", "13:00"),)
    found = opened(TOWN, MONDAY, service=service, staff=staff)
    assert local(found) == ["09:00-10:00", "12:00-13:00"]
    assert [each.anchor for each in found] == [each.period.start for each in found]
    assert {each.day for each in found} == {MONDAY}
    assert local(opened(TOWN, MONDAY)) == ["08:00-14:00"]


def test_channel_hours_take_the_place_of_the_service_hours() -> None:
    service = (opening("monday", "08:00", "09:00"),)
    channel = (opening("monday", "13:00", "18:00"),)
    assert local(opened(TOWN, MONDAY, service=service, channel=channel)) == ["13:00-14:00"]


def test_somebody_who_works_other_days_is_never_there() -> None:
    assert opened(TOWN, MONDAY, staff=(opening("saturday", "08:00", "14:00"),)) == ()


def test_closures_of_all_three_and_holidays() -> None:
    reason = LocalText("Άδεια")
    week = [MONDAY + timedelta(days=n) for n in range(5)]
    town = replace(
        TOWN,
        closures=(Closure(week[0], week[0], reason),),
        services=(
            replace(TOWN.services[0], closures=(Closure(week[1], week[1], reason),)),
            *TOWN.services[1:],
        ),
        staff=(replace(TOWN.staff[0], closures=(Closure(week[2], week[2], reason),)),),
        holidays=Holidays("", local=(LocalHoliday(11, week[3].day, LocalText("Γιορτή")),)),
    )
    found = opened(town, week[0] - timedelta(days=7), week[4])
    assert {each.day for each in found if each.day >= week[0]} == {week[4]}
    service, staff = town.services[0], town.staff[0]
    closed = closed_days(town, service, staff, first=week[0], last=week[4])
    assert closed == frozenset(week[:4])


def test_a_long_closure_costs_only_the_days_asked_for() -> None:
    closure = Closure(date(1, 1, 1), date(9999, 12, 31), LocalText("Πάντα"))
    assert opened(replace(TOWN, closures=(closure,)), MONDAY) == ()


def changes(year: int) -> tuple[date, date]:
    """Last Sundays of March and October (Directive 2000/84/EC)."""
    march, october = date(year, 3, 31), date(year, 10, 31)
    return (
        march - timedelta(days=(march.weekday() + 1) % 7),
        october - timedelta(days=(october.weekday() + 1) % 7),
    )


WHOLE_DAY = tuple(Opening(day, time(0), time(23, 55)) for day in WEEK)


@pytest.mark.parametrize("year", range(2024, 2038))
def test_days_of_23_and_25_hours(year: int) -> None:
    spring, autumn = changes(year)
    town = replace(TOWN, opening_hours=WHOLE_DAY)
    for day, hours in ((spring, 23), (autumn, 25), (spring + timedelta(days=1), 24)):
        found = opened(town, day)
        open_for = sum((each.period.duration for each in found), timedelta())
        assert open_for == timedelta(hours=hours, minutes=-5)
        assert found[0].period.start.astimezone(ATHENS).date() == day
        assert found[-1].period.end.astimezone(ATHENS).time() == time(23, 55)
        assert found[-1].period.end - found[0].period.start == open_for


@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        # Spring: 03:00 is followed by 04:00, at 01:00 UTC.
        (date(2026, 3, 29), "02:00", "06:00", ["00:00-03:00"]),
        (date(2026, 3, 29), "03:00", "03:55", []),
        (date(2026, 3, 29), "03:30", "05:00", ["01:00-02:00"]),
        (date(2026, 3, 29), "02:00", "03:30", ["00:00-01:00"]),
        # Autumn: 04:00 is followed by 03:00, at 01:00 UTC; 03:30 comes twice.
        (date(2026, 10, 25), "02:00", "03:30", ["23:00-00:30", "01:00-01:30"]),
        (date(2026, 10, 25), "03:30", "05:00", ["00:30-01:00", "01:30-03:00"]),
        (date(2026, 10, 25), "08:30", "14:30", ["06:30-12:30"]),
        (date(2026, 10, 24), "08:30", "14:30", ["05:30-11:30"]),
    ],
)
def test_the_office_is_open_while_its_clock_says_so(
    day: date, start: str, end: str, expected: list[str]
) -> None:
    hours = (opening(WEEK[day.weekday()].value, start, end),)
    found = opened(replace(TOWN, opening_hours=hours), day)
    shown = [f"{each.period.start:%H:%M}-{each.period.end:%H:%M}" for each in found]
    assert shown == expected


TRANSITIONS = [day for year in range(2024, 2038) for day in changes(year)]


@given(
    hours=openings(),
    service=openings() | st.just(()),
    staff=openings() | st.just(()),
    near=st.sampled_from(TRANSITIONS),
    zone=st.sampled_from(["Europe/Athens", "Australia/Lord_Howe", "UTC"]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_five_minutes_around_the_change(
    hours: tuple[Opening, ...],
    service: tuple[Opening, ...],
    staff: tuple[Opening, ...],
    near: date,
    zone: str,
) -> None:
    """An instant is open exactly if the local clock shows a time within every layer's hours."""
    town = replace(TOWN, opening_hours=hours, time_zone=zone)
    first, last = near - timedelta(days=1), near + timedelta(days=1)
    found = opened(town, first, last, service=service, staff=staff)
    assert list(found) == sorted(found)
    for one, other in itertools.pairwise(found):
        assert not one.period.overlaps(other.period)
    instants: set[datetime] = set()
    for each in found:
        moment = each.period.start
        while moment < each.period.end:
            instants.add(moment)
            moment += timedelta(minutes=5)
    office = ZoneInfo(zone)
    moment = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=15)
    for _ in range(12 * 24 * 5):
        shown = moment.astimezone(office)
        within = first <= shown.date() <= last and all(
            any(
                each.weekday is WEEK[shown.weekday()] and each.start <= shown.time() < each.end
                for each in layer
            )
            for layer in (hours, service or hours, staff or hours)
        )
        assert (moment in instants) == within, shown
        moment += timedelta(minutes=5)
