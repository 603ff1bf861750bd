"""The one event of a calendar object that we mean, and what it says now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from connectors.contract import EventRef, Period, RemoteEvent, ShowAs
from connectors.vevent.identity import (
    ABOUT_PROPERTY,
    REFERENCE_PROPERTY,
    key_of,
    our_body,
    text_of,
)
from connectors.vevent.parse import Unreadable, bounds, dt_of, parse
from connectors.vevent.shown import cancelled, show_as

_REPEATING: Final = ("RRULE", "RDATE")


def target(calendars: Sequence[Calendar]) -> Event:
    """The master event: the one without RECURRENCE-ID, else the first. Raises Unreadable."""
    events = [
        event
        for calendar in calendars
        for event in calendar.walk("VEVENT")
        if isinstance(event, Event)
    ]
    if not events:
        raise Unreadable("no_event")
    return next((event for event in events if "RECURRENCE-ID" not in event), events[0])


def uid_in(raw: str) -> str:
    """The UID of the event in ``raw``, "" where it cannot be read."""
    try:
        return text_of(target(parse(raw)), "UID")
    except Unreadable:
        return ""


def remote_event(raw: str, *, ref: EventRef, office_zone: ZoneInfo) -> RemoteEvent:
    """What the event says. ``period`` is None where it takes no time or cannot be read."""
    try:
        event = target(parse(raw))
    except Unreadable:
        return RemoteEvent(ref=ref, period=None)
    try:
        limits = bounds(event, office_zone)
    except (ArithmeticError, ValueError):
        limits = None
    period = Period(*limits) if limits is not None and limits[0] < limits[1] else None
    gone = cancelled(event)
    return RemoteEvent(
        ref=ref,
        period=period,
        key=key_of(event),
        reference=text_of(event, REFERENCE_PROPERTY) or None,
        show_as=ShowAs.FREE if gone else show_as(event),
        all_day=not isinstance(dt_of(event, "DTSTART"), datetime),
        recurring=any(name in event for name in _REPEATING),
        cancelled=gone,
        subject=text_of(event, "SUMMARY"),
        meeting_url=text_of(event, "X-RANTEVOU-MEETING"),
        categories=_categories(event),
        about=text_of(event, ABOUT_PROPERTY),
        body=our_body(event),
    )


def _categories(event: Event) -> tuple[str, ...]:
    try:
        return tuple(name for name in map(str, event.categories) if name)
    except (TypeError, ValueError):  # written in a way that the library does not take
        return ()
