"""The one table of retries: it is the manual's, every step has a row, and steps keep it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from booking.model import BookingState
from booking.placement.patience import (
    MAIL_LATER,
    PLACE_LATER,
    REMOVE,
    SECURE_REFUSED,
    TABLE,
    as_markdown,
)
from booking.rescheduling import reschedule
from booking.store.outbox import Step
from connectors.errors import TryLater
from tests.booking.conftest import Office

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_the_manual_prints_the_table_of_the_code() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert as_markdown() in manual, "print booking.placement.patience.as_markdown() into it"


def test_every_step_has_a_row() -> None:
    assert {each.step for each in TABLE} == {step.value for step in Step} | {"any"}


def test_nothing_is_given_up_without_a_word() -> None:
    for each in TABLE:
        assert each.then
        assert each.told
        assert not each.pauses or each.longest or not each.grows


@pytest.mark.parametrize(
    ("tries", "asked", "seconds"),
    [(0, None, 2), (1, None, 2), (6, None, 60), (99, None, 60), (1, 30.0, 30), (1, 10**6, 900)],
)
def test_pauses_grow_and_a_servers_wish_is_respected(
    tries: int, asked: float | None, seconds: float
) -> None:
    assert PLACE_LATER.wait(tries, retry_after=asked) == timedelta(seconds=seconds)


def test_slow_steps_grow_slower() -> None:
    assert [REMOVE.wait(tries).total_seconds() for tries in (1, 10, 1000)] == [10, 100, 600]
    assert [MAIL_LATER.wait(tries).total_seconds() for tries in (1, 1000)] == [15, 900]
    assert SECURE_REFUSED.wait(1) == timedelta(minutes=30)


def test_a_reschedule_without_an_answer_ends_at_the_old_time_and_is_told(office: Office) -> None:
    booked = office.book(office.at(4, 9)).booking
    office.settle(rounds=1)
    office.post.sent.clear()
    office.memory.fail_always(TryLater("down"))
    moving = reschedule(
        office.desk,
        booking_id=booked.id,
        starts_at=office.at(4, 10, 20),
        citizen=None,
        answers=None,
    )
    assert moving.pending_period is not None
    for _ in range(29):
        office.drain(seconds=60)
    assert office.view(booked.id).pending_period is not None
    for _ in range(3):
        office.drain(seconds=60)
    seen = office.view(booked.id)
    assert (seen.state, seen.period, seen.pending_period) == (
        BookingState.CONFIRMED, booked.period, None,
    )  # fmt: skip
    (mail,) = office.post.sent
    assert booked.reference in mail.text
    office.memory.fail_always(None)
    office.read_all()
    assert office.at(4, 10, 20) in [slot.start for slot in office.free(office.at(4, 9).date())]


def test_a_reschedule_that_may_have_happened_is_not_given_up(office: Office) -> None:
    booked = office.book(office.at(4, 9)).booking
    office.memory.fail_next("update", TryLater("lost", outcome_unknown=True))
    reschedule(
        office.desk,
        booking_id=booked.id,
        starts_at=office.at(4, 10, 20),
        citizen=None,
        answers=None,
    )
    office.memory.fail_always(TryLater("down"))
    for _ in range(40):
        office.drain(seconds=60)
    assert office.view(booked.id).pending_period is not None
    office.memory.fail_always(None)
    office.settle(rounds=2)
    assert office.view(booked.id).period.start == office.at(4, 10, 20)
    assert len(office.all_events()) == 1
