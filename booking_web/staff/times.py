"""The next free times as the office sees them: the first one on a button, then day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request

from booking import offer
from booking.model import BookingState, BookingView
from booking.words import dates
from booking_web.current import desk, language, now
from booking_web.staff.offered import YEARS, Chosen, value_of
from connectors.contract import Period

#: Days that one question to the calendars covers, and days that one page shows.
_WINDOW = 62
_DAYS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Hour:
    """One time to choose. ``value``: its start, RFC 3339 in UTC; ``when``: with its day."""

    id: str
    value: str
    clock: str
    when: str


@dataclass(frozen=True, slots=True)
class Day:
    title: str
    today: bool
    hours: tuple[Hour, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """``first``: the first free time from the chosen day on; ``asked``: that day, as the field
    wants it; ``none_on``: its name where nothing is free on it; ``further``: where it goes on."""

    first: Hour | None
    days: tuple[Day, ...]
    asked: str
    none_on: str
    further: str
    unreachable: bool
    alternatives: tuple[Hour, ...]


def times(
    chosen: Chosen,
    *,
    moving: BookingView | None = None,
    alternatives: tuple[Period, ...] = (),
) -> Times:
    """What is free from ``?imera=`` (else today) on; the minimum notice does not bind the office.

    ``moving``: what this booking occupies counts as free, but it is not moved to where it is.
    Raises NotOffered.
    """
    today = dates.local(now(), zone=chosen.zone).date()
    latest = today + timedelta(days=chosen.service.horizon_days)
    asked = _day_asked()
    start = min(max(asked or today, today), latest)
    answer = offer.available(
        desk(),
        service_id=chosen.service_id,
        channel=chosen.channel.channel,
        first=start,
        last=min(start + timedelta(days=_WINDOW - 1), latest),
        exclude_booking=moving.id if moving else None,
        at_desk=True,
    )
    slots = [each for each in answer.slots if not _is_there(moving, chosen, each)]
    by_day: dict[date, list[Period]] = {}
    for period in slots:
        day = dates.local(period.start, zone=chosen.zone).date()
        by_day.setdefault(day, []).append(period)
    listed = sorted(by_day)
    further = listed[_DAYS_SHOWN].isoformat() if len(listed) > _DAYS_SHOWN else ""
    return Times(
        first=_hour(slots[0], chosen, "proti") if slots else None,
        days=tuple(
            Day(
                title=dates.day(day, language=language()),
                today=day == today,
                hours=tuple(_hour(each, chosen, "t") for each in by_day[day]),
            )
            for day in listed[:_DAYS_SHOWN]
        ),
        asked=asked.isoformat() if asked else "",
        none_on=dates.day(start, language=language()) if asked and start not in by_day else "",
        further=further,
        unreachable=answer.readable == 0,
        alternatives=tuple(_hour(each, chosen, "a") for each in alternatives),
    )


def first_today(chosen: Chosen) -> str:
    """The clock of the first time of today that is still free, for whoever stands at the desk; ""
    where none is. By what is known: no calendar is asked for it."""
    today = dates.local(now(), zone=chosen.zone).date()
    answer = offer.available(
        desk(),
        service_id=chosen.service_id,
        channel=chosen.channel.channel,
        first=today,
        last=today,
        refresh=False,
        at_desk=True,
    )
    if not answer.slots:
        return ""
    return dates.clock(answer.slots[0].start, zone=chosen.zone, language=language())


def _is_there(moving: BookingView | None, chosen: Chosen, period: Period) -> bool:
    if moving is None or moving.state is BookingState.RELEASED:
        return False
    return moving.channel is chosen.channel.channel and moving.period.start == period.start


def _day_asked() -> date | None:
    try:
        day = date.fromisoformat(request.args.get("imera", ""))
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _hour(period: Period, chosen: Chosen, prefix: str) -> Hour:
    value = value_of(period.start)
    return Hour(
        id=prefix + "".join(each for each in value if each.isalnum()),
        value=value,
        clock=dates.clock(period.start, zone=chosen.zone, language=language()),
        when=dates.day_and_clock(period.start, zone=chosen.zone, language=language(), year=False),
    )
