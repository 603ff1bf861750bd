"""The appointment in the employee's calendar: CalDAV and Graph hold the moment that was booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from connectors.contract import EventDraft, EventRef, Period
from connectors.graph.client import PREFER
from connectors.graph.draft import amendment, new_event
from connectors.graph.moments import span_of, utc_text
from connectors.vevent.find import remote_event
from connectors.vevent.read import read_resource
from connectors.vevent.write import amend, event_text
from tests.time.clocks import CHANGES, HOUR, ahead, around, instants_of, lengths, wall

ATHENS = ZoneInfo("Europe/Athens")
#: As Exchange and other programs name the zone of Greece.
GREEK_ZONES = ("GTB Standard Time", "gtb standard time", "Europe/Athens")


def draft(period: Period) -> EventDraft:
    return EventDraft(period=period, subject="Πιστοποιητικά", body="Όνομα: Μαρία", reference="P2W")


@settings(max_examples=60)
@given(start=around, length=lengths, later=st.integers(-300, 300))
def test_a_caldav_event_holds_the_moment_however_it_is_read(
    start: datetime, length: timedelta, later: int
) -> None:
    period = Period(start, start + length)
    raw = event_text(draft(period), key="b7f3.1", stamp=start)
    moved = Period(*(each + later * timedelta(minutes=5) for each in (period.start, period.end)))
    for text, meant in ((raw, period), (amend(raw, draft(moved), stamp=start), moved)):
        event = Calendar.from_ical(text).walk("VEVENT")[0]
        other = vobject.readOne(text).vevent
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (meant.start, meant.end)
        assert (other.dtstart.value, other.dtend.value) == (meant.start, meant.end)
        assert "TZID" not in text
        assert remote_event(text, ref=EventRef("a", ""), office_zone=ATHENS).period == meant
        window = Period(meant.start - HOUR, meant.end + HOUR)
        (interval,) = read_resource(
            text, resource_id="a", etag="", window=window, office_zone=ATHENS
        ).intervals
        assert interval.period == meant
        assert interval.certain


@settings(max_examples=120)
@given(start=around, length=lengths)
def test_a_graph_event_holds_the_moment_however_it_is_shown(
    start: datetime, length: timedelta
) -> None:
    period = Period(start, start + length)
    body = new_event(draft(period), key="b7f3.1", transaction="t")
    for name, moment in (("start", period.start), ("end", period.end)):
        assert body[name]["timeZone"] == "UTC"
        assert datetime.fromisoformat(body[name]["dateTime"] + "+00:00") == moment
        assert datetime.fromisoformat(utc_text(moment)) == moment
    assert span_of(body, office_zone=ATHENS).period == period
    assert (
        amendment({**body, "id": "a"}, draft(period), office_zone=ATHENS)
        .keys()
        .isdisjoint({"start", "end", "isAllDay"})
    )


@settings(max_examples=120)
@given(start=around, length=lengths, zone=st.sampled_from(GREEK_ZONES))
def test_what_a_tenant_says_in_greek_time_is_understood(
    start: datetime, length: timedelta, zone: str
) -> None:
    """We ask for UTC; a service that answers in the event's own zone is read all the same.

    A wall time that comes twice is its first moment (RFC 5545, 3.3.5), because Graph's times
    carry no offset: that is why UTC is asked for with every request.
    """
    shown = [wall(each) for each in (start, start + length)]
    told = {
        name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": zone}
        for name, at in zip(("start", "end"), shown, strict=True)
    }
    begins, ends = (instants_of(at)[0] for at in shown)
    found = span_of(told, office_zone=ATHENS)
    assert found.certain
    if begins < ends:
        assert found.period == Period(begins, ends)
    else:
        assert found.period is None
    assert 'outlook.timezone="UTC"' in PREFER


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: f"{each:%Y-%m}")
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_whole_day_lasts_as_long_as_the_day_does(change: datetime, days: int) -> None:
    """23 or 25 hours on the day of a change, however the calendar tells of it."""
    day = (change + timedelta(days=days)).date()
    (midnight,), (next_midnight,) = (
        instants_of(datetime(each.year, each.month, each.day))  # noqa: DTZ001 - a wall time
        for each in (day, day + timedelta(days=1))
    )
    meant = Period(midnight, next_midnight)
    # The clock differs by an hour between the two midnights.
    assert meant.duration == timedelta(days=1) + ahead(midnight) - ahead(next_midnight)
    raw = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    window = Period(midnight - 48 * HOUR, midnight + 72 * HOUR)
    (interval,) = read_resource(
        raw, resource_id="a", etag="", window=window, office_zone=ATHENS
    ).intervals
    assert (interval.period, interval.all_day) == (meant, True)
    both = (
        (f"{day}T00:00:00", f"{day + timedelta(days=1)}T00:00:00"),
        tuple(each.isoformat()[:19] for each in (midnight, next_midnight)),
    )
    for first, last in both:
        told = {
            "isAllDay": True,
            "originalStartTimeZone": "GTB Standard Time",
            "start": {"dateTime": first, "timeZone": "UTC"},
            "end": {"dateTime": last, "timeZone": "UTC"},
        }
        assert span_of(told, office_zone=ATHENS).period == meant
