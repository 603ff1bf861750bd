"""One month as a table: which days can be chosen, and what each of them is called aloud. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from booking.words import dates


@dataclass(frozen=True, slots=True)
class Day:
    """A cell. ``url`` is empty where nothing is free; ``number`` is 0 outside the month."""

    number: int = 0
    url: str = ""
    label: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A neighbouring month; ``url`` is empty where there is nothing to see."""

    short: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Month:
    title: str
    weekdays: tuple[tuple[str, str], ...]  #: short, full
    weeks: tuple[tuple[Day, ...], ...]
    before: Move
    after: Move


def first_of(day: date) -> date:
    return day.replace(day=1)


def month_before(first: date) -> date:
    return first_of(first - timedelta(days=1))


def month_after(first: date) -> date:
    return first_of(first + timedelta(days=31))


def last_of(first: date) -> date:
    return month_after(first) - timedelta(days=1)


def build(
    first: date,
    *,
    counts: Mapping[date, int],
    chosen: date | None,
    earliest: date,
    latest: date,
    day_url: Callable[[date], str],
    month_url: Callable[[date], str],
    count_words: Callable[[int], str],
    language: str,
) -> Month:
    """The month that begins on ``first``; ``counts`` says how many times each day offers."""

    def cell(day: date) -> Day:
        if day.month != first.month:
            return Day()
        count = counts.get(day, 0)
        if not count:
            return Day(number=day.day)
        label = f"{dates.day(day, language=language, year=False)}, {count_words(count)}"
        return Day(number=day.day, url=day_url(day), label=label, current=day == chosen)

    def move(to: date) -> Move:
        title = dates.month(to, language=language)
        reachable = last_of(to) >= earliest and to <= latest
        return Move(short=title[:3], label=title, url=month_url(to) if reachable else "")

    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        title=dates.month(first, language=language),
        weekdays=dates.weekdays(language),
        weeks=tuple(tuple(cell(day) for day in week) for week in weeks),
        before=move(month_before(first)),
        after=move(month_after(first)),
    )
