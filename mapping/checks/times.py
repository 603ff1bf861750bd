"""Minutes, hours and days: the five-minute grid, order and overlap."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import time
from zoneinfo import available_timezones

from mapping.model import CELL_MINUTES, Closure, Holidays, Municipality, Opening, Service
from mapping.problem import Path, Problem

MAX_MINUTES = 12 * 60
MAX_NOTICE = 90 * 24 * 60
MAX_HORIZON_DAYS = 365


def check(municipality: Municipality) -> Iterator[Problem]:
    if municipality.time_zone not in available_timezones():
        yield Problem(
            ("time_zone",),
            f"'{municipality.time_zone}' is no time zone name; write for example Europe/Athens",
        )
    if not municipality.opening_hours:
        message = 'no opening hours; write weekdays with hours, e.g. monday-friday: "08:00-14:00"'
        yield Problem(("opening_hours",), message)
    yield from _openings(("opening_hours",), municipality.opening_hours)
    yield from _closures(("closures",), municipality.closures)
    yield from _holidays(("holidays",), municipality.holidays)
    for index, service in enumerate(municipality.services):
        yield from _service(("services", index), service)
    for index, member in enumerate(municipality.staff):
        yield from _openings(("staff", index, "opening_hours"), member.opening_hours)
        yield from _closures(("staff", index, "closures"), member.closures)


def _service(path: Path, service: Service) -> Iterator[Problem]:
    for field, minutes, least, most in (
        ("duration_minutes", service.duration_minutes, CELL_MINUTES, MAX_MINUTES),
        ("step_minutes", service.step_minutes, CELL_MINUTES, MAX_MINUTES),
        ("buffer_before_minutes", service.buffer_before_minutes, 0, MAX_MINUTES),
        ("buffer_after_minutes", service.buffer_after_minutes, 0, MAX_MINUTES),
        ("minimum_notice_minutes", service.minimum_notice_minutes, 0, MAX_NOTICE),
    ):
        yield from _minutes((*path, field), minutes, least, most)
    if not 1 <= service.horizon_days <= MAX_HORIZON_DAYS:
        message = f"a horizon has 1 to {MAX_HORIZON_DAYS} days; write for example 60"
        yield Problem((*path, "horizon_days"), message)
    yield from _openings((*path, "opening_hours"), service.opening_hours)
    yield from _closures((*path, "closures"), service.closures)
    for index, channel in enumerate(service.channels):
        yield from _openings((*path, "channels", index, "opening_hours"), channel.opening_hours)


def _minutes(path: Path, minutes: int, least: int, most: int) -> Iterator[Problem]:
    if minutes % CELL_MINUTES:
        below = minutes - minutes % CELL_MINUTES
        near = [each for each in (below, below + CELL_MINUTES) if each >= least]
        yield Problem(
            path,
            f"{minutes} is not a multiple of {CELL_MINUTES} minutes; "
            f"write {' or '.join(str(each) for each in near) or least}",
        )
    elif not least <= minutes <= most:
        yield Problem(path, f"{minutes} minutes is out of range; write {least} to {most}")


def _openings(path: Path, openings: tuple[Opening, ...]) -> Iterator[Problem]:
    last: Opening | None = None
    for index, opening in enumerate(openings):
        place = (*path, index)
        # Without the weekday: a range of days is one place in the file, and one fault.
        stretch = f"{opening.start:%H:%M}-{opening.end:%H:%M}"
        if any(_off_grid(each) for each in (opening.start, opening.end)):
            yield Problem(place, f"{stretch}: times must be multiples of {CELL_MINUTES} minutes")
        if opening.end <= opening.start:
            yield Problem(place, f"{stretch} ends before it starts; write the earlier time first")
        elif last and last.weekday is opening.weekday and opening.start < last.end:
            message = f"{stretch} overlaps {last.start:%H:%M}-{last.end:%H:%M}; join the two"
            yield Problem(place, message)
        last = opening


def _off_grid(moment: time) -> bool:
    return bool(moment.minute % CELL_MINUTES or moment.second or moment.microsecond)


def _closures(path: Path, closures: tuple[Closure, ...]) -> Iterator[Problem]:
    for index, closure in enumerate(closures):
        if closure.last < closure.first:
            message = "the closure ends before it starts; write the earlier day under 'from'"
            yield Problem((*path, index), message)


def _holidays(path: Path, holidays: Holidays) -> Iterator[Problem]:
    for index, feast in enumerate(holidays.local):
        place = (*path, "local", index)
        if not 1 <= feast.month <= 12:
            yield Problem((*place, "month"), "a month is a number from 1 to 12")
        elif not 1 <= feast.day <= calendar.monthrange(2024, feast.month)[1]:
            yield Problem((*place, "day"), f"month {feast.month} has no day {feast.day}")
    if holidays.country and not (len(holidays.country) == 2 and holidays.country.isupper()):
        message = "a country has two capital letters; write GR"
        yield Problem((*path, "country"), message)
    elif holidays.country not in {"", "GR"} and not _is_known_country(holidays.country):
        message = f"there is no list of holidays for '{holidays.country}'; write GR"
        yield Problem((*path, "country"), message)


def _is_known_country(country: str) -> bool:
    from mapping.holiday import is_known_country  # slow to import, and rarely asked

    return is_known_country(country)
