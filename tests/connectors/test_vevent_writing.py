"""What we write reads back as it was meant, and what people added to it stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Component, Event

from connectors.contract import EventDraft, EventRef, Ours, Period
from connectors.vevent.find import remote_event, uid_in
from connectors.vevent.identity import uid_of
from connectors.vevent.invitation import invitation
from connectors.vevent.parse import dt_of
from connectors.vevent.read import read_resource
from connectors.vevent.text import many_lines, one_line
from connectors.vevent.write import already_as, amend, event_text, written_event
from tests.contract.office import ZONE, at, draft

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
REF = EventRef("/c/x.ics", '"1"')

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
moments = st.integers(0, 14 * 366 * 24 * 60).map(lambda minute: FIRST + timedelta(minutes=minute))
periods = st.builds(
    lambda start, minutes: Period(start, start + timedelta(minutes=minutes)),
    moments,
    st.integers(1, 3000),
)
texts = st.text(max_size=60)
drafts = st.builds(
    EventDraft,
    period=periods,
    subject=texts,
    body=texts,
    reference=st.from_regex(r"\A[A-Z]{3}-[A-Z0-9]{4}\Z"),
    location=texts,
    private=st.booleans(),
    sequence=st.integers(0, 99),
    categories=st.lists(st.text("abc,; ", min_size=1, max_size=4), max_size=2).map(tuple),
)
keys = st.text(min_size=1, max_size=60)


@given(wanted=drafts, key=keys)
def test_what_is_written_reads_back(wanted: EventDraft, key: str) -> None:
    text = event_text(wanted, key=key, stamp=NOW)
    remote = remote_event(text, ref=REF, office_zone=ZONE)
    assert remote == written_event(wanted, key=remote.key or key, ref=REF)
    assert uid_in(text) == uid_of(key)
    assert already_as(text, wanted, office_zone=ZONE)
    window = Period(wanted.period.start - timedelta(1), wanted.period.end + timedelta(1))
    reading = read_resource(text, resource_id="x", etag='"1"', window=window, office_zone=ZONE)
    assert reading.understood
    assert [(one.period, one.ours) for one in reading.intervals] == [(wanted.period, Ours.YES)]


@given(first=drafts, second=drafts, key=keys)
def test_a_change_in_place_says_the_new_thing(
    first: EventDraft, second: EventDraft, key: str
) -> None:
    text = amend(event_text(first, key=key, stamp=NOW), second, stamp=NOW)
    assert already_as(text, second, office_zone=ZONE)
    assert uid_in(text) == uid_of(key)


@given(wanted=drafts)
def test_nobody_is_invited_by_a_calendar_server(wanted: EventDraft) -> None:
    [event] = Calendar.from_ical(event_text(wanted, key="k", stamp=NOW)).walk("VEVENT")
    assert not {"ATTENDEE", "ORGANIZER"} & set(event)
    assert "METHOD" not in event_text(wanted, key="k", stamp=NOW).split("BEGIN:VEVENT")[0]


@given(one=keys, other=keys)
def test_uids_differ_as_keys_do(one: str, other: str) -> None:
    assert (uid_of(one) == uid_of(other)) == (one == other)


def _parameter(event: Component, name: str, parameter: str) -> str:
    return str(getattr(event[name], "params")[parameter])  # noqa: B009 - the library's types differ


def _categories(event: Component) -> list[str]:
    assert isinstance(event, Event)
    return [str(one) for one in event.categories]


def test_what_a_person_added_stays() -> None:
    first = draft(at(3, 9), categories=("Ραντεβού",))
    text = event_text(first, key="k", stamp=NOW)
    edited = text.replace("DESCRIPTION:", "DESCRIPTION:Φέρε τον φάκελο\\n\\n", 1).replace(
        "END:VEVENT",
        "COMMENT:μόνο το πρωί\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\n"
        "TRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT",
    )
    edited = edited.replace("CATEGORIES:Ραντεβού", "CATEGORIES:Ραντεβού,Κόκκινο")
    changed = amend(
        edited, draft(at(5, 12), body="Νέο κείμενο", categories=("Ραντεβού",)), stamp=NOW
    )
    [event] = Calendar.from_ical(changed).walk("VEVENT")
    assert str(event["DESCRIPTION"]) == "Φέρε τον φάκελο\n\nΝέο κείμενο"
    assert dt_of(event, "DTSTART") == at(5, 12).start
    assert _categories(event) == ["Ραντεβού", "Κόκκινο"]
    assert str(event["COMMENT"]) == "μόνο το πρωί"
    assert len(event.walk("VALARM")) == 1
    assert event["SEQUENCE"] == 1


def test_a_note_written_into_our_text_is_not_lost() -> None:
    text = event_text(draft(at(3, 9), body="ένα δύο"), key="k", stamp=NOW)
    edited = text.replace("DESCRIPTION:ένα δύο", "DESCRIPTION:ένα (τηλεφώνησε) δύο")
    changed = amend(edited, draft(at(5, 12), body="τρία"), stamp=NOW)
    [event] = Calendar.from_ical(changed).walk("VEVENT")
    assert str(event["DESCRIPTION"]) == "τρία\n\nένα (τηλεφώνησε) δύο"


def test_a_cancelled_event_that_we_move_is_on_again() -> None:
    text = event_text(draft(at(3, 9)), key="k", stamp=NOW)
    off = text.replace("STATUS:CONFIRMED", "STATUS:CANCELLED").replace("OPAQUE", "TRANSPARENT")
    assert remote_event(off, ref=REF, office_zone=ZONE).cancelled
    on = amend(off, draft(at(3, 9)), stamp=NOW)
    assert remote_event(on, ref=REF, office_zone=ZONE).period == at(3, 9)
    assert not remote_event(on, ref=REF, office_zone=ZONE).cancelled


def test_the_key_survives_a_client_that_drops_what_it_does_not_know() -> None:
    text = event_text(draft(at(3, 9)), key="b-17", stamp=NOW)
    kept = "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("X-RANTEVOU")
    )
    assert remote_event(kept, ref=REF, office_zone=ZONE).key == "b-17"


def _invite(**changes: object) -> bytes:
    values: dict[str, object] = {
        "uid": "KLM-7Q2@kalamata.example",
        "sequence": 3,
        "method": "REQUEST",
        "period": at(3, 9),
        "summary": "Επίδομα Στέγασης",
        "description": "Γραμμή 1\nΓραμμή 2",
        "location": "Αριστομένους 28",
        "url": "https://rantevou.example/m/token",
        "organizer": "rantevou@kalamata.example",
        "organizer_name": 'Δήμος "Καλαμάτας"',
        "attendee": "maria@example.org",
        "attendee_name": "Μα\x00ρία; Παπα:",
        "stamp": NOW,
    }
    return invitation(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "status"), [("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")])
def test_the_citizen_s_invitation(method: str, status: str) -> None:
    calendar = Calendar.from_ical(_invite(method=method))
    [event] = calendar.walk("VEVENT")
    assert str(calendar["METHOD"]) == method
    assert (str(event["STATUS"]), event["SEQUENCE"]) == (status, 3)
    assert dt_of(event, "DTSTART") == at(3, 9).start
    assert dt_of(event, "DTSTART").tzinfo == ZoneInfo("UTC")
    assert str(event["ATTENDEE"]) == "mailto:maria@example.org"
    assert _parameter(event, "ATTENDEE", "CN") == "Μαρία; Παπα:"
    assert _parameter(event, "ATTENDEE", "PARTSTAT") == "ACCEPTED"
    assert _parameter(event, "ATTENDEE", "RSVP") == "FALSE"
    assert _parameter(event, "ORGANIZER", "CN") == "Δήμος 'Καλαμάτας'"


@given(name=texts, summary=texts)
def test_no_text_breaks_an_invitation(name: str, summary: str) -> None:
    [event] = Calendar.from_ical(_invite(attendee_name=name, summary=summary)).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:maria@example.org"
    assert str(event["SUMMARY"]) == one_line(summary)


@pytest.mark.parametrize("address", ["", "no-at", "a@b\r\nX:y", 'a"b@c', "a b@c.gr"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="plain mail address"):
        _invite(attendee=address)


@given(text=st.text(max_size=400))
def test_cleaned_text_is_stable_and_bounded(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)
    assert many_lines(many_lines(text)) == many_lines(text)
    assert len(one_line(text)) <= 250
    assert "\n" not in one_line(text)


@given(hour=st.integers(0, 71), year=st.integers(2024, 2037), spring=st.booleans())
def test_changes_of_the_clock_in_athens_keep_every_instant(
    hour: int, year: int, spring: bool
) -> None:
    """The last Sundays of March and October: an instant written is the instant read."""
    last = datetime(year, 3 if spring else 10, 31, tzinfo=UTC)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    start = sunday - timedelta(days=1) + timedelta(hours=hour)
    wanted = replace(draft(at(3, 9)), period=Period(start, start + timedelta(minutes=30)))
    text = event_text(wanted, key="k", stamp=NOW)
    assert remote_event(text, ref=REF, office_zone=ZONE).period == wanted.period
    local = start.astimezone(ZONE)
    foreign = text.replace(
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DTSTART;TZID=Europe/Athens:" + f"{local:%Y%m%dT%H%M%S}"
    )
    read = remote_event(foreign, ref=REF, office_zone=ZONE).period
    # The second pass of the repeated hour cannot be written in local time (RFC 5545, 3.3.5).
    assert local.fold or (read is not None and read.start == start)
