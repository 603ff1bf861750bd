"""Fair order for any wishes, how long an offer stands, and times that come back at random."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from booking import cancelling, rescheduling, waiting
from booking.busy import cell_of
from booking.housekeeping import tend
from booking.placement import passing
from booking.store import UnitOfWork
from booking.store.bookings import Personal
from booking.store.claims import Cells, Holder
from booking.store.tables import booking, claim, claim_cell, hold, outbox
from booking.store.tables import waiting as waiting_table
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.town import SERVICE, address
from tests.booking.waitingtown import Line, waiting_town

#: Cells of one appointment, with five minutes on both sides.
TAKES = 8
ATHENS = ZoneInfo("Europe/Athens")
#: Days of June on which the office is open, and what is free on each of them.
DAYS = (2, 3, 4, 5)
STARTS = tuple(
    datetime(2026, 6, day, 6, tzinfo=UTC) + timedelta(minutes=minutes)
    for day in DAYS
    for minutes in (0, 40, 80)
)


@dataclass(frozen=True)
class Person:
    has: int  #: index of their own time
    not_before: int | None  #: index of the first time that suits

    def wants(self, start: int) -> bool:
        return start < self.has and (self.not_before is None or start >= self.not_before)


class Town:
    """Every time of the office is somebody's; what is given up is given up by a claim that goes."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.mailbox = office.mailbox_id(address(1))

    def empty(self) -> None:
        with self.office.desk.store.write() as uow:
            for table in (waiting_table, outbox, claim_cell, claim, hold, booking):
                uow.connection.execute(delete(table))
            ends = [*(cell_of(each) - 1 for each in STARTS[1:]), cell_of(STARTS[-1]) + 40 * 288]
            for index, end in enumerate(ends):
                first = cell_of(STARTS[index]) - 1
                self._claim(uow, first, first + TAKES, holder=f"somebody{index}")
                if first + TAKES < end:
                    self._claim(uow, first + TAKES, end, holder=f"staff{index}")
            uow.commit()

    def _claim(self, uow: UnitOfWork, first: int, end: int, *, holder: str) -> None:
        taken = uow.claims.take(
            claim_id=f"claim-{holder}",
            cells=Cells(self.mailbox, first, end),
            holder=Holder(booking_id=holder),
            now=uow.now,
        )
        assert taken

    def wait(self, line: list[Person]) -> list[str]:
        """They came one after the other; the times that they have are claimed already."""
        with self.office.desk.store.write() as uow:
            for number, person in enumerate(line):
                self._waits(uow, number, person)
            uow.commit()
        return [f"{number:024x}" for number in range(len(line))]

    def _waits(self, uow: UnitOfWork, number: int, person: Person) -> None:
        uow.bookings.add(
            booking_id=f"{number:024x}",
            personal=Personal(citizen=CITIZEN, answers={}, declarations={}),
            reference=f"R{number:03}",
            state="confirmed",
            version=1,
            sequence=0,
            municipality="town",
            service_id=SERVICE,
            channel="in_person",
            starts_at=STARTS[person.has],
            ends_at=STARTS[person.has] + timedelta(minutes=30),
            mailbox_id=self.mailbox,
            language="el",
            consent_version="1",
            token_hash=f"{number}",
            token_key="k",
            token_generation=1,
            created_at=uow.now,
            changed_at=uow.now,
        )
        uow.waiting.join(
            booking_id=f"{number:024x}",
            service_id=SERVICE,
            channel="in_person",
            not_before=None if person.not_before is None else STARTS[person.not_before],
            now=uow.now + timedelta(seconds=number),
        )

    def give_up(self, index: int) -> None:
        with self.office.desk.store.write() as uow:
            uow.claims.remove(f"claim-somebody{index}")
            uow.commit()

    def offers(self, ids: list[str]) -> dict[int, int]:
        """Person → index of the time that is kept for them."""
        with self.office.desk.store.read() as uow:
            kept = {number: uow.holds.for_booking(each) for number, each in enumerate(ids)}
        return {number: STARTS.index(holds[0].starts_at) for number, holds in kept.items() if holds}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def settled(make_office: Callable[..., Office]) -> Town:
    return Town(make_office(waiting_town()))


people = st.builds(
    Person,
    has=st.integers(1, len(STARTS) - 1),
    not_before=st.none() | st.integers(0, len(STARTS) - 2),
)


@given(
    line=st.lists(people, min_size=2, max_size=5, unique_by=lambda each: each.has),
    given_up=st.lists(st.integers(0, len(STARTS) - 1), min_size=2, max_size=4, unique=True),
)
@settings(
    max_examples=12,
    deadline=None,
    # Each example takes a while: a smaller one is not looked for.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whoever_came_first_is_asked_first(
    settled: Town, line: list[Person], given_up: list[int]
) -> None:
    """Of those whom a time suits and who are offered nothing else, the first one gets it."""
    settled.empty()
    ids = settled.wait(line)
    theirs = {person.has for person in line}
    expected: dict[int, int] = {}
    for index in given_up:
        if index in theirs:
            continue
        settled.give_up(index)
        assert waiting.tend(settled.office.desk) >= 0
        for number, person in enumerate(line):
            if number not in expected and person.wants(index):
                expected[number] = index
                break
        assert settled.offers(ids) == expected
    assert len(set(expected.values())) == len(expected)


@pytest.mark.parametrize(
    ("now", "start", "until"),
    [
        # Four hours of the day.
        ("2026-06-01 09:00", "2026-06-04 09:00", "2026-06-01 13:00"),
        # The night is no part of them.
        ("2026-06-01 19:00", "2026-06-04 09:00", "2026-06-02 10:00"),
        ("2026-06-01 23:30", "2026-06-04 09:00", "2026-06-02 12:00"),
        ("2026-06-02 03:00", "2026-06-04 09:00", "2026-06-02 12:00"),
        # Over the night on which the clocks change.
        ("2026-10-24 20:00", "2026-10-28 09:00", "2026-10-25 11:00"),
        # Two hours before it at the latest.
        ("2026-06-01 09:00", "2026-06-01 12:00", "2026-06-01 10:00"),
        # Less than half an hour is nothing to offer, nor is a morning that is too near.
        ("2026-06-01 09:00", "2026-06-01 11:20", None),
        ("2026-06-01 22:00", "2026-06-02 09:00", None),
        ("2026-06-01 22:00", "2026-06-02 10:30", "2026-06-02 08:30"),
    ],
)
def test_how_long_an_offer_stands(now: str, start: str, until: str | None) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ATHENS).astimezone(UTC)

    found = passing.answer_by(moment(now), moment(start), zone=ATHENS)
    assert found == (moment(until) if until else None)


def test_an_offer_ends_where_the_minimum_notice_begins() -> None:
    now = datetime(2026, 6, 1, 6, tzinfo=UTC)
    start = now + timedelta(hours=26)
    notice = timedelta(hours=24)
    found = passing.answer_by(now, start, zone=ATHENS, notice=notice)
    assert found == start - notice


def drawn(monkeypatch: pytest.MonkeyPatch, seconds: int) -> list[int]:
    asked: list[int] = []
    monkeypatch.setattr(secrets, "randbelow", lambda below: asked.append(below) or seconds)
    return asked


def test_a_cancelled_time_comes_back_at_a_moment_that_nobody_knows(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office(waiting_town(return_after=60))
    (slot, *_) = office.free()
    booked = office.book(slot.start).booking
    cancelling.cancel(office.desk, booking_id=booked.id)
    asked = drawn(monkeypatch, 25 * 60)
    office.clock.forward(minutes=31)
    office.read_all()
    tend(office.desk)
    assert asked == [3601]
    for minutes, free in ((0, False), (24, False), (1, True)):
        office.clock.forward(minutes=minutes)
        office.read_all()
        tend(office.desk)
        assert (slot in office.free()) is free, minutes
    # Nothing of it is left lying about.
    office.clock.forward(minutes=3)
    office.read_all()
    tend(office.desk)
    with office.desk.store.read() as uow:
        assert uow.connection.execute(claim.select()).all() == []
    assert office.book(slot.start, key="again").booking.period == slot


def test_so_does_what_a_citizen_moves_away_from(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office(waiting_town(return_after=60, step=5))
    booked = office.book(office.at(2, 10)).booking
    drawn(monkeypatch, 600)
    moved = rescheduling.reschedule(
        office.desk,
        booking_id=booked.id,
        starts_at=office.at(2, 10, 15),
        citizen=None,
        answers=None,
    )
    assert moved.period.start == office.at(2, 10, 15)
    starts = [slot.start for slot in office.free()]
    # It would be free from what was given up alone.
    assert office.at(2, 9, 35) not in starts
    office.clock.forward(minutes=11)
    office.read_all()
    assert office.at(2, 9, 35) in [slot.start for slot in office.free()]


def test_who_waits_does_not_wait_for_that(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An offer is made of what is withheld, whether somebody waits already or comes later."""
    office = make_office(waiting_town(return_after=60))
    office.busy(address(1), office.at(3, 9), minutes=240)
    office.read_all()
    line = Line.at(office)
    drawn(monkeypatch, 3000)
    early, second, *_ = line.tuesday
    cancelling.cancel(office.desk, booking_id=early.id)
    cancelling.cancel(office.desk, booking_id=second.id)
    line.tick(minutes=31)
    assert office.free() == []
    first = line.waits("First")
    line.tick(seconds=1)
    assert line.offer(first) == early.period.start
    assert early.period not in office.free()
    assert line.take(first, early.period.start).period == early.period


def test_at_once_where_the_municipality_sets_no_delay(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(waiting_town())
    (slot, *_) = office.free()
    booked = office.book(slot.start).booking
    cancelling.cancel(office.desk, booking_id=booked.id)
    office.clock.forward(minutes=31)
    office.read_all()
    tend(office.desk)
    assert slot in office.free()
