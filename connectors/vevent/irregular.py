"""Lines that break the rules of RFC 5545: read as they were surely meant, or not understood."""

from __future__ import annotations

import re
from typing import Final

_FOLD: Final = re.compile(r"\r?\n[ \t]")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
#: RFC 5545, 3.1: a name, parameters, and a colon before the value.
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+[;:]")
_TIMES: Final = r"DTSTART|DTEND|RECURRENCE-ID|RDATE|EXDATE"
_BARE_DATE: Final = re.compile(
    rf"^(?:{_TIMES})(?P<parameters>;[^:\r\n]*)?:\d{{8}}(?:,|\s*$)", re.MULTILINE | re.IGNORECASE
)
_DATE: Final = re.compile(r";VALUE=\"?DATE\"?(?:;|$)", re.IGNORECASE)
_TZID: Final = re.compile(r";TZID=", re.IGNORECASE)
_EMPTY: Final = re.compile(
    rf"^(?:{_TIMES}|DURATION|RRULE)(?:;[^:\r\n]*)?:\s*$", re.MULTILINE | re.IGNORECASE
)
_PERIOD_OF_DATES: Final = re.compile(
    r"^(?:RDATE|FREEBUSY)(?:;[^:\r\n]*)?:(?:[^\r\n]*,)?\d{8}/", re.MULTILINE | re.IGNORECASE
)
_ZONE: Final = re.compile(
    r"^BEGIN:VTIMEZONE.*?^END:VTIMEZONE", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_ZONE_ID: Final = re.compile(r"^TZID[;:]", re.MULTILINE | re.IGNORECASE)


def lenient(raw: str) -> tuple[str, ...]:
    """Codes of what is against the rules but can only mean one thing."""
    text = _FOLD.sub("", raw)
    codes = []
    if any(":" in line and not _NAME.match(line.lstrip("\ufeff")) for line in _lines(text)):
        codes.append("odd_line")
    if _of_bare_dates(text):
        # RFC 5545, 3.8.2.4: a date says so by VALUE=DATE. Eight digits are one all the same.
        codes.append("date_without_value")
    if _EMPTY.search(text):
        codes.append("empty_time")
    if any(not _ZONE_ID.search(found[0]) for found in _ZONE.finditer(text)):
        codes.append("zone_without_name")
    return tuple(codes)


def doubtful(raw: str) -> tuple[str, ...]:
    """Codes of what may have said something about time that nobody can read."""
    text = _FOLD.sub("", raw)
    codes = []
    if any(":" not in line for line in _lines(text)):
        codes.append("unreadable_line")
    if any(_TZID.search(parameters) for parameters in _of_bare_dates(text)):
        # RFC 5545, 3.2.19: a date has no zone. As a midnight it would last no time at all.
        codes.append("date_with_zone")
    if _PERIOD_OF_DATES.search(text):
        # RFC 5545, 3.3.9: the ends of a period are times.
        codes.append("period_of_dates")
    return tuple(codes)


def _of_bare_dates(text: str) -> list[str]:
    """The parameters of each time of eight digits that does not say VALUE=DATE."""
    found = (match["parameters"] or "" for match in _BARE_DATE.finditer(text))
    return [parameters for parameters in found if not _DATE.search(parameters)]


def _lines(text: str) -> list[str]:
    return [line for line in _LINE_END.split(text) if line.strip()]
