"""Days, times and zones written out, over every change of the clocks from 2024 to 2037."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.words import dates
from connectors.contract import Period

ATHENS = ZoneInfo("Europe/Athens")
NOON = datetime(2026, 12, 10, 10, 30, tzinfo=UTC)


def last_sunday(year: int, month: int) -> date:
    day = date(year, month, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def half_hour(start: datetime) -> Period:
    return Period(start, start + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("el", "Πέμπτη 10 Δεκεμβρίου 2026"), ("en", "Thursday 10 December 2026")],
)
def test_a_day_is_written_out(language: str, expected: str) -> None:
    assert plain(dates.day(date(2026, 12, 10), language=language)) == expected


def test_a_month_heading_is_in_the_nominative() -> None:
    months = [dates.month(date(2026, n, 1), language="el") for n in range(1, 13)]
    assert months[11] == "Δεκέμβριος 2026"
    assert months[4] == "Μάιος 2026"
    assert months[7] == "Αύγουστος 2026"
    assert all(month.split()[0].endswith("ος") for month in months)


def test_a_month_within_a_date_is_in_the_genitive() -> None:
    written = [dates.day_of_month(date(2026, n, 1), language="el") for n in range(1, 13)]
    assert all(plain(text).split()[1].endswith("ου") for text in written)


def test_weekdays_are_those_of_the_manuals() -> None:
    short = [short for short, _ in dates.weekdays("el")]
    assert short == ["Δε", "Τρ", "Τε", "Πε", "Πα", "Σά", "Κυ"]
    assert dates.weekdays("en")[0] == ("Mo", "Monday")
    assert dates.weekdays("el")[6] == ("Κυ", "Κυριακή")


@pytest.mark.parametrize(
    ("hour", "minute", "greek", "english"),
    [
        (0, 0, "12:00\u00a0π.μ.", "12:00\u00a0am"),
        (8, 30, "8:30\u00a0π.μ.", "8:30\u00a0am"),
        (11, 59, "11:59\u00a0π.μ.", "11:59\u00a0am"),
        (12, 0, "12:00\u00a0μ.μ.", "12:00\u00a0pm"),
        (13, 10, "1:10\u00a0μ.μ.", "1:10\u00a0pm"),
    ],
)
def test_a_time_has_twelve_hours_and_a_no_break_space(
    hour: int, minute: int, greek: str, english: str
) -> None:
    moment = datetime(2026, 7, 1, hour, minute, tzinfo=ATHENS)
    assert dates.clock(moment, zone=ATHENS, language="el") == greek
    assert dates.clock(moment, zone=ATHENS, language="en") == english


def test_a_range_names_its_half_of_the_day_once() -> None:
    written = dates.clock_range(half_hour(NOON), zone=ATHENS, language="el")
    assert written == "12:30 – 1:00\u00a0μ.μ."


def test_a_range_over_noon_names_both_halves() -> None:
    over_noon = half_hour(NOON - timedelta(minutes=45))
    assert plain(dates.clock_range(over_noon, zone=ATHENS, language="en")) == "11:45 am – 12:15 pm"


def test_a_range_over_midnight_names_both_halves() -> None:
    late = half_hour(datetime(2026, 7, 1, 23, 45, tzinfo=ATHENS))
    assert plain(dates.clock_range(late, zone=ATHENS, language="el")) == "11:45 μ.μ. – 12:15 π.μ."


def test_a_range_over_a_change_of_the_clocks_shows_both_offsets() -> None:
    change = datetime(2026, 10, 25, 1, tzinfo=UTC)
    period = Period(change - timedelta(minutes=20), change + timedelta(minutes=10))
    written = plain(dates.clock_range(period, zone=ATHENS, language="el"))
    assert written == "3:40 π.μ. (UTC+3) – 3:10 π.μ. (UTC+2)"


@pytest.mark.parametrize("year", range(2024, 2038))
@pytest.mark.parametrize(
    ("month", "before", "after"), [(3, "UTC+2", "UTC+3"), (10, "UTC+3", "UTC+2")]
)
def test_the_offset_is_the_true_one_on_both_sides_of_a_change(
    year: int, month: int, before: str, after: str
) -> None:
    sunday = last_sunday(year, month)
    change = datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert dates.offset(change - second, zone=ATHENS) == before
    assert dates.offset(change, zone=ATHENS) == after
    assert dates.zone_label(change, zone=ATHENS, language="el") == f"ώρα Ελλάδας ({after})"


@pytest.mark.parametrize("year", range(2024, 2038))
def test_the_same_opening_hour_reads_the_same_in_summer_and_winter(year: int) -> None:
    for month in (1, 7):
        moment = datetime(year, month, 15, 9, 0, tzinfo=ATHENS).astimezone(UTC)
        assert dates.clock(moment, zone=ATHENS, language="el") == "9:00\u00a0π.μ."


@pytest.mark.parametrize(
    ("zone", "greek", "english"),
    [
        ("Europe/Athens", "ώρα Ελλάδας (UTC+2)", "Greek time (UTC+2)"),
        ("America/New_York", "Νέα Υόρκη (UTC−5)", "New York (UTC−5)"),
        ("Asia/Nicosia", "Λευκωσία (UTC+2)", "Nicosia (UTC+2)"),
        ("America/St_Johns", "Σεν Τζονς (UTC−3:30)", "St. John’s (UTC−3:30)"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_other_zones_are_named_by_their_place(zone: str, greek: str, english: str) -> None:
    assert dates.zone_label(NOON, zone=ZoneInfo(zone), language="el") == greek
    assert dates.zone_label(NOON, zone=ZoneInfo(zone), language="en") == english


def test_a_visitor_far_away_sees_the_day_of_their_own_calendar() -> None:
    early = datetime(2026, 12, 10, 8, 0, tzinfo=ATHENS)
    there = ZoneInfo("America/Los_Angeles")
    written = dates.day_and_clock(early, zone=there, language="en")
    assert plain(written) == "Wednesday 9 December 2026, 10:00 pm"


@pytest.mark.parametrize(
    ("minutes", "greek", "english"),
    [
        (1, "1 λεπτό", "1 minute"),
        (10, "10 λεπτά", "10 minutes"),
        (60, "1 ώρα", "1 hour"),
        (90, "1 ώρα και 30 λεπτά", "1 hour and 30 minutes"),
        (125, "2 ώρες και 5 λεπτά", "2 hours and 5 minutes"),
    ],
)
def test_a_duration_is_written_out(minutes: int, greek: str, english: str) -> None:
    assert plain(dates.duration(minutes, language="el")) == greek
    assert plain(dates.duration(minutes, language="en")) == english


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        dates.clock(NOON.replace(tzinfo=None), zone=ATHENS, language="el")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no language 'fr'"):
        dates.day(date(2026, 1, 1), language="fr")


@given(
    moment=st.datetimes(
        min_value=datetime(2024, 1, 1),  # noqa: DTZ001 — the zone is drawn apart
        max_value=datetime(2037, 12, 31),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_what_is_written_leads_back_to_the_moment(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    digits, rest = dates.clock(moment, zone=ATHENS, language="en").split("\u00a0")
    marker = rest.partition(" ")[0]
    hour, minute = (int(part) for part in digits.split(":"))
    hours_away = int(dates.offset(moment, zone=ATHENS).removeprefix("UTC+"))
    at_home = dates.local(moment, zone=ATHENS)
    written = datetime(
        at_home.year,
        at_home.month,
        at_home.day,
        hour % 12 + 12 * (marker == "pm"),
        minute,
        tzinfo=UTC,
    )
    assert written - timedelta(hours=hours_away) == moment
