"""Free/busy of many mailboxes at once: what it does not tell is unknown, never free."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.contract import BusyReading, MailboxRef, Ours, Period, ShowAs
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    TryLater,
    Unsupported,
)
from connectors.graph.schedule import parts
from tests.connectors.outlook import Outlook, changed, outlook
from tests.contract.office import WINDOW, at, soon, whole_days
from tests.servers.graph.faults import refused
from tests.servers.graph.switches import every

_SCHEDULE = "/getSchedule$"


@pytest.fixture
def everybody(outlook_office: Outlook) -> Iterator[list[Outlook]]:
    with ExitStack() as stack:
        others = [
            stack.enter_context(outlook(outlook_office.graph, outlook_office.connector))
            for _ in range(2)
        ]
        yield [outlook_office, *others]


def _busy(everybody: list[Outlook], window: Period = WINDOW) -> list[BusyReading | ConnectorError]:
    first = everybody[0]
    refs = [each.mailbox for each in everybody]
    first.graph.requests.clear()
    answer = first.connector.read_busy(mailboxes=refs, window=window, deadline=soon())
    return [answer[ref] for ref in refs]


def _texts(everybody: list[Outlook]) -> list[str | ConnectorError]:
    refs = [each.mailbox for each in everybody]
    answer = everybody[0].connector.fingerprints(mailboxes=refs, window=WINDOW, deadline=soon())
    return [answer[ref] for ref in refs]


def _kinds(answers: list[Any]) -> list[type]:
    return [type(each) for each in answers]


def test_three_are_read_in_one_request_without_ids(everybody: list[Outlook]) -> None:
    everybody[0].office.create(at(3, 9))
    everybody[1].office.staff.put(at(3, 10), show_as=ShowAs.OUT_OF_OFFICE)
    everybody[2].office.staff.put(at(3, 11), show_as=ShowAs.WORKING_ELSEWHERE)
    readings = _busy(everybody)
    assert everybody[0].requests() == ["POST getSchedule"]
    shown = [
        (one.period, one.show_as, one.ours, one.key)
        for reading in readings
        if isinstance(reading, BusyReading)
        for one in reading.intervals
    ]
    assert shown == [
        (at(3, 9), ShowAs.BUSY, Ours.UNKNOWN, None),
        (at(3, 10), ShowAs.OUT_OF_OFFICE, Ours.UNKNOWN, None),
        (at(3, 11), ShowAs.WORKING_ELSEWHERE, Ours.UNKNOWN, None),
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ErrorMailRecipientNotFound", MailboxNotFound),
        ("ErrorNoFreeBusyAccess", NotAuthorised),
        ("ErrorFreeBusyGenerationFailed", TryLater),
        ("ErrorNeverHeardOf", TryLater),
    ],
)
def test_an_error_inside_a_success_is_that_mailbox_s(
    everybody: list[Outlook], code: str, kind: type
) -> None:
    everybody[1].box.schedule_error = code
    assert _kinds(_busy(everybody)) == [BusyReading, kind, BusyReading]
    assert _kinds(_texts(everybody)) == [str, kind, str]


def test_too_many_entries_are_unknown(everybody: list[Outlook]) -> None:
    everybody[0].graph.switches.schedule_entries = 3
    for day in range(2, 6):
        everybody[2].office.staff.put(at(day, 9))
    assert _kinds(_busy(everybody)) == [BusyReading, BusyReading, TryLater]


def _entry(number: int, **other: Any) -> Any:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        entry = body["value"][number] | other
        body["value"][number] = {name: each for name, each in entry.items() if each is not ...}
        return body

    return changed(change)


_HIDING = {
    "no items": _entry(1, scheduleItems=...),
    "null items": _entry(1, scheduleItems=None),
    "items of no kind": _entry(1, scheduleItems=[None]),
    "items hidden": _entry(1, scheduleItems=[], availabilityView="0020"),
    "another address": _entry(1, scheduleId="somebody@else.example"),
    "error of no kind": _entry(1, error="no"),
    "entry missing": changed(lambda body: body | {"value": [body["value"][0], body["value"][2]]}),
}


@pytest.mark.parametrize("fault", _HIDING.values(), ids=list(_HIDING))
def test_what_is_not_told_is_unknown(everybody: list[Outlook], fault: Any) -> None:
    everybody[0].graph.faults.add(fault, path=_SCHEDULE, times=None)
    assert _kinds(_busy(everybody)) == [BusyReading, TryLater, BusyReading]
    assert _kinds(_texts(everybody)) == [str, TryLater, str]


@pytest.mark.parametrize("fault", [refused(503), refused(504), changed(lambda body: {})])
def test_no_answer_is_unknown_for_all(everybody: list[Outlook], fault: Any) -> None:
    everybody[0].graph.faults.add(fault, path=_SCHEDULE)
    assert _kinds(_busy(everybody)) == [TryLater] * 3


def test_addresses_come_back_in_any_case(everybody: list[Outlook]) -> None:
    everybody[1].office.staff.put(at(3, 9))
    everybody[0].graph.faults.add(
        _entry(1, scheduleId=everybody[1].box.address.upper()), path=_SCHEDULE
    )
    reading = _busy(everybody)[1]
    assert isinstance(reading, BusyReading)
    assert [one.period for one in reading.intervals] == [at(3, 9)]


def test_a_mailbox_that_cannot_ask_lets_another_ask(everybody: list[Outlook]) -> None:
    everybody[0].box.enabled = False
    everybody[2].office.staff.put(at(3, 9))
    answers = _busy(everybody)
    assert _kinds(answers) == [MailboxNotFound, BusyReading, BusyReading]
    assert everybody[0].graph.requests.count("POST", _SCHEDULE) == 2
    assert _kinds(_texts(everybody)) == [MailboxNotFound, str, str]


def test_nobody_may_be_asked(everybody: list[Outlook]) -> None:
    everybody[0].graph.scope = set()
    try:
        assert _kinds(_busy(everybody)) == [NotAuthorised] * 3
    finally:
        everybody[0].graph.scope = None


def test_another_calendar_is_read_by_itself(everybody: list[Outlook]) -> None:
    first = everybody[0]
    calendar = first.box.add_calendar("Ραντεβού")
    first.box.put(at(3, 9).start, at(3, 9).end, calendar=calendar)
    second = MailboxRef(first.box.address, calendar)
    refs = [second, *(each.mailbox for each in everybody)]
    first.requests()
    answer = first.connector.read_busy(mailboxes=refs, window=WINDOW, deadline=soon())
    assert first.requests() == ["POST getSchedule", "GET calendarView"]
    busy = {
        ref: [one.period for one in each.intervals]
        for ref, each in answer.items()
        if isinstance(each, BusyReading)
    }
    assert busy == {second: [at(3, 9)], **{each.mailbox: [] for each in everybody}}
    texts = first.connector.fingerprints(mailboxes=refs, window=WINDOW, deadline=soon())
    assert isinstance(texts[second], Unsupported)
    assert isinstance(texts[first.mailbox], str)


def test_a_long_window_is_asked_in_parts(everybody: list[Outlook]) -> None:
    long = Period(WINDOW.start, WINDOW.start + timedelta(days=200))
    late = Period(long.end - timedelta(hours=1), long.end - timedelta(minutes=30))
    # Over the edge of two parts, so that it is told twice.
    stretch = Period(at(7, 9, month=12).start, at(10, 9, month=12).end)
    for period in (at(3, 9), late, stretch):
        everybody[1].office.staff.put(period)
    reading = _busy(everybody, long)[1]
    assert isinstance(reading, BusyReading)
    assert sorted(one.period for one in reading.intervals) == sorted([at(3, 9), late, stretch])
    assert everybody[0].graph.requests.count("POST", _SCHEDULE) == 4


@pytest.mark.parametrize("days", [1, 60, 61, 62, 123, 400])
def test_parts_follow_each_other_and_are_short_enough(days: int) -> None:
    window = Period(WINDOW.start, WINDOW.start + timedelta(days=days, minutes=5))
    found = list(parts(window))
    assert (found[0].start, found[-1].end) == (window.start, window.end)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(each.duration < timedelta(days=62) for each in found)


@pytest.mark.parametrize("reading", every("all_day_reading"))
def test_whole_days_are_the_office_s_days(everybody: list[Outlook], reading: str) -> None:
    everybody[0].graph.switches.all_day_reading = reading  # type: ignore[assignment]
    everybody[1].office.staff.put_all_day(date(2026, 10, 25), 1)
    found = _busy(everybody, Period(at(25, 9, month=10).start, at(25, 10, month=10).end))[1]
    assert isinstance(found, BusyReading)
    [interval] = found.intervals
    assert (interval.period, interval.all_day) == (whole_days(date(2026, 10, 25), 1), True)


def test_midnights_of_utc_take_the_local_day_as_well(everybody: list[Outlook]) -> None:
    """An entry does not say whether it is all-day; told as dates, it must not begin too late."""
    item = {
        "status": "oof",
        "start": {"dateTime": "2026-11-03T00:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-04T00:00:00.0000000", "timeZone": "UTC"},
    }
    everybody[0].graph.faults.add(_entry(0, scheduleItems=[item]), path=_SCHEDULE)
    found = _busy(everybody)[0]
    assert isinstance(found, BusyReading)
    [interval] = found.intervals
    assert interval.period == Period(
        whole_days(date(2026, 11, 3), 1).start, datetime(2026, 11, 4, tzinfo=UTC)
    )
    assert interval.all_day
