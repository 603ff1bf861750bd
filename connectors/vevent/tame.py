"""Which recurrence rules are surely cheap; all others are expanded inside a time box."""

from __future__ import annotations

import re
from typing import Final

_MAX_LENGTH: Final = 100_000  #: characters; a longer object may hold thousands of exceptions
_MAX_RULES: Final = 8
_OLDEST: Final = 1990  #: a rule walks every occurrence since its start
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_RULE: Final = re.compile(r"^RRULE(?:;[^:\r\n]*)?:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_YEAR: Final = re.compile(r"^DTSTART[^:\r\n]*:(\d{4})", re.MULTILINE | re.IGNORECASE)
_PARTS: Final = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"}
)
_DAYS: Final = re.compile(r"(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*")
#: The fifth of some weekday is what a month may lack.
_NTH_DAYS: Final = re.compile(
    r"[+-]?[1-4]?(?:MO|TU|WE|TH|FR|SA|SU)(?:,[+-]?[1-4]?(?:MO|TU|WE|TH|FR|SA|SU))*"
)
_MONTHS: Final = re.compile(r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*")
_MONTH_DAY: Final = re.compile(r"-?(?:[1-9]|1\d|2[0-8])")
_NUMBER: Final = re.compile(r"[1-9]\d{0,3}")


def is_tame(raw: str) -> bool:
    """True where nothing in ``raw`` can make an expansion long.

    A tame rule finds an occurrence at least every few years, so that the search ends soon after
    the window; "30 February" is the classic that is not. Asking costs microseconds, the time box
    a multiple of the expansion itself.
    """
    if len(raw) > _MAX_LENGTH:
        return False
    text = _FOLD.sub("", raw)
    mentioned = text.upper().count("RRULE")
    if not mentioned:
        return True
    rules = _RULE.findall(text)
    if len(rules) != mentioned or mentioned > _MAX_RULES:
        return False
    return all(_is_tame_rule(rule, text) for rule in rules)


def _is_tame_rule(rule: str, text: str) -> bool:
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    if not parts.keys() <= _PARTS:
        return False
    numbers = [parts.get("INTERVAL", "1"), parts.get("COUNT", "1")]
    if not all(_NUMBER.fullmatch(value) for value in numbers):
        return False
    every, frequency = parts.get("INTERVAL", "1") == "1", parts.get("FREQ")
    young = all(int(year) >= _OLDEST for year in _YEAR.findall(text))
    months = "BYMONTH" not in parts or bool(_MONTHS.fullmatch(parts["BYMONTH"]))
    if frequency in {"DAILY", "WEEKLY"}:
        # Every third day need never be a Monday, and every tenth week never in March.
        days = "BYDAY" not in parts or bool(_DAYS.fullmatch(parts["BYDAY"]))
        free = not parts.keys() & ({"BYMONTH"} if frequency == "WEEKLY" else {"BYMONTH", "BYDAY"})
        return young and months and days and (every or free) and "BYMONTHDAY" not in parts
    if frequency not in {"MONTHLY", "YEARLY"} or {"BYDAY", "BYMONTHDAY"} <= parts.keys():
        return False
    days = bool(_NTH_DAYS.fullmatch(parts.get("BYDAY", "MO")))
    days = days and bool(_MONTH_DAY.fullmatch(parts.get("BYMONTHDAY", "1")))
    if frequency == "MONTHLY":
        return young and months and days and (every or "BYMONTH" not in parts)
    return months and days
