"""Opening hours, starts and claims on the days before, of and after each change of the clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.busy import cell_of, cells_over
from booking.model import SlotTaken
from booking.offering.picture import Span, computed_starts
from booking.offering.slots import Shape, starts_in
from booking.rescheduling import reschedule
from connectors.contract import Period
from mapping.hours import opening_periods
from mapping.model import Holidays, Municipality, Opening, Weekday
from tests.booking.conftest import Office
from tests.booking.town import town
from tests.time.clocks import AUTUMNS, CHANGES, SPRINGS, STEP, read_back, understood, wall

ATHENS = ZoneInfo("Europe/Athens")
WEEK = tuple(Weekday)


def every_day(*hours: tuple[int, int]) -> tuple[Opening, ...]:
    """Open each day from one minute of the day to another."""
    return tuple(
        Opening(day, time(start // 60, start % 60), time(end // 60, end % 60))
        for day in WEEK
        for start, end in hours
    )


def always(municipality: Municipality) -> Municipality:
    """Without holidays: some years Easter or a national day falls on these Sundays."""
    return replace(municipality, holidays=Holidays(country=""))


def runs(hours: list[tuple[int, int]], first: date, last: date) -> Iterator[Period]:
    """Cell by cell: open while a clock in Athens shows a time within the hours of that day.

    What begins anew with other hours is another run, also where the missing hour lies between.
    """
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=4)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(hours=26)
    begun, of = at, -1
    while at <= end:
        shown = wall(at)
        minute = shown.hour * 60 + shown.minute
        inside = [number for number, (a, b) in enumerate(hours) if a <= minute < b]
        now = inside[0] if inside and first <= shown.date() <= last else -1
        if now != of:
            if of >= 0:
                yield Period(begun, at)
            begun, of = at, now
        at += STEP


@st.composite
def nights(draw: st.DrawFn) -> list[tuple[int, int]]:
    """One or two stretches, mostly around the hours that are missing or come twice."""
    minutes = st.integers(12, 60) | st.integers(0, 286)
    edges = sorted(draw(st.sets(minutes, min_size=2, max_size=4)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [(start * 5, end * 5) for start, end in pairs]


@settings(max_examples=60)
@given(change=st.sampled_from(CHANGES), hours=nights(), data=st.data())
def test_an_office_is_open_while_its_clock_says_so(
    change: datetime, hours: list[tuple[int, int]], data: st.DataObject
) -> None:
    duration, step = (data.draw(st.integers(1, 18)) * 5 for _ in range(2))
    municipality = always(town(duration=duration, step=step, opening=every_day(*hours)))
    first, last = change.date() - timedelta(days=1), change.date() + timedelta(days=1)
    open_at = list(runs(hours, first, last))
    assert periods_of(municipality, first, last) == open_at
    (service,) = municipality.services
    span = Span(first, last, ATHENS)
    mask = computed_starts(municipality, service, service.channels[0], municipality.staff[0], span)
    length, pace = timedelta(minutes=duration), timedelta(minutes=step)
    expected = [
        each.start + number * pace
        for each in open_at
        for number in range((each.duration - length) // pace + 1)
    ]
    assert starts_in(mask, base=span.base) == expected


def periods_of(municipality: Municipality, first: date, last: date) -> list[Period]:
    (service,) = municipality.services
    found = opening_periods(
        municipality, service, service.channels[0], municipality.staff[0], first=first, last=last
    )
    return [each.period for each in found]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: f"{each:%Y-%m}")
def test_the_missing_hour_is_not_offered_and_the_repeated_one_twice(change: datetime) -> None:
    municipality = always(town(opening=every_day((3 * 60, 4 * 60))))
    day = change.date()
    open_then = periods_of(municipality, day, day)
    if change in SPRINGS:
        assert open_then == []
    else:
        assert open_then == [Period(change - timedelta(hours=1), change + timedelta(hours=1))]
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        (around,) = periods_of(municipality, other, other)
        assert around.duration == timedelta(hours=1)


@settings(max_examples=100)
@given(
    change=st.sampled_from(CHANGES),
    steps=st.integers(-36, 36),
    shape=st.builds(Shape, st.integers(0, 6), st.integers(1, 18), st.integers(0, 6)),
)
def test_claims_are_cells_of_utc(change: datetime, steps: int, shape: Shape) -> None:
    """Buffers and length are true minutes, and an hour later is twelve other cells."""
    start = change + steps * STEP
    first, end = shape.cells(start)
    assert end - first == shape.before + shape.length + shape.after
    there = start.astimezone(ATHENS)
    assert cell_of(there) == cell_of(start) == first + shape.before
    assert cells_over(shape.period(there)) == (first + shape.before, end - shape.after)
    assert cell_of(start + timedelta(hours=1)) == cell_of(start) + 12


def night_office(make_office: Callable[..., Office], change: datetime) -> Office:
    municipality = town(
        duration=30, step=30, before=0, after=0, opening=every_day((2 * 60, 5 * 60))
    )
    office = make_office(always(municipality))
    office.clock.now = change - timedelta(days=2)
    office.read_all()
    return office


def said_in_mails(office: Office, kind: str) -> list[datetime]:
    return [
        read_back(understood(mail.subject, year=office.clock.now.year))
        for mail in office.post.sent
        if mail.subject.startswith(kind)
    ]


@pytest.mark.parametrize("change", [AUTUMNS[3], SPRINGS[3], SPRINGS[-1]], ids=str)
def test_every_time_of_the_night_can_be_booked_once(
    make_office: Callable[..., Office], change: datetime
) -> None:
    """31 October 2027: 03:30 comes twice, and both are somebody's."""
    office = night_office(make_office, change)
    free = [each.start for each in office.free(change.date())]
    assert len(free) == (8 if change in AUTUMNS else 4)
    assert all(later - start == timedelta(minutes=30) for start, later in pairwise(free))
    for number, start in enumerate(free):
        office.book(start, key=f"key-{number}")
        with pytest.raises(SlotTaken):
            office.book(start, key=f"late-{number}")
    assert [each.start for each in office.all_events()] == free
    assert office.free(change.date()) == []
    office.drain()
    assert sorted(said_in_mails(office, "Το ραντεβού σας")) == free
    assert len({mail.subject for mail in office.post.sent}) == len(free)


def test_from_one_half_past_three_to_the_other(make_office: Callable[..., Office]) -> None:
    change = AUTUMNS[3]
    office = night_office(make_office, change)
    summer, winter = change - timedelta(minutes=30), change + timedelta(minutes=30)
    booked = office.book(summer).booking
    office.drain()
    reschedule(office.desk, booking_id=booked.id, starts_at=winter, citizen=None, answers=None)
    office.drain()
    assert [each.start for each in office.all_events()] == [winter]
    assert office.view(booked.id).period.start == winter
    assert summer in [each.start for each in office.free(change.date())]
    assert said_in_mails(office, "Άλλαξε το ραντεβού") == [winter]
    (changed,) = (each for each in office.post.sent if each.subject.startswith("Άλλαξε"))
    assert "(UTC+3)" in changed.text
    assert "(UTC+2)" in changed.text
