"""Single values of the mapping file: text, numbers, dates, hours; each says what it wants."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time

from mapping.model import Opening, Weekday

# Bidirectional controls can make a page show another text than the file does (Unicode TR 36).
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?\d{1,9}")
_WEEKDAYS = tuple(Weekday)


class ScalarFault(Exception):
    """The value is not of the expected form; the text says what to write."""


def clean_text(raw: str, *, one_line: bool) -> str:
    """NFC, without blanks around. Raises ScalarFault for control characters."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n")).strip(" \t\n\r")
    for character in text:
        if character == "\n":
            if one_line:
                raise ScalarFault("this text must stand on one line; remove the line break")
        elif unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _BIDI:
            raise ScalarFault(f"control character U+{ord(character):04X} in the text; delete it")
    return text


def read_number(raw: str) -> int:
    if not _NUMBER.fullmatch(raw):
        raise ScalarFault(f"'{shorten(raw)}' is not a whole number; write for example 30")
    return int(raw)


def read_switch(raw: str) -> bool:
    lowered = raw.lower()
    if lowered not in {"true", "false", "yes", "no"}:
        raise ScalarFault(f"'{shorten(raw)}' is neither yes nor no; write true or false")
    return lowered in {"true", "yes"}


def read_date(raw: str) -> date:
    if _DATE.fullmatch(raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raise ScalarFault(f"there is no day '{raw}' in the calendar") from None
    raise ScalarFault(f"'{shorten(raw)}' is not a date; write year-month-day, e.g. 2026-08-10")


def read_hours(raw: str) -> tuple[time, time]:
    """ "08:30-14:30" as two local times; the order is judged by the checks, not here."""
    found = _HOURS.fullmatch(raw.strip())
    if not found:
        raise ScalarFault(
            f"'{shorten(raw)}' is not a pair of times; write for example \"08:30-14:30\""
        )
    hours = [int(part) for part in found.groups()]
    if hours[2:] == [24, 0]:
        raise ScalarFault("opening hours end at 23:55 at the latest; write 23:55 for 24:00")
    try:
        return time(hours[0], hours[1]), time(hours[2], hours[3])
    except ValueError:
        raise ScalarFault(f"'{raw.strip()}' names an hour that does not exist") from None


def read_weekdays(raw: str) -> tuple[Weekday, ...]:
    """ "monday", "monday-friday" or "monday, thursday"."""
    days: list[Weekday] = []
    for part in raw.lower().split(","):
        ends = [end.strip() for end in re.split("[-–]", part)]
        if len(ends) > 2 or not all(end in set(_WEEKDAYS) for end in ends):
            raise ScalarFault(
                f"'{shorten(raw)}' is not a weekday; write monday … sunday, "
                "a range (monday-friday) or a list (monday, thursday)"
            )
        first, last = _WEEKDAYS.index(Weekday(ends[0])), _WEEKDAYS.index(Weekday(ends[-1]))
        if last < first:
            raise ScalarFault(f"'{part.strip()}' runs backwards; write the earlier day first")
        days.extend(_WEEKDAYS[first : last + 1])
    return tuple(days)


def opening_order(opening: Opening) -> tuple[int, time, time]:
    return _WEEKDAYS.index(opening.weekday), opening.start, opening.end


def shorten(raw: str) -> str:
    """What a message may repeat of a value."""
    shown = "".join(c if c.isprintable() else "�" for c in raw)
    return shown if len(shown) <= 40 else shown[:39] + "…"
