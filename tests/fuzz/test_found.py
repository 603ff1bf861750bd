"""What the fuzzing of this folder has found, each kept as it was found."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.caldav import multistatus
from connectors.caldav.client import Answer
from connectors.contract import EventRef
from connectors.deadline import Deadline
from connectors.errors import MailboxNotFound, Rejected, TryLater
from connectors.graph import properties
from connectors.graph.connector import GraphConnector
from connectors.graph.draft import amendment
from connectors.graph.hours import working_hours
from connectors.graph.sending import RawAnswer
from connectors.vevent.find import remote_event
from connectors.vevent.parse import Unreadable
from connectors.vevent.timebox import TimeIsUp, time_box
from connectors.vevent.write import amend
from tests.fuzz.test_caldav_answers import ANSWERS, BASE, CALLS, HERE, connector
from tests.fuzz.test_graph_answers import EVENT, graph, through
from tests.fuzz.test_ics import DRAFT, NAMED, read

__all__ = ["graph"]

ATHENS = ZoneInfo("Europe/Athens")


@pytest.mark.parametrize("name", ["DTSTART", "DTEND"])
def test_an_event_of_ours_with_an_unreadable_time_is_looked_at_without_a_crash(name: str) -> None:
    raw = NAMED["single"].replace(f"{name}:2027", f"{name}:twenty-")
    assert remote_event(raw, ref=EventRef("a", ""), office_zone=ATHENS).period is None


@pytest.mark.parametrize("location", ["https://[::1", "https://dav.example.gr:99999999/a", "//["])
def test_a_redirect_to_no_address_is_not_followed(location: str) -> None:
    answer = Answer(302, {"Location": location}, b"", HERE)
    with pytest.MonkeyPatch.context() as monkeypatch, pytest.raises(MailboxNotFound):
        CALLS["get"](connector([answer], monkeypatch), Deadline.after(20))


@pytest.mark.parametrize("href", ["https://[::1", "https://dav.example.gr:99999999/a", "//["])
def test_a_member_without_a_readable_address_hides_the_calendar(href: str) -> None:
    body = ANSWERS[1].replace(f"{HERE}a.ics", href).encode()
    with pytest.raises(TryLater, match="cannot be read"):
        multistatus.parse(body, base=BASE)


@pytest.mark.parametrize("status", ["HTTP/1.1 " + "9" * 5_000, "HTTP/1.1 ٢٠٠", "OK", "HTTP/1.1 20"])
def test_a_status_line_that_cannot_be_read_is_no_success(status: str) -> None:
    body = ANSWERS[1].replace("HTTP/1.1 404 Not Found", status).encode()
    assert [each.status for each in multistatus.parse(body, base=BASE).members] == [200, 500, 507]


@pytest.mark.parametrize("body", [b"[" * 5_000, b'{"value":' * 1_500])
@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_of_graph_that_is_nested_without_end_is_an_error_of_the_contract(
    graph: GraphConnector, status: int, body: bytes
) -> None:
    found = through(graph, "changes", [RawAnswer(status, {}, body)])
    assert isinstance(found, TryLater | MailboxNotFound)


def test_a_sequence_of_thousands_of_digits_is_no_number() -> None:
    raw = NAMED["single"].replace("SEQUENCE:3", "SEQUENCE:" + "9" * 5_000)
    assert "SEQUENCE:1\r\n" in amend(raw, DRAFT, stamp=DRAFT.period.start)
    owned = [{"id": properties.SEQUENCE, "value": "9" * 5_000}]
    event = {**EVENT, "singleValueExtendedProperties": owned}
    assert amendment(event, DRAFT, office_zone=ATHENS)


#: In a package of its own, because the end of the time is told in some packages only.
_BOXED: dict[str, Any] = {"__name__": "boxed"}
exec("def waiting():\n    yield 1\n    yield 2\n\ndef turn():\n    return 1\n", _BOXED)


def test_a_generator_that_is_thrown_away_late_does_not_take_the_time_box_with_it() -> None:
    def late() -> None:
        held = _BOXED["waiting"]()
        next(held)
        until = time.thread_time() + 0.02
        while time.thread_time() < until:  # another package's work
            datetime.now(UTC).isoformat()
        del held
        for _ in range(100):
            _BOXED["turn"]()

    with pytest.raises(TimeIsUp), time_box(0.01, packages=frozenset({"boxed"})):
        late()


def test_an_event_of_ours_inside_of_another_component_is_not_changed() -> None:
    raw = NAMED["series"].replace("TZID:GTB", "TZID:END:VEVENTGTB", 1)
    raw = raw.replace("END:VTIMEZONE", "DTSTARTEND:VTIMEZONE", 1)
    raw = raw.replace("END:VCALENDAR", "END:VEVENT\r\nEND:VCALENDAR", 1)
    with pytest.raises(Unreadable):
        amend(raw, DRAFT, stamp=DRAFT.period.start)


CUSTOM = {"bias": -120, "standardOffset": {"month": 10}, "daylightOffset": {"month": 3}}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"timeZone": {**CUSTOM, "bias": "two hours"}},
        {"timeZone": {**CUSTOM, "bias": [1]}},
        {"timeZone": {**CUSTOM, "bias": float("inf")}},
        {"timeZone": {**CUSTOM, "daylightOffset": True}},
        {"daysOfWeek": True},
        {"daysOfWeek": {"monday": 1}},
    ],
    ids=str,
)
def test_working_hours_that_nobody_understands_are_refused(spoilt: dict[str, Any]) -> None:
    told = {"daysOfWeek": ["monday"], "startTime": "08:00", "endTime": "15:00", **spoilt}
    with pytest.raises(Rejected, match="Outlook"):
        working_hours(told, office_zone=ATHENS, now=datetime(2026, 11, 1, tzinfo=UTC))


def test_an_event_of_ours_with_a_rule_that_cannot_be_written_again_is_not_changed() -> None:
    raw = NAMED["series"].replace("UNTIL=20281231T220000Z", "UNTIL=220000Z")
    with pytest.raises(Unreadable):
        amend(raw, DRAFT, stamp=DRAFT.period.start)


def test_the_time_of_an_object_is_over_for_all_its_series() -> None:
    """The box strikes once; the next series of the same object were expanded without one."""
    many = (
        "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:20270101T000000Z\r\nDTEND:20270101T000001Z\r\n"
        "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9;"
        "BYSECOND=1,2,3,4,5\r\nEND:VEVENT\r\n"
    )
    raw = f"BEGIN:VCALENDAR\r\n{''.join(many.format(uid) for uid in 'abcd')}END:VCALENDAR\r\n"
    reading = read(raw)
    assert not reading.understood
    assert len(reading.intervals) == 4  # what is known of each stays blocked
