"""Calendar objects that nobody should have written: read, looked at, changed, within a second."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import EventDraft, EventRef, Period, RemoteEvent, ResourceReading
from connectors.vevent.find import remote_event, uid_in
from connectors.vevent.parse import Unreadable
from connectors.vevent.read import read_resource
from connectors.vevent.write import already_as, amend
from tests.conftest import shared_folder
from tests.fuzz.effort import quick, tries
from tests.fuzz.mutating import TIMES, ZONES, spoilt_text

ATHENS: Final = ZoneInfo("Europe/Athens")
WINDOW: Final = Period(datetime(2027, 10, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
NAMED: Final = {
    path.stem: path.read_bytes().decode()
    for path in sorted((Path(__file__).parent / "seeds").glob("*.ics"))
}
SEEDS: Final = tuple(NAMED.values())
WORDS: Final = (
    "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VCALENDAR", "BEGIN:VCALENDAR",
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "EXRULE", "TZID",
    "UID", "SEQUENCE", "CATEGORIES", ";VALUE=DATE", ";VALUE=PERIOD", ";RANGE=THISANDFUTURE",
    "FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=7", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7",
    "FREQ=WEEKLY", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYYEARDAY=366", "BYSETPOS=-1",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU", "FREQ=YEARLY;BYEASTER=1", "INTERVAL=0", "COUNT=999999999",
    "COUNT=0", "UNTIL=00010101", "UNTIL=99991231T235959Z", "BYDAY=60MO", "WKST=XX", "P1D", "-PT1H",
    "PT0S", "P9999999999W", "PT" + "9" * 30 + "S", "00010101T000000", "99991231T235959Z",
    "20271031T033000", "20270229T250000", "99999999", "20271101T080000Z/20271101T070000Z",
    *(f";TZID={zone}" for zone in ZONES[:6]), *TIMES[:4], "\r\n ", "\n\t",
)  # fmt: skip
DRAFT: Final = EventDraft(
    period=Period(datetime(2027, 11, 1, 8, tzinfo=UTC), datetime(2027, 11, 1, 8, 30, tzinfo=UTC)),
    subject="Πιστοποιητικά #P2W-9HD",
    body="Όνομα: Μαρία",
    reference="P2W-9HD",
    meeting_url="https://meet.example.gr/room",
    categories=("Ραντεβού",),
)


def read(raw: str) -> ResourceReading:
    reading = quick(
        lambda: read_resource(raw, resource_id="a", etag='"1"', window=WINDOW, office_zone=ATHENS)
    )
    # What is said of a calendar that was not understood is a code, never its content.
    assert all(code.replace("_", "").isalnum() for code in reading.warnings)
    assert reading.understood or reading.warnings
    return reading


def looked_at(raw: str) -> RemoteEvent:
    quick(lambda: uid_in(raw))
    return quick(lambda: remote_event(raw, ref=EventRef("a", '"1"'), office_zone=ATHENS))


def changed(raw: str) -> str | None:
    """Our event in ``raw`` moved to another time, None where it cannot be read."""
    try:
        text = quick(lambda: amend(raw, DRAFT, stamp=DRAFT.period.start))
    except Unreadable:
        return None
    assert looked_at(text).period == DRAFT.period
    return text


def through(raw: str) -> None:
    """All that this product does with a calendar object, decoded as connectors decode it."""
    raw = raw.encode("utf-8", "replace").decode()
    read(raw)
    looked_at(raw)
    changed(raw)
    with suppress(Unreadable):
        quick(lambda: already_as(raw, DRAFT, office_zone=ATHENS))


@tries(60)
@given(raw=spoilt_text([raw for name, raw in NAMED.items() if name != "bombs"], WORDS))
def test_a_spoilt_calendar_object_stops_nobody(raw: str) -> None:
    through(raw)


@tries(5, share=0.05)
@given(raw=spoilt_text([NAMED["bombs"]], WORDS))
def test_rules_without_an_end_are_given_up_in_time(raw: str) -> None:
    through(raw)


def _corpus() -> tuple[str, ...]:
    folder = shared_folder() / "ics-corpus"
    files = sorted(folder.rglob("*.ics"), key=lambda path: str(path.relative_to(folder)))
    # The time limit is for objects as a calendar has them; a mutation of 60 kB is no other test.
    found = [path.read_bytes().decode("utf-8", "replace") for path in files]
    return tuple(raw for raw in found if len(raw) < 8_000) or SEEDS


@pytest.mark.needs_shared
@tries(25)
@given(data=st.data())
def test_spoilt_files_of_other_programs_stop_nobody(data: st.DataObject) -> None:
    through(data.draw(spoilt_text(_CORPUS, WORDS)))


_CORPUS: Final = _corpus()
