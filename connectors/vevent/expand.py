"""All occurrences of one resource in a window; a rule that would not end is refused first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event
from icalendar.prop import vDDDTypes

from connectors.contract import BusyInterval, Period
from connectors.vevent.identity import key_of, ours
from connectors.vevent.parse import dt_of, late_end, to_utc
from connectors.vevent.shown import cancelled, show_as

#: All-day and floating times are compared without a zone while expanding; no zone is further off.
_MARGIN: Final = timedelta(days=2)
_SUB_DAILY: Final = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600}
_MAX_STEPS: Final = 5_000
_MAX_OCCURRENCES: Final = 5_000
_STRIDES: Final = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
#: Parts after which a later start of the series would still give the same dates.
_MOVABLE_PARTS: Final = frozenset({"FREQ", "INTERVAL", "BYDAY", "WKST", "UNTIL", "BYMONTH"})


class TooMany(Exception):
    """The rule has more steps or occurrences than any office's calendar needs."""


def occurrences(
    calendar: Calendar, *, window: Period, office_zone: ZoneInfo
) -> Iterator[BusyInterval]:
    """Occurrences that overlap ``window``; overrides, RDATE, EXDATE, THISANDFUTURE applied
    (RFC 5545, 3.8.4.4 and 3.8.5). Raises TooMany and whatever the library finds wrong."""
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    for event in events:
        _refuse_sub_daily(event, window)
        if len(events) == 1 or not any(_moves_the_rest(other) for other in events):
            _move_start_forward(event, window)
    query = recurring_ical_events.of(calendar, keep_recurrence_attributes=True)
    found = query.between(window.start - _MARGIN, window.end + _MARGIN)
    if len(found) > _MAX_OCCURRENCES:
        raise TooMany
    lasts = any(event.get("DURATION") is not None for event in events)
    for event in found:
        interval = _interval(event, office_zone, lasts=lasts)
        if interval is not None and interval.period.overlaps(window):
            yield interval


def _interval(event: Event, office_zone: ZoneInfo, *, lasts: bool) -> BusyInterval | None:
    """``lasts``: the library has made the end of a DURATION."""
    start, end = dt_of(event, "DTSTART"), dt_of(event, "DTEND")
    starts = to_utc(start, office_zone)
    ends = late_end(start, end, office_zone) if lasts else to_utc(end, office_zone)
    if cancelled(event) or ends <= starts:
        return None
    return BusyInterval(
        period=Period(starts, ends),
        show_as=show_as(event),
        all_day=not isinstance(start, datetime),
        ours=ours(event),
        key=key_of(event),
    )


def _rules(event: Event) -> list[dict[str, list[object]]]:
    rules = event.get("RRULE")
    if rules is None:
        return []
    return [dict(rule) for rule in (rules if isinstance(rules, list) else [rules])]


def _refuse_sub_daily(event: Event, window: Period) -> None:
    """dateutil walks from DTSTART; hourly since last year is cheap, secondly since 2020 is not."""
    start = dt_of(event, "DTSTART")
    for rule in _rules(event):
        seconds = _SUB_DAILY.get(str((rule.get("FREQ") or [""])[0]).upper())
        if seconds is None or not isinstance(start, date):
            continue
        interval = max(1, int(str((rule.get("INTERVAL") or [1])[0])))
        until = window.end + _MARGIN
        if last := (rule.get("UNTIL") or [None])[0]:
            until = min(until, to_utc(last, ZoneInfo("UTC")))  # type: ignore[arg-type]
        steps = (until - to_utc(start, ZoneInfo("UTC"))).total_seconds() / (seconds * interval)
        if count := (rule.get("COUNT") or [None])[0]:
            steps = min(steps, int(str(count)))
        if steps > _MAX_STEPS:
            raise TooMany


def _moves_the_rest(event: Event) -> bool:
    override = event.get("RECURRENCE-ID")
    return override is not None and "RANGE" in override.params


def _move_start_forward(event: Event, window: Period) -> None:
    """Let an old endless series start near the window; expansion otherwise pays for its age.

    Only by whole intervals, only where every part of the rule is independent of the start, and
    never into reach of the window, because DTSTART itself counts as an occurrence.
    """
    rules = _rules(event)
    start = dt_of(event, "DTSTART")
    if len(rules) != 1 or not isinstance(start, date) or event.get("RECURRENCE-ID"):
        return
    stride = _STRIDES.get(str((rules[0].get("FREQ") or [""])[0]).upper())
    if stride is None or not _MOVABLE_PARTS.issuperset(part.upper() for part in rules[0]):
        return
    stride *= max(1, int(str((rules[0].get("INTERVAL") or [1])[0])))
    end = dt_of(event, "DTEND")
    if end is not None and type(end) is not type(start):
        return
    length = timedelta(0)
    if isinstance(end, date):
        length = to_utc(end, ZoneInfo("UTC")) - to_utc(start, ZoneInfo("UTC"))
    elif event.get("DURATION") is not None:
        length = dt_of(event, "DURATION")
    room = window.start - 2 * _MARGIN - abs(length) - to_utc(start, ZoneInfo("UTC"))
    moved = (room // stride) * stride
    if moved <= timedelta(0):
        return
    _shift(event, "DTSTART", moved)
    if end is not None:
        _shift(event, "DTEND", moved)


def _shift(event: Event, name: str, by: timedelta) -> None:
    event[name] = vDDDTypes(dt_of(event, name) + by)
