"""A draft that forgets: our lines go wherever they stand now, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from icalendar import Calendar, Event

from connectors.contract import EventDraft, EventRef, RemoteEvent
from connectors.vevent.parse import dt_of
from connectors.vevent.text import renewed
from connectors.vevent.write import already_as, amend, event_text
from tests.connectors.outlook import Outlook
from tests.contract.office import ZONE, at, draft, new_key

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NAME = "Κανάριος Κανάρης"
OURS = f"Όνομα: {NAME}\nΥπηρεσία: Επίδομα\nΣτοιχεία και απαντήσεις: https://x.example/1"
LEFT = "Υπηρεσία: Επίδομα\nΤα προσωπικά στοιχεία διαγράφηκαν."
FORGETS = ("Όνομα: ", "Στοιχεία και απαντήσεις: ")


def ours(**changes: object) -> EventDraft:
    return replace(draft(at(3, 9), body=OURS, link=""), **changes)  # type: ignore[arg-type]


def left(**changes: object) -> EventDraft:
    return replace(
        draft(at(9, 9), body=LEFT, subject="Επίδομα #KLM-7Q2", link="", forgets=FORGETS),
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (OURS, LEFT),
        (f"σημείωση\n\n{OURS}\n\nκι άλλη", f"σημείωση\n\n{LEFT}\n\nκι άλλη"),
        (OURS.replace("\n", " "), LEFT),
        (OURS.replace("\n", "\r\n\r\n"), LEFT),
        # A person wrote into our text: our lines go, theirs stay.
        (OURS.replace(NAME, f"{NAME} (τηλεφώνησε)"), f"{LEFT}\n\nΥπηρεσία: Επίδομα"),
        ("", LEFT),
        (LEFT, LEFT),
    ],
)
def test_text_is_renewed(written: str, expected: str) -> None:
    made = renewed(written, former=OURS, wanted=LEFT, forgets=FORGETS)
    assert made == expected
    assert renewed(made, former=LEFT, wanted=LEFT, forgets=FORGETS) == made


def test_our_lines_go_also_where_the_copy_of_our_text_was_dropped() -> None:
    assert NAME not in renewed(OURS, former="", wanted=LEFT, forgets=FORGETS)


def edited(text: str, *lines: str) -> str:
    return text.replace("END:VEVENT", "\r\n".join([*lines, "END:VEVENT"]))


def test_time_and_what_staff_made_of_an_event_stay() -> None:
    text = event_text(ours(meeting_url="https://meet.example/room"), key="k", stamp=NOW)
    text = edited(text, "COMMENT:μόνο το πρωί", f"X-ALT-DESC;FMTTYPE=text/html:<p>{NAME}</p>")
    text = text.replace("CATEGORIES:", "CATEGORIES:Ολοκληρώθηκε,").replace("OPAQUE", "TRANSPARENT")
    changed = amend(text, left(), stamp=NOW)
    assert NAME not in changed
    assert "meet.example" not in changed
    [event] = Calendar.from_ical(changed).walk("VEVENT")
    assert isinstance(event, Event)
    assert dt_of(event, "DTSTART") == at(3, 9).start
    assert str(event["TRANSP"]) == "TRANSPARENT"
    assert str(event["COMMENT"]) == "μόνο το πρωί"
    assert str(event["LOCATION"]) == "Αριστομένους 28"
    assert str(event["SUMMARY"]) == "Επίδομα #KLM-7Q2"
    assert already_as(changed, left(), office_zone=ZONE)
    assert not already_as(text, left(), office_zone=ZONE)


def test_a_series_stays_a_series_and_forgets_in_every_exception() -> None:
    text = edited(event_text(ours(), key="k", stamp=NOW), "RRULE:FREQ=WEEKLY;COUNT=3")
    exception = text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")]
    exception = exception.replace("RRULE:FREQ=WEEKLY;COUNT=3", "RECURRENCE-ID:20261110T070000Z")
    text = text.replace("END:VCALENDAR", exception + "END:VCALENDAR")
    changed = amend(text, left(), stamp=NOW)
    assert NAME not in changed
    assert changed.count("BEGIN:VEVENT") == 2
    assert "RRULE:FREQ=WEEKLY;COUNT=3" in changed


def told(outlook: Outlook, event: RemoteEvent) -> dict[str, Any]:
    return outlook.event(event.ref.id)


def test_in_outlook_text_goes_and_time_stays(outlook_office: Outlook) -> None:
    created = outlook_office.create(at(3, 9), new_key(), body=OURS)
    outlook_office.box.edit(created.ref.id, showAs="free", categories=["Ολοκληρώθηκε"])
    ref = outlook_office.office.get(created.ref.id).ref
    changed = outlook_office.update(RemoteEvent(ref=ref, period=None), left())
    now = told(outlook_office, created)
    assert NAME not in str(now)
    assert NAME not in changed.body
    assert (changed.period, changed.key) == (at(3, 9), created.key)
    assert (now["showAs"], now["categories"]) == ("free", ["Ολοκληρώθηκε"])
    assert now["subject"] == "Επίδομα #KLM-7Q2"


def test_the_text_of_an_online_meeting_goes_too(outlook_office: Outlook) -> None:
    """Until then nothing may touch it; now the meeting is over."""
    online = outlook_office.create(at(3, 9), new_key(), body=OURS, wants_meeting=True, location="")
    assert NAME in told(outlook_office, online)["body"]["content"]
    changed = outlook_office.update(online, left())
    assert NAME not in str(told(outlook_office, online))
    assert NAME not in changed.body
    again = outlook_office.update(changed, left())
    assert again.ref == changed.ref


def test_the_same_forgotten_twice_is_written_once(outlook_office: Outlook) -> None:
    created = outlook_office.create(at(3, 9), new_key(), body=OURS)
    outlook_office.update(created, left())
    outlook_office.requests()
    stale = RemoteEvent(ref=EventRef(created.ref.id, created.ref.etag), period=None)
    outlook_office.update(stale, left())
    assert not any(each.startswith("PATCH") for each in outlook_office.requests())
