"""Greek public holidays, half days, local feasts and exceptions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mapping.holiday import holidays_of, is_holiday
from mapping.model import Holidays, LocalHoliday, LocalText

GREECE = Holidays("GR")


@pytest.mark.parametrize(
    ("year", "clean_monday", "good_friday", "easter_monday", "whit_monday"),
    [
        (2026, date(2026, 2, 23), date(2026, 4, 10), date(2026, 4, 13), date(2026, 6, 1)),
        (2027, date(2027, 3, 15), date(2027, 4, 30), date(2027, 5, 3), date(2027, 6, 21)),
        (2028, date(2028, 2, 28), date(2028, 4, 14), date(2028, 4, 17), date(2028, 6, 5)),
    ],
)
def test_moveable_feasts_follow_the_orthodox_easter(
    year: int, clean_monday: date, good_friday: date, easter_monday: date, whit_monday: date
) -> None:
    found = holidays_of(GREECE, year)
    assert found[clean_monday] == LocalText("Καθαρά Δευτέρα", "Green Monday")
    assert found[good_friday].el == "Μεγάλη Παρασκευή"
    assert found[easter_monday].el == "Δευτέρα του Πάσχα"
    assert found[whit_monday].el == "Δευτέρα του Αγίου Πνεύματος"


@pytest.mark.parametrize("year", range(2024, 2038))
def test_fixed_days_of_every_year(year: int) -> None:
    found = holidays_of(GREECE, year)
    for month, day in ((1, 1), (1, 6), (3, 25), (8, 15), (10, 28), (12, 25), (12, 26)):
        assert date(year, month, day) in found
    assert all(name.el and name.en for name in found.values())


@pytest.mark.parametrize("year", range(2024, 2038))
def test_easter_by_the_julian_reckoning(year: int) -> None:
    """Meeus, Astronomical Algorithms, chapter 8: Julian Easter, 13 days later in our calendar."""
    a, b, c = year % 4, year % 7, year % 19
    d = (19 * c + 15) % 30
    e = (2 * a + 4 * b - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    sunday = date(year, month, day + 1) + timedelta(days=13)
    assert sunday.weekday() == 6
    assert is_holiday(GREECE, sunday + timedelta(days=1))
    assert is_holiday(GREECE, sunday - timedelta(days=48))


def test_half_days_only_where_wanted() -> None:
    eve = date(2026, 12, 24)
    assert not is_holiday(GREECE, eve)
    assert is_holiday(Holidays("GR", half_days=True), eve)
    assert is_holiday(Holidays("GR", half_days=True), date(2026, 12, 31))


def test_local_feasts_and_days_on_which_work_goes_on() -> None:
    moved = date(2027, 5, 4)  # Labour Day of 2027, moved by the library's guess
    feast = LocalHoliday(2, 2, LocalText("Υπαπαντή", "Ypapanti"))
    leap = LocalHoliday(2, 29, LocalText("Δίσεκτη"))
    rules = Holidays("GR", local=(feast, leap), open_on=(moved,))
    assert is_holiday(GREECE, moved)
    assert not is_holiday(rules, moved)
    assert holidays_of(rules, 2027)[date(2027, 2, 2)].en == "Ypapanti"
    assert is_holiday(rules, date(2028, 2, 29))
    assert not is_holiday(rules, date(2027, 3, 1))


def test_labour_day_in_the_holy_week_was_moved() -> None:
    assert is_holiday(GREECE, date(2026, 5, 1))
    assert not is_holiday(GREECE, date(2024, 5, 1))
    assert is_holiday(GREECE, date(2024, 5, 7))


def test_without_a_country_only_local_days() -> None:
    assert holidays_of(Holidays(""), 2026) == {}
