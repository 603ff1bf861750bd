"""What each rule of reading says about one small calendar object."""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors.contract import MailboxRef, Period, ResourceReading, ShowAs
from connectors.vevent import parse
from connectors.vevent.read import read_resource
from connectors.vevent.tame import is_tame
from connectors.vevent.timebox import TimeIsUp, time_box
from tests.contract.office import WINDOW, ZONE, at, calendar_text, whole_days

START, END = "DTSTART:20261103T070000Z", "DTEND:20261103T073000Z"
THIRD_AT_NINE = at(3, 9)


def read(raw: str, window: Period = WINDOW) -> ResourceReading:
    return read_resource(raw, resource_id="x", etag='"1"', window=window, office_zone=ZONE)


def event(*lines: str) -> ResourceReading:
    return read(calendar_text("uid", list(lines)))


def calls_of(work: Callable[[], object]) -> int:
    """How many calls ``work`` makes: what it costs, whatever else the machine is doing."""
    made = 0

    def count(*_: object) -> None:
        nonlocal made
        made += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ([], ShowAs.BUSY),
        (["TRANSP:OPAQUE"], ShowAs.BUSY),
        (["TRANSP:transparent"], ShowAs.FREE),
        (["STATUS:tentative"], ShowAs.TENTATIVE),
        (["STATUS:TENTATIVE", "TRANSP:TRANSPARENT"], ShowAs.FREE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:OOF"], ShowAs.OUT_OF_OFFICE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"], ShowAs.WORKING_ELSEWHERE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"], ShowAs.TENTATIVE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:FREE"], ShowAs.BUSY),
        (["TRANSP:SOMETHING"], ShowAs.BUSY),
    ],
)
def test_how_it_is_shown(lines: list[str], shown: ShowAs) -> None:
    [interval] = event(START, END, *lines).intervals
    assert (interval.period, interval.show_as) == (THIRD_AT_NINE, shown)


def test_cancelled_takes_no_time() -> None:
    reading = event(START, END, "STATUS:Cancelled")
    assert reading.intervals == ()
    assert reading.understood


@pytest.mark.parametrize(
    "end", ["DTEND:20261103T070000Z", "DTEND:20261103T060000Z", "DURATION:PT0S"]
)
def test_nothing_or_less_takes_no_time(end: str) -> None:
    reading = event(START, end)
    assert reading.intervals == ()
    assert reading.understood


def test_without_dtstart_there_is_no_time_but_a_warning() -> None:
    reading = event("SUMMARY:x")
    assert (reading.intervals, reading.understood) == ((), True)
    assert reading.warnings == ("no_dtstart",)


def test_an_unreadable_dtstart_is_not_understood() -> None:
    reading = event("DTSTART:20261303T070000Z", END)
    assert not reading.understood
    assert reading.warnings == ("unreadable_dtstart",)


@pytest.mark.parametrize("raw", ["", "hello", "BEGIN:VCALENDAR\r\n", "x" * 3_000_000, "\x00"])
def test_what_is_no_calendar_is_not_understood(raw: str) -> None:
    assert not read(raw).understood


def test_all_day_and_floating_are_the_office_s() -> None:
    [day] = event("DTSTART;VALUE=DATE:20261025").intervals
    assert day.period == whole_days(date(2026, 10, 25), 1)
    assert day.all_day
    assert day.period.duration == timedelta(hours=25)
    [floating] = event("DTSTART:20261103T090000", "DURATION:PT30M").intervals
    assert floating.period == THIRD_AT_NINE
    assert floating.certain


def test_an_unknown_zone_is_the_office_s_and_uncertain() -> None:
    reading = event('DTSTART;TZID="tzone://Microsoft/Custom":20261103T090000', "DURATION:PT30M")
    [interval] = reading.intervals
    assert interval.period == THIRD_AT_NINE
    assert not interval.certain
    assert reading.understood
    assert reading.warnings == ("unknown_tzid",)


def test_a_zone_that_breaks_its_line_is_not_understood() -> None:
    reading = event("DTSTART;TZID=tzone://Microsoft/Custom:20261103T090000", "DURATION:PT30M")
    assert not reading.understood


def test_a_windows_zone_is_known() -> None:
    reading = event("DTSTART;TZID=GTB Standard Time:20261103T090000", "DURATION:PT30M")
    assert [one.period for one in reading.intervals] == [THIRD_AT_NINE]
    assert reading.intervals[0].certain


def _custom_zone(offset: str) -> str:
    zone = [
        "BEGIN:VTIMEZONE",
        "TZID:Customized Time Zone",
        "BEGIN:STANDARD",
        "DTSTART:16010101T000000",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    text = calendar_text(
        "uid", ["DTSTART;TZID=Customized Time Zone:20261103T090000", "DURATION:PT30M"]
    )
    return text.replace("BEGIN:VEVENT", "\r\n".join([*zone, "BEGIN:VEVENT"]))


def test_two_files_may_give_one_zone_name_two_meanings() -> None:
    for offset, hour in (("+0200", 7), ("+0300", 6), ("+0200", 7)):
        [interval] = read(_custom_zone(offset)).intervals
        assert interval.period.start == datetime(2026, 11, 3, hour, tzinfo=UTC)
        assert interval.certain


def test_free_busy_components_count() -> None:
    raw = calendar_text("uid").replace(
        "END:VCALENDAR",
        "BEGIN:VFREEBUSY\r\nDTSTAMP:20260101T000000Z\r\n"
        "FREEBUSY:20261103T070000Z/PT30M,20261103T090000Z/20261103T100000Z\r\n"
        "FREEBUSY;FBTYPE=FREE:20261103T110000Z/PT30M\r\n"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261103T120000Z/PT30M\r\nEND:VFREEBUSY\r\nEND:VCALENDAR",
    )
    assert [(one.period, one.show_as) for one in read(raw).intervals] == [
        (at(3, 9), ShowAs.BUSY),
        (at(3, 11, minutes=60), ShowAs.BUSY),
        (at(3, 13), ShowAs.FREE),
        (at(3, 14), ShowAs.TENTATIVE),
    ]


@pytest.mark.parametrize("start", ["19000101T070000Z", "20200101T070000Z", "20261103T070000Z"])
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;COUNT=20000",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7;BYMINUTE=" + ",".join(map(str, range(60))),
    ],
)
def test_bombs_end_within_their_time_and_block_what_is_known(start: str, rule: str) -> None:
    began = time.thread_time()
    reading = event(f"DTSTART:{start}", "DURATION:PT30M", f"RRULE:{rule}")
    assert time.thread_time() - began < 3  # without an end it would be hours
    if not reading.understood:
        assert reading.intervals
        assert reading.warnings
        assert all(not one.certain for one in reading.intervals)


@settings(max_examples=200, deadline=None)
@given(
    start=st.dates(date(1990, 1, 1), date(2027, 1, 1)),
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 60),
    parts=st.dictionaries(
        st.sampled_from(["BYDAY", "BYMONTH", "BYMONTHDAY", "COUNT"]),
        st.sampled_from(["1", "2", "12", "28", "MO", "-1SU", "4FR", "TU,SA", "9999", "1,12"]),
        max_size=3,
    ),
)
def test_what_is_called_tame_is_expanded_in_no_time(
    start: date, frequency: str, interval: int, parts: dict[str, str]
) -> None:
    rule = ";".join(
        [f"FREQ={frequency}", f"INTERVAL={interval}", *(f"{k}={v}" for k, v in parts.items())]
    )
    raw = calendar_text("uid", [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"RRULE:{rule}"])
    assume(is_tame(raw))
    assert calls_of(lambda: read(raw)) < 200_000


@pytest.mark.parametrize(
    ("start", "rule", "tame"),
    [
        ("20240101", "FREQ=WEEKLY;BYDAY=MO,WE;WKST=MO", True),
        ("20240101", "FREQ=DAILY;COUNT=90", True),
        ("16010101", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", True),
        ("20240101", "FREQ=MONTHLY;BYMONTHDAY=15", True),
        ("20240101", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20301231", True),
        ("19000101", "FREQ=DAILY;COUNT=9999", False),
        ("20240101", "FREQ=DAILY;COUNT=999999999999", False),
        ("20240101", "FREQ=DAILY;INTERVAL=0", False),
        ("20240101", "FREQ=DAILY;BYHOUR=1,2,3", False),
        ("20240101", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", False),
        ("20240101", "FREQ=MONTHLY;BYMONTHDAY=1,2", False),
        ("20240101", "FREQ=MONTHLY;BYSETPOS=60;BYDAY=MO", False),
        ("20240101", "FREQ=YEARLY;BYWEEKNO=53", False),
        ("20240101", "FREQ=HOURLY", False),
        ("20240101", "FREQ=DAILY;INTERVAL=7;BYDAY=MO", False),
        ("20240101", "FREQ=DAILY;BYMONTH=13", False),
        ("20240101", "FREQ=WEEKLY;BYDAY=2MO", False),
        ("20240101", "FREQ=MONTHLY;BYDAY=5MO", False),
        ("20240101", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", False),
        ("20240101", "", False),
    ],
)
def test_only_surely_cheap_rules_leave_the_time_box(start: str, rule: str, tame: bool) -> None:
    raw = calendar_text("uid", [f"DTSTART;VALUE=DATE:{start}", f"RRULE:{rule}"])
    assert is_tame(raw) is tame
    hidden = raw.replace("RRULE", "RR\r\n ULE")
    assert is_tame(hidden) is tame


def test_an_hourly_rule_of_a_few_weeks_is_read() -> None:
    reading = event(START, "DURATION:PT5M", "RRULE:FREQ=HOURLY;COUNT=48")
    assert reading.understood
    assert len(reading.intervals) == 48


def test_a_broken_rule_blocks_its_first_occurrence_and_is_not_understood() -> None:
    reading = event(START, END, "RRULE:FREQ=SOMETIMES")
    assert not reading.understood
    assert [one.period for one in reading.intervals] == [THIRD_AT_NINE]


def test_the_time_box_ends_what_would_not_end() -> None:
    def endless() -> None:
        while True:
            abs(1)

    with pytest.raises(TimeIsUp), time_box(0.05, packages=frozenset({"tests"})):
        endless()


def test_what_runs_between_the_lines_cannot_swallow_the_end_of_the_time() -> None:
    """Python drops what a finalizer raises, and the hook with it (the garbage collector's too)."""

    class Finalized:
        def __del__(self) -> None:
            statistics.fmean(range(200))

    def endless() -> None:
        while True:
            Finalized()
            MailboxRef("a@b.example")

    with pytest.raises(TimeIsUp), time_box(0.05, packages=frozenset({"connectors"})):
        endless()


@given(
    years=st.integers(0, 12),
    days=st.integers(0, 40),
    rule=st.sampled_from(
        [
            "DAILY",
            "DAILY;INTERVAL=3",
            "WEEKLY",
            "WEEKLY;BYDAY=MO,WE",
            "WEEKLY;INTERVAL=5;BYDAY=TU,SU",
        ]
    ),
    hour=st.integers(0, 23),
    minutes=st.sampled_from([30, 60 * 26]),
    whole_day=st.booleans(),
)
def test_an_old_series_reads_as_one_that_is_walked_from_its_start(
    years: int, days: int, rule: str, hour: int, minutes: int, whole_day: bool
) -> None:
    """An endless rule may be started near the window; with a COUNT it is walked from DTSTART."""
    start = datetime(2026 - years, 9, 1, hour, 30, tzinfo=UTC) + timedelta(days=days)
    times = (
        [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", "DURATION:P2D"]
        if whole_day
        else [f"DTSTART;TZID=Europe/Athens:{start:%Y%m%dT%H%M%S}", f"DURATION:PT{minutes}M"]
    )
    endless = event(*times, f"RRULE:FREQ={rule}")
    counted = event(*times, f"RRULE:FREQ={rule};COUNT=9000")
    assert endless.understood
    assert endless.intervals == counted.intervals


@pytest.mark.parametrize(
    ("lines", "code", "intervals"),
    [
        (["DTSTART:20261103"], "date_without_value", 1),
        ([START, END, "RDATE:"], "empty_time", 1),
        ([START, END, "odd, name:value"], "odd_line", 1),
    ],
)
def test_what_can_only_mean_one_thing_is_read_with_a_warning(
    lines: list[str], code: str, intervals: int
) -> None:
    reading = event(*lines)
    assert reading.understood
    assert code in reading.warnings
    assert len(reading.intervals) == intervals


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([START, END, "RRULE FREQ=DAILY"], "unreadable_line"),
        ([START, END, "RDATE;VALUE=PERIOD:20261105/20261106"], "period_of_dates"),
        (["DTSTART;TZID=Europe/Athens:20261103"], "date_with_zone"),
    ],
)
def test_what_may_hide_time_is_not_understood(lines: list[str], code: str) -> None:
    reading = event(*lines)
    assert not reading.understood
    assert code in reading.warnings


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART;VALUE=DATE:20261103", "DTEND;VALUE=DATE:20261104"],
        ['DTSTART;VALUE="DATE":20261103'],
        [START, END, "DESCRIPTION:one line\r\n  folded: here\r\n\tand there"],
    ],
)
def test_what_keeps_to_the_rules_carries_no_warning(lines: list[str]) -> None:
    assert event(*lines).warnings == ()


def test_a_fork_while_somebody_parses_leaves_the_child_able_to_parse() -> None:
    raw = calendar_text("uid", [START, END])
    with parse._PARSING:  # another thread of the parent, at that moment
        pid = os.fork()
        if pid == 0:
            done = threading.Event()

            def work() -> None:
                if read(raw).intervals:
                    done.set()

            threading.Thread(target=work, daemon=True).start()
            os._exit(0 if done.wait(10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
