"""Series of other programs, in zones of anywhere and by Windows' names, over the changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import Period
from connectors.vevent.read import read_resource
from tests.time.clocks import CHANGES, HOUR

ATHENS = ZoneInfo("Europe/Athens")
#: Name in the file, and the clock that it means.
ZONES = {
    "Europe/Athens": "Europe/Athens",
    "GTB Standard Time": "Europe/Athens",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "America/New_York": "America/New_York",
    "Pacific Standard Time": "America/Los_Angeles",
    "Australia/Sydney": "Australia/Sydney",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Egypt Standard Time": "Africa/Cairo",
    "Asia/Nicosia": "Asia/Nicosia",
}
#: By the office's clock: before, within and after the hour that is repeated or missing.
HOURS = ((0, 0), (2, 45), (3, 0), (3, 30), (4, 0), (9, 0))


def text(*lines: str) -> str:
    inside = "\r\n".join(("UID:series", *lines))
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
        f"{inside}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def starts(raw: str, change: datetime, days: int = 9) -> list[datetime]:
    window = Period(change - days * 24 * HOUR, change + days * 24 * HOUR)
    reading = read_resource(raw, resource_id="a", etag="", window=window, office_zone=ATHENS)
    assert reading.understood
    assert all(each.certain for each in reading.intervals)
    return [each.period.start for each in reading.intervals]


def expected(first: datetime, zone: ZoneInfo, change: datetime, *, days: int) -> list[datetime]:
    """The wall time of ``first`` every ``days`` days: where it comes twice the first one (RFC 5545,
    3.3.5; ``fold=0`` of PEP 495), where it does not exist none (3.3.10)."""
    found = []
    for number in range(200):
        shown = first + number * timedelta(days=days)
        at = shown.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) != shown:
            continue
        if change - 9 * 24 * HOUR < at + HOUR and at < change + 9 * 24 * HOUR:
            found.append(at)
    return found


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(("rule", "days"), [("WEEKLY", 7), ("DAILY", 1)])
def test_a_series_keeps_its_wall_time_over_each_change(name: str, rule: str, days: int) -> None:
    zone = ZoneInfo(ZONES[name])
    for number, change in enumerate(CHANGES):
        hour, minute = HOURS[number % len(HOURS)]
        first = (change - timedelta(days=42)).replace(hour=hour, minute=minute, tzinfo=None)
        raw = text(
            f"DTSTART;TZID={name}:{first:%Y%m%dT%H%M%S}",
            "DURATION:PT1H",
            f"RRULE:FREQ={rule}",
        )
        assert starts(raw, change) == expected(first, zone, change, days=days), change


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: f"{each:%Y-%m}")
def test_a_floating_series_is_the_office_s(change: datetime) -> None:
    for hour, minute in HOURS:
        first = (change - timedelta(days=21)).replace(hour=hour, minute=minute, tzinfo=None)
        raw = text(f"DTSTART:{first:%Y%m%dT%H%M%S}", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
        assert starts(raw, change) == expected(first, ATHENS, change, days=7)


def test_an_exception_within_the_repeated_hour_is_left_out() -> None:
    """31 October 2027: 03:30 comes twice; the series means the first."""
    change = datetime(2027, 10, 31, 1, tzinfo=UTC)
    lines = ("DTSTART;TZID=GTB Standard Time:20271030T033000", "DURATION:PT30M",
             "RRULE:FREQ=DAILY;COUNT=3")  # fmt: skip
    all_three = [
        datetime(2027, 10, 30, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 11, 1, 1, 30, tzinfo=UTC),
    ]
    assert starts(text(*lines), change) == all_three
    left_out = "EXDATE;TZID=GTB Standard Time:20271031T033000"
    assert starts(text(*lines, left_out), change) == [all_three[0], all_three[2]]


@pytest.mark.parametrize("name", ["tzone://Microsoft/Custom", "Customized Time Zone", "Foo/Bar"])
def test_a_zone_that_nobody_knows_blocks_whole_days(name: str) -> None:
    raw = text(f'DTSTART;TZID="{name}":20271031T033000', "DURATION:PT1H")
    window = Period(datetime(2027, 10, 25, tzinfo=UTC), datetime(2027, 11, 5, tzinfo=UTC))
    (found,) = read_resource(
        raw, resource_id="a", etag="", window=window, office_zone=ATHENS
    ).intervals
    assert not found.certain
