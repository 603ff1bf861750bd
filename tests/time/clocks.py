"""Greek clocks by the rule of the law, without a time zone database: what the tests compare with.

Directive 2000/84/EC: in all member states summer time begins on the last Sunday of March and ends
on the last Sunday of October, at 01:00 UTC. Greece is two hours ahead of UTC in winter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

YEARS: Final = range(2024, 2038)
HOUR: Final = timedelta(hours=1)
STEP: Final = timedelta(minutes=5)  #: what all times of this product are multiples of


def last_sunday(year: int, month: int) -> date:
    day = date(year, month, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _change(year: int, month: int) -> datetime:
    sunday = last_sunday(year, month)
    return datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC)


#: All transitions of Europe/Athens from 2024 to 2037.
SPRINGS: Final = tuple(_change(year, 3) for year in YEARS)
AUTUMNS: Final = tuple(_change(year, 10) for year in YEARS)
CHANGES: Final = tuple(sorted((*SPRINGS, *AUTUMNS)))


def ahead(moment: datetime) -> timedelta:
    """How far Greek clocks are ahead of UTC at ``moment``."""
    spring, autumn = _change(moment.year, 3), _change(moment.year, 10)
    return 3 * HOUR if spring <= moment < autumn else 2 * HOUR


def wall(moment: datetime) -> datetime:
    """What a clock in Athens shows at ``moment``, as a naive time."""
    moment = moment.astimezone(UTC)
    return (moment + ahead(moment)).replace(tzinfo=None)


def instants_of(shown: datetime) -> tuple[datetime, ...]:
    """The moments at which a clock in Athens shows this naive time: one, two, or none."""
    found = (shown.replace(tzinfo=UTC) - hours * HOUR for hours in (3, 2))
    return tuple(each for each in found if wall(each) == shown)


#: A moment within a day and a half of a change, most of them near it.
around = st.builds(
    lambda change, steps: change + steps * STEP,
    st.sampled_from(CHANGES),
    st.integers(-24, 24) | st.integers(-36 * 12, 36 * 12),
)
lengths = st.sampled_from((5, 10, 30, 45, 60, 90, 150)).map(lambda each: timedelta(minutes=each))

_GREEK: Final = (
    "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου "
    "Οκτωβρίου Νοεμβρίου Δεκεμβρίου"
)
_ENGLISH: Final = (
    "January February March April May June July August September October November December"
)
_MONTHS: Final = {
    name: number for names in (_GREEK, _ENGLISH) for number, name in enumerate(names.split(), 1)
}
_WEEKDAYS: Final = {
    name: number
    for names in (
        "Δευτέρα Τρίτη Τετάρτη Πέμπτη Παρασκευή Σάββατο Κυριακή",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    )
    for number, name in enumerate(names.split())
}
_DAY: Final = re.compile(r"(\w+) (\d{1,2}) (\w+)(?: (\d{4}))?")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?: (π\.μ\.|μ\.μ\.|am|pm))?(?: \(UTC([+−]\d+)\))?")
_LABEL: Final = re.compile(r"(?:ώρα Ελλάδας|Greek time) \(UTC([+−]\d+)\)")


@dataclass(frozen=True)
class Said:
    """What words say: a day, clock times, and the offset of the zone that they name."""

    day: date | None
    clocks: tuple[tuple[int, int, str, str], ...]  #: hour, minute, half of the day, offset
    zone: str  #: "+2", "" where none is named


def understood(words: str, *, year: int) -> Said:
    """As a reader understands a text, who knows the year where none is written."""
    words = words.replace("\u00a0", " ")
    found = _DAY.search(words)
    day = None
    if found and found[3] in _MONTHS:
        day = date(int(found[4] or year), _MONTHS[found[3]], int(found[2]))
        assert day.weekday() == _WEEKDAYS[found[1]], words
    label = _LABEL.search(words)
    clocks = [
        (int(each[1]), int(each[2]), each[3] or "", each[4] or "")
        for each in _CLOCK.finditer(words)
    ]
    return Said(day, tuple(clocks), label[1] if label else "")


def read_back(said: Said, *, which: int = 0) -> datetime:
    """The one moment that the words can mean; fails where they could mean two."""
    hour, minute, half, own = said.clocks[which]
    half = half or said.clocks[-1][2]
    assert said.day is not None
    shown = datetime(said.day.year, said.day.month, said.day.day)  # noqa: DTZ001 - a wall time
    shown += timedelta(hours=hour % 12 + 12 * (half in {"μ.μ.", "pm"}), minutes=minute)
    meant = instants_of(shown)
    offset = own or (said.clocks[-1][3] if len(meant) == 2 else "")
    if offset:
        meant = tuple(each for each in meant if ahead(each) == int(offset) * HOUR)
    assert len(meant) == 1, (said, meant)
    return meant[0]
