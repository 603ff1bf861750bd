"""When a Graph event is: instants of timed events, local days of all-day ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.contract import Period
from connectors.graph.zones import zone_of

_DAY: Final = timedelta(days=1)
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Span:
    """``period`` is None where the event takes no time. ``readable`` False: time may be missing."""

    period: Period | None
    all_day: bool = False
    certain: bool = True
    readable: bool = True
    warning: str = ""


@dataclass(frozen=True, slots=True)
class _Wall:
    """A time by a wall clock; ``zone`` None where nobody knows its zone."""

    at: datetime  #: naive
    zone: ZoneInfo | None

    def instant(self, otherwise: ZoneInfo) -> datetime:
        return self.at.replace(tzinfo=self.zone or otherwise).astimezone(UTC)

    @property
    def midnight(self) -> bool:
        return self.at.time() == time.min


def span_of(event: Mapping[str, Any], *, office_zone: ZoneInfo) -> Span:
    """Of anything with ``start``, ``end`` and perhaps ``isAllDay``. Never raises."""
    all_day = event.get("isAllDay") is True
    start, end = _wall(event.get("start")), _wall(event.get("end"))
    if start is None or end is None:
        return Span(None, all_day, readable=False, warning="unreadable_time")
    try:
        if all_day:
            return _whole_days(start, end, str(event.get("originalStartTimeZone")), office_zone)
        return _timed(start, end, office_zone)
    except (OverflowError, ValueError):
        return Span(None, all_day, readable=False, warning="unreadable_time")


def days(first: date, end: date, zone: ZoneInfo) -> Period:
    """From midnight to midnight by the clock in ``zone``; at least one day."""
    end = max(end, first + _DAY)
    return Period(datetime.combine(first, time.min, zone), datetime.combine(end, time.min, zone))


def _timed(start: _Wall, end: _Wall, office_zone: ZoneInfo) -> Span:
    certain = start.zone is not None and end.zone is not None
    begins, ends = start.instant(office_zone), end.instant(office_zone)
    warning = "" if certain else "unknown_zone"
    if ends <= begins:
        return Span(None, warning="end_before_start" if ends < begins else warning)
    return Span(Period(begins, ends), certain=certain, warning=warning)


def _whole_days(start: _Wall, end: _Wall, original: str, office_zone: ZoneInfo) -> Span:
    """The office's local days with the event's dates.

    Answers give its midnights as they are, or converted to UTC from the zone it was made in, which
    is named beside them. Where no zone makes both a midnight, every day that could be meant is
    taken.
    """
    if start.midnight and end.midnight:
        return Span(days(start.at.date(), end.at.date(), office_zone), all_day=True)
    if start.zone is not None and end.zone is not None:
        for zone in (zone_of(original), office_zone):
            if zone is None:
                continue
            begins = start.instant(office_zone).astimezone(zone)
            ends = end.instant(office_zone).astimezone(zone)
            if begins.time() == ends.time() == time.min:
                return Span(days(begins.date(), ends.date(), office_zone), all_day=True)
    local_start = start.instant(office_zone).astimezone(office_zone)
    local_end = end.instant(office_zone).astimezone(office_zone)
    first = min(start.at.date(), local_start.date())
    last = max(end.at.date(), local_end.date())
    return Span(
        days(first, last + _DAY, office_zone), all_day=True, certain=False, warning="unclear_days"
    )


def _wall(value: object) -> _Wall | None:
    """Graph ``dateTimeTimeZone``: a local time without offset, and the name of its zone."""
    if not isinstance(value, Mapping) or not isinstance(value.get("dateTime"), str):
        return None
    try:
        at = datetime.fromisoformat(value["dateTime"])
    except ValueError:
        return None
    if at.tzinfo is not None:
        return _Wall(at.astimezone(UTC).replace(tzinfo=None), _UTC)
    return _Wall(at, zone_of(str(value.get("timeZone") or "UTC")))


def utc_text(moment: datetime) -> str:
    """An instant as query parameters want it (RFC 3339)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc_value(moment: datetime) -> dict[str, str]:
    """An instant as ``dateTimeTimeZone``, in UTC."""
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
