"""The visitor's own time zone, beside Greek time, for those who ask for it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from flask import request, session

from booking.words import dates
from booking_web.current import language

#: Where Greeks abroad live, from west to east; all 400 zones would be longer than the page.
OFFERED = (
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/Toronto",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Paris",
    "Europe/Brussels",
    "Europe/Amsterdam",
    "Europe/Berlin",
    "Europe/Zurich",
    "Europe/Vienna",
    "Europe/Rome",
    "Europe/Madrid",
    "Europe/Stockholm",
    "Europe/Warsaw",
    "Europe/Bucharest",
    "Europe/Sofia",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Asia/Nicosia",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Asia/Tbilisi",
    "Asia/Dubai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Adelaide",
    "Australia/Melbourne",
    "Australia/Sydney",
    "Pacific/Auckland",
)
_COOKIE_KEY = "zone"


def visitors_zone() -> ZoneInfo | None:
    """The zone that this session asked for; ``?zoni=`` sets it, an empty one forgets it."""
    asked = request.args.get("zoni")
    if asked in OFFERED:
        session[_COOKIE_KEY] = asked
    elif asked == "":
        session.pop(_COOKIE_KEY, None)
    kept = session.get(_COOKIE_KEY)
    return ZoneInfo(kept) if kept in OFFERED else None


def options() -> tuple[tuple[str, str], ...]:
    """Zones to choose from with their names, by name."""
    return _options(language())


@cache
def _options(words: str) -> tuple[tuple[str, str], ...]:
    named = ((key, dates.zone_name(ZoneInfo(key), language=words)) for key in OFFERED)
    return tuple(sorted(named, key=lambda each: each[1]))


def beside(moment: datetime, *, home: ZoneInfo, visitor: ZoneInfo | None) -> str:
    """The visitor's time of ``moment``, with its day where that differs; empty if none is asked."""
    if visitor is None:
        return ""
    there = dates.local(moment, zone=visitor)
    written = dates.clock(moment, zone=visitor, language=language())
    if there.date() != dates.local(moment, zone=home).date():
        return f"{dates.day(there.date(), language=language(), year=False)}, {written}"
    return written
