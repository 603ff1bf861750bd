"""Days and times written out for people, in Greek and English, always with the zone they are in.

Moments are aware datetimes, ``zone`` says where the reader's clock hangs. Naive moments raise
ValueError. Names of days and months are CLDR's, through Babel; the arrangement is that of our
design: 12-hour clock, a no-break space before «π.μ.», no leading zero.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_day_names, get_month_names, get_timezone_location

from booking.words.translation import LANGUAGES
from connectors.contract import Period

#: Between a number and its unit, so that a line never ends between them.
NO_BREAK_SPACE = "\u00a0"

_MARKERS = {"el": ("π.μ.", "μ.μ."), "en": ("am", "pm")}
_HOME = {"el": "ώρα Ελλάδας", "en": "Greek time"}
_HOME_ZONE = "Europe/Athens"
#: Heads of the month's columns as the municipalities' manuals print them, Monday first.
_SHORT_WEEKDAYS = {
    "el": ("Δε", "Τρ", "Τε", "Πε", "Πα", "Σά", "Κυ"),
    "en": ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"),
}
_UNITS = {
    "el": (("ώρα", "ώρες"), ("λεπτό", "λεπτά"), " και "),
    "en": (("hour", "hours"), ("minute", "minutes"), " and "),
}


def local(moment: datetime, *, zone: ZoneInfo) -> datetime:
    """``moment`` on the clock of ``zone``."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be written out")
    return moment.astimezone(zone)


@lru_cache(maxsize=4096)
def day(value: date, *, language: str, year: bool = True) -> str:
    """«Πέμπτη 10 Δεκεμβρίου 2026», "Thursday 10 December 2026". Takes a local date."""
    return (
        f"{weekday(value, language=language)} {day_of_month(value, language=language, year=year)}"
    )


def day_of_month(value: date, *, language: str, year: bool = True) -> str:
    """«10 Δεκεμβρίου 2026», or «10 Δεκεμβρίου»."""
    month_name = get_month_names("wide", "format", _locale(language))[value.month]
    written = f"{value.day}{NO_BREAK_SPACE}{month_name}"
    return f"{written} {value.year}" if year else written


def weekday(value: date, *, language: str) -> str:
    """«Πέμπτη», "Thursday"."""
    return str(get_day_names("wide", "format", _locale(language))[value.weekday()])


def weekdays(language: str) -> tuple[tuple[str, str], ...]:
    """Short and full name of each weekday, Monday first: («Δε», «Δευτέρα»), …"""
    names = get_day_names("wide", "stand-alone", _locale(language))
    return tuple((short, str(names[n])) for n, short in enumerate(_SHORT_WEEKDAYS[language]))


def month(value: date, *, language: str) -> str:
    """The month alone, as a heading: «Δεκέμβριος 2026», "December 2026"."""
    name = get_month_names("wide", "stand-alone", _locale(language))[value.month]
    return f"{name} {value.year}"


def clock(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    """«12:30 μ.μ.», "12:30 pm".

    A time that this clock shows twice, because it is put back, carries its offset:
    «3:30 π.μ. (UTC+3)».
    """
    at = local(moment, zone=zone)
    written = _once(at, language)
    return f"{written} ({offset(at, zone=zone)})" if _comes_twice(at) else written


def clock_range(period: Period, *, zone: ZoneInfo, language: str) -> str:
    """«12:30 – 1:00 μ.μ.», «11:40 π.μ. – 12:10 μ.μ.».

    Where the clocks change in between both ends carry their offset, else they would mislead.
    """
    start, end = local(period.start, zone=zone), local(period.end, zone=zone)
    if start.utcoffset() != end.utcoffset():
        first, last = (f"{_once(at, language)} ({offset(at, zone=zone)})" for at in (start, end))
        return f"{first} – {last}"
    first, last = _digits(start), clock(period.end, zone=zone, language=language)
    halves = _marker(start, language) != _marker(end, language) or start.date() != end.date()
    if halves or (_comes_twice(start) and not _comes_twice(end)):
        first = clock(period.start, zone=zone, language=language)
    return f"{first} – {last}"


def day_and_clock(moment: datetime, *, zone: ZoneInfo, language: str, year: bool = True) -> str:
    """«Τετάρτη 16 Δεκεμβρίου 2026, 10:00 π.μ.»."""
    at = local(moment, zone=zone)
    written = day(at.date(), language=language, year=year)
    return f"{written}, {clock(moment, zone=zone, language=language)}"


def day_and_range(period: Period, *, zone: ZoneInfo, language: str) -> str:
    """«Τετάρτη 16 Δεκεμβρίου 2026, 10:00 – 10:10 π.μ.»."""
    written = day(local(period.start, zone=zone).date(), language=language)
    return f"{written}, {clock_range(period, zone=zone, language=language)}"


def duration(minutes: int, *, language: str) -> str:
    """«30 λεπτά», «1 ώρα και 30 λεπτά», "30 minutes"."""
    hour_words, minute_words, joiner = _UNITS[_known(language)]
    hours, rest = divmod(minutes, 60)
    parts = [
        f"{count}{NO_BREAK_SPACE}{names[count != 1]}"
        for count, names in ((hours, hour_words), (rest, minute_words))
        if count
    ]
    return joiner.join(parts) or f"0{NO_BREAK_SPACE}{minute_words[1]}"


def offset(moment: datetime, *, zone: ZoneInfo) -> str:
    """The true offset of ``zone`` at that moment: "UTC+2", "UTC−3:30", "UTC"."""
    away = local(moment, zone=zone).utcoffset()
    assert away is not None
    if not away:
        return "UTC"
    hours, minutes = divmod(abs(away) // timedelta(minutes=1), 60)
    sign = "+" if away > timedelta(0) else "\N{MINUS SIGN}"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def zone_label(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    """«ώρα Ελλάδας (UTC+2)»; for other zones the place: «Νέα Υόρκη (UTC−5)»."""
    name, away = zone_name(zone, language=language), offset(moment, zone=zone)
    return name if name == away else f"{name} ({away})"


def zone_name(zone: ZoneInfo, *, language: str) -> str:
    """«ώρα Ελλάδας» for the home zone, else the name of the place: «Νέα Υόρκη», "New York"."""
    if zone.key == _HOME_ZONE:
        return _HOME[_known(language)]
    if "/" not in zone.key or zone.key.startswith("Etc/"):
        return zone.key.removeprefix("Etc/")
    place = str(get_timezone_location(zone, locale=_locale(language), return_city=True))
    return place.rpartition("/")[2]


def _once(at: datetime, language: str) -> str:
    return f"{_digits(at)}{NO_BREAK_SPACE}{_marker(at, language)}"


def _comes_twice(at: datetime) -> bool:
    """Whether the clock that ``at`` is read on shows this time a second time (PEP 495)."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


def _digits(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02}"


def _marker(at: datetime, language: str) -> str:
    return _MARKERS[_known(language)][at.hour >= 12]


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r} here: use one of {', '.join(LANGUAGES)}")
    return language


def _locale(language: str) -> Locale:
    return Locale(_known(language))
