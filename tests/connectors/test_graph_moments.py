"""When a Graph event is: instants, and whole days that are never a day wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Period
from connectors.errors import TryLater
from connectors.graph import properties
from connectors.graph.moments import span_of
from connectors.graph.remote import join_url, remote_event
from connectors.graph.window import resources_of
from connectors.graph.zones import zone_of
from tests.contract.office import WINDOW, ZONE, at, later, whole_days

_ZONES = (
    "UTC",
    "Europe/Athens",
    "Europe/Lisbon",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
)
_dates = st.dates(date(2026, 1, 1), date(2028, 1, 1))


def _at(moment: datetime, zone: str = "UTC") -> dict[str, str]:
    wall = moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    return {"dateTime": f"{wall:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": zone}


def _instance(event_id: str, period: Period, **other: Any) -> dict[str, Any]:
    return {
        "@odata.etag": f'W/"{event_id}"',
        "id": event_id,
        "start": _at(period.start),
        "end": _at(period.end),
        "showAs": "busy",
        "type": "singleInstance",
    } | other


@given(first=_dates, length=st.integers(1, 20), zone=st.sampled_from(_ZONES), told=st.booleans())
def test_whole_days_keep_their_dates_from_every_zone(
    first: date, length: int, zone: str, told: bool
) -> None:
    """As instants of the zone they were made in, or as dates at the midnights of UTC."""
    place = ZoneInfo(zone) if told else UTC
    start = datetime.combine(first, time.min, place)
    end = datetime.combine(first + timedelta(days=length), time.min, place)
    event = {
        "start": _at(start),
        "end": _at(end),
        "isAllDay": True,
        "originalStartTimeZone": zone,
    }
    span = span_of(event, office_zone=ZONE)
    assert (span.period, span.certain, span.all_day) == (whole_days(first, length), True, True)


@given(first=_dates, length=st.integers(1, 9), zone=st.sampled_from(_ZONES))
def test_whole_days_of_an_unnamed_zone_are_never_missed(
    first: date, length: int, zone: str
) -> None:
    place = ZoneInfo(zone)
    event = {
        "start": _at(datetime.combine(first, time.min, place)),
        "end": _at(datetime.combine(first + timedelta(days=length), time.min, place)),
        "isAllDay": True,
        "originalStartTimeZone": "tzone://Microsoft/Custom",
    }
    span = span_of(event, office_zone=ZONE)
    wanted = whole_days(first, length)
    assert span.period is not None
    if span.certain:
        assert span.period == wanted
    else:
        # Uncertain times are widened to whole local days by whoever offers.
        reach = timedelta(days=1)
        assert span.period.start - reach <= wanted.start
        assert wanted.end <= span.period.end + reach


@given(seconds=st.integers(0, 10**8), minutes=st.integers(1, 10_000))
def test_instants_are_kept(seconds: int, minutes: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    period = Period(moment, moment + timedelta(minutes=minutes))
    assert span_of(_instance("a", period), office_zone=ZONE).period == period


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(), st.lists, max_leaves=4))
def test_whatever_stands_for_a_time_is_read_or_said_to_be_unreadable(value: Any) -> None:
    for event in (
        {"start": value, "end": value},
        {"start": {"dateTime": value, "timeZone": value}, "end": {"dateTime": value}},
        {"start": {"dateTime": "0001-01-01T00:00:00", "timeZone": value}, "end": value},
    ):
        for all_day in (True, False):
            span = span_of(event | {"isAllDay": all_day}, office_zone=ZONE)
            assert span.period is None or span.readable


def test_times_of_other_forms() -> None:
    def period(start: str, end: str, zone: str | None = "UTC") -> Any:
        value = [{"dateTime": each, "timeZone": zone} for each in (start, end)]
        return span_of({"start": value[0], "end": value[1]}, office_zone=ZONE)

    nine = at(3, 9)
    assert period("2026-11-03T07:00:00", "2026-11-03T07:30:00").period == nine
    assert period("2026-11-03T07:00:00.0000000Z", "2026-11-03T07:30:00Z").period == nine
    assert period("2026-11-03T09:00:00", "2026-11-03T09:30:00", "GTB Standard Time").period == nine
    guessed = period("2026-11-03T09:00:00", "2026-11-03T09:30:00", "Nowhere")
    assert (guessed.period, guessed.certain, guessed.warning) == (nine, False, "unknown_zone")
    assert period("2026-11-03T09:00:00", "2026-11-03T09:00:00").period is None
    backwards = period("2026-11-03T09:00:00", "2026-11-03T08:00:00")
    assert (backwards.period, backwards.readable) == (None, True)
    assert backwards.warning == "end_before_start"


def test_names_of_zones() -> None:
    assert zone_of("GTB Standard Time") == ZoneInfo("Europe/Athens")
    assert zone_of("w. europe standard time") == ZoneInfo("Europe/Berlin")
    assert zone_of("tzone://Microsoft/Utc") == ZoneInfo("UTC")
    for name in ("", "None", "Europe", "../etc/passwd", "tzone://Microsoft/Custom", "x" * 300):
        assert zone_of(name) is None


def test_the_tag_of_a_series_says_what_time_it_takes_and_nothing_else() -> None:
    first = at(3, 9)
    instances = [
        _instance(f"o{week}", later(first, week), type="occurrence", seriesMasterId="m")
        for week in range(3)
    ]
    tags = {
        resources_of(order, window=WINDOW, office_zone=ZONE)["m"].etag
        for order in permutations(instances)
    }
    assert len(tags) == 1
    renamed = [each | {"id": each["id"] + "x", "@odata.etag": 'W/"new"'} for each in instances]
    twice = [*instances, instances[0]]
    for same in (renamed, twice):
        assert {resources_of(same, window=WINDOW, office_zone=ZONE)["m"].etag} == tags
    for change in (
        {"showAs": "free"},
        {"isCancelled": True},
        {"start": _at(first.start - timedelta(hours=1))},
        {"start": {"dateTime": "?"}},
        {"singleValueExtendedProperties": [{"id": properties.KEY, "value": "k"}]},
    ):
        other = [instances[0] | change, *instances[1:]]
        assert {resources_of(other, window=WINDOW, office_zone=ZONE)["m"].etag} != tags


def test_an_exception_belongs_to_its_series_and_the_window_is_ours() -> None:
    outside = Period(WINDOW.end, WINDOW.end + timedelta(hours=1))
    instances = [
        _instance("o1", at(3, 9), type="occurrence", seriesMasterId="m"),
        _instance("e1", at(5, 14), type="exception", seriesMasterId="m"),
        _instance("o2", outside, type="occurrence", seriesMasterId="m"),
        _instance("s1", at(4, 9)),
        _instance("s2", outside),
    ]
    found = resources_of(instances, window=WINDOW, office_zone=ZONE)
    assert set(found) == {"m", "s1"}
    assert [one.period for one in found["m"].intervals] == [at(3, 9), at(5, 14)]
    assert found["m"].recurring
    assert not found["s1"].recurring


def test_an_event_without_id_or_version_is_no_answer() -> None:
    for name in ("id", "@odata.etag"):
        broken = {key: value for key, value in _instance("a", at(3, 9)).items() if key != name}
        with pytest.raises(TryLater):
            resources_of([broken], window=WINDOW, office_zone=ZONE)
        with pytest.raises(TryLater):
            remote_event(broken, office_zone=ZONE)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://teams.microsoft.com/l/meetup-join/x", True),
        ("http://127.0.0.1:8000/teams/meet/x", True),
        ("http://localhost/x", True),
        ("http://teams.example/x", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
        (None, False),
    ],
)
def test_which_join_addresses_are_believed(url: str | None, kept: bool) -> None:
    assert join_url({"onlineMeeting": {"joinUrl": url}}) == (url if kept else "")
