"""Text, HTML, subject and calendar file of a mail say the moment of the appointment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from booking.messages import MessageKind, OutgoingMail
from booking.words import dates
from connectors.contract import Period
from tests.messages.sample import mail
from tests.time.clocks import AUTUMNS, CHANGES, HOUR, ahead, around, lengths, read_back, understood

KINDS = (MessageKind.CONFIRMATION, MessageKind.CHANGED, MessageKind.CANCELLED)
#: What would be true in one half of the year only, or names no zone that a citizen knows.
FIXED = re.compile(r"\b(?:EET|EEST|GMT|Athens, Bucharest)\b|\(UTC\+0\d:\d\d\)")


def row(sent: OutgoingMail, label: str) -> str:
    (found,) = re.findall(rf"^  {label}: (.*)$", sent.text, re.MULTILINE)
    return str(found)


def cell(sent: OutgoingMail, label: str) -> str:
    """The same row of the HTML, its lines joined as the text joins them."""
    for head in lxml.html.fromstring(sent.html).iter("th"):
        if head.text_content() == label:
            return ", ".join(each.strip() for each in head.getnext().itertext() if each.strip())
    raise AssertionError(f"no row {label}")


def in_file(raw: bytes) -> set[tuple[datetime, datetime]]:
    """Start and end by two readers that share no code."""
    event = Calendar.from_ical(raw).walk("VEVENT")[0]
    other = vobject.readOne(raw.decode()).vevent
    return {(event["DTSTART"].dt, event["DTEND"].dt), (other.dtstart.value, other.dtend.value)}


@settings(max_examples=150)
@given(
    start=around,
    length=lengths,
    kind=st.sampled_from(KINDS),
    language=st.sampled_from(["el", "en"]),
)
def test_every_part_of_a_mail_says_the_same_moment(
    start: datetime, length: timedelta, kind: MessageKind, language: str
) -> None:
    period = Period(start, start + length)
    sent = mail(
        kind, period=period, previous=Period(start - 2 * HOUR, start - HOUR), language=language
    )
    label = {"el": "Πότε", "en": "When"}[language]
    for words in (row(sent, label), cell(sent, label)):
        said = understood(words, year=start.year)
        assert said.zone == f"+{ahead(start) // HOUR}"
        assert read_back(said) == start
        if wall_days(period) == 1:
            assert read_back(said, which=1) == period.end
    assert read_back(understood(sent.subject, year=start.year)) == start
    assert sent.calendar is not None
    assert in_file(sent.calendar) == {(period.start, period.end)}
    assert b"TZID" not in sent.calendar
    assert not FIXED.search(sent.text + sent.html)


def wall_days(period: Period) -> int:
    zone = ZoneInfo("Europe/Athens")
    return len({each.astimezone(zone).date() for each in (period.start, period.end)})


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: f"{each:%Y-%m}")
def test_times_offered_instead_can_be_told_apart(change: datetime) -> None:
    """Also those of the hour that comes twice."""
    starts = [change + minutes * timedelta(minutes=1) for minutes in range(-90, 90, 30)]
    kept = tuple(Period(each, each + timedelta(minutes=30)) for each in starts)
    sent = mail(MessageKind.RELEASED, alternatives=kept)
    items = re.findall(r"^  - (.*)$", sent.text, re.MULTILINE)[: len(kept)]
    assert len(set(items)) == len(kept)
    assert [read_back(understood(each, year=change.year)) for each in items] == starts


@pytest.mark.parametrize("change", AUTUMNS, ids=lambda each: f"{each:%Y}")
@pytest.mark.parametrize("language", ["el", "en"])
def test_a_time_that_comes_twice_says_which_it_is(change: datetime, language: str) -> None:
    zone = ZoneInfo("Europe/Athens")
    written = [
        dates.clock(change + minutes * timedelta(minutes=1), zone=zone, language=language)
        for minutes in (-65, -60, -30, -5, 0, 30, 55, 60)
    ]
    assert len(set(written)) == len(written)
    assert [("UTC" in each) for each in written] == [False, *[True] * 6, False]


@settings(max_examples=100)
@given(moment=around, undo=st.integers(1, 30), data=st.data())
def test_how_long_an_undo_is_open_names_its_zone(moment: datetime, undo: int, data: Any) -> None:
    until = moment + timedelta(minutes=undo * 5)
    sent = mail(MessageKind.CANCELLED, period=Period(moment, moment + HOUR), undo_until=until)
    (words,) = re.findall(r"αναιρέσετε έως (.*)\.", sent.text)
    said = understood(words, year=until.year)
    assert said.zone == f"+{ahead(until) // HOUR}"
    assert read_back(said) == until
