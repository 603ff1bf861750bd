"""Busy time of 354 tricky files, against an oracle that shares no code with ours.

RANTEVOU_TEST_ICS_CORPUS names the folder; `ics-corpus` in the shared folder where it is not set.
The rules stand in the folder's README.
"""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import Period, ResourceReading, ShowAs
from connectors.vevent import read

OFFICE: Final = ZoneInfo("Europe/Berlin")  # the oracle's zone for all-day and floating times
BESIDE: Final = Path(
    os.environ.get("RANTEVOU_TEST_SHARED", Path(__file__).resolve().parents[3] / "shared")
)
CORPUS: Final = Path(os.environ.get("RANTEVOU_TEST_ICS_CORPUS", BESIDE / "ics-corpus"))
ANYWHERE: Final = [{"start": "2026-11-01T00:00:00Z", "end": "2026-12-31T00:00:00Z"}]

pytestmark = pytest.mark.needs_shared


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file means is asked here. The box ends a reading whose process collects its garbage
    meanwhile, which takes long in one that holds thousands of tests; it has tests of its own."""
    monkeypatch.setattr(read, "TIME_BOX", 2.5)


def _cases(*statuses: str) -> list[Any]:
    cases = []
    for answer in sorted(CORPUS.rglob("*.ics.busy.json")):
        expected = json.loads(answer.read_text())
        if expected["status"] in statuses:
            name = str(answer.relative_to(CORPUS)).removesuffix(".busy.json")
            cases.append(pytest.param(CORPUS / name, expected, id=name))
    # Without the folder one case stays, so that the skip is seen.
    return cases or [pytest.param(CORPUS, {}, id="corpus")]


def _period(window: dict[str, Any]) -> Period:
    return Period(datetime.fromisoformat(window["start"]), datetime.fromisoformat(window["end"]))


def _read(file: Path, window: Period) -> ResourceReading:
    """Reads in bounded time, whatever is in the file; the bound leaves room for a busy machine."""
    raw = file.read_bytes().decode("utf-8", "replace")
    began = time.thread_time()
    reading = read.read_resource(
        raw, resource_id=file.name, etag='"1"', window=window, office_zone=OFFICE
    )
    assert time.thread_time() - began < 3
    return reading


def _blocked(reading: ResourceReading, window: Period) -> list[list[datetime]]:
    """Union of what blocks, cut to the window."""
    union: list[list[datetime]] = []
    for interval in sorted(reading.intervals, key=lambda one: one.period):
        if interval.show_as == ShowAs.FREE or not interval.period.overlaps(window):
            continue
        start = max(interval.period.start, window.start)
        end = min(interval.period.end, window.end)
        if union and start <= union[-1][1]:
            union[-1][1] = max(union[-1][1], end)
        else:
            union.append([start, end])
    return union


def _expected(window: dict[str, Any]) -> list[list[datetime]]:
    return [[datetime.fromisoformat(moment) for moment in pair] for pair in window["busy"]]


@pytest.mark.parametrize(("file", "expected"), _cases("agreed"))
def test_agreed_busy_time_is_met_exactly(file: Path, expected: dict[str, Any]) -> None:
    for window in expected["windows"]:
        period = _period(window)
        assert _blocked(_read(file, period), period) == _expected(window)


@pytest.mark.parametrize(("file", "expected"), _cases("single"))
def test_where_only_the_oracle_read_it_we_agree_or_say_that_we_do_not_know(
    file: Path, expected: dict[str, Any]
) -> None:
    for window in expected["windows"]:
        period = _period(window)
        reading = _read(file, period)
        assert not reading.understood or _blocked(reading, period) == _expected(window)


@pytest.mark.parametrize(("file", "expected"), _cases("disputed"))
def test_disputed_files_do_no_harm(file: Path, expected: dict[str, Any]) -> None:
    for window in expected["windows"]:
        reading = _read(file, _period(window))
        assert reading.understood or reading.intervals or reading.warnings


@pytest.mark.parametrize(("file", "expected"), _cases("oracle-error"))
def test_what_the_oracle_refuses_is_not_understood_or_carries_a_warning(
    file: Path, expected: dict[str, Any]
) -> None:
    """Whatever breaks the rules and still means one thing only is read, and said to the admin."""
    for window in expected.get("windows", ANYWHERE):
        assert _read(file, _period(window)).warnings


#: Broken in a way that may hide time.
_DOUBTFUL: Final = (
    "allenporter-ical/parsing__testdata__invalid__missing_colon.ics",
    "ical4j/samples__invalid__bhav23-2.ics",
    "icalendar/calendars__broken_dtstart.ics",
    "icalendar/calendars__issue_1633_freebusy_with_dates.ics",
    "icalendar/calendars__issue_1633_rdate_with_dates_and_tzid.ics",
    "libical/issue253.ics",
    "radicale/broken-vevent.ics",
)


@pytest.mark.parametrize("name", _DOUBTFUL)
def test_what_may_hide_time_is_not_understood(name: str) -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}")
    assert not _read(CORPUS / name, _period(ANYWHERE[0])).understood
