"""A time that is given up, offered to who waits, and taken: the process may die on the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from booking import cancelling, housekeeping, rescheduling, waiting
from booking.model import BookingError, BookingState
from booking.placement import writing
from tests.booking.conftest import Office
from tests.booking.waitingtown import waiting_town
from tests.crashes.recovery import recover, violations
from tests.crashes.world import World, run

#: Neither has so many borders.
_MANY = 40


def _given_up(office: Office) -> Any:
    """Who has the first time has cancelled it for good; who has the second waits for it."""
    slots = office.free()
    first = office.book(slots[0].start, key="first").booking
    second = office.book(slots[1].start, key="second").booking
    office.settle(rounds=3, seconds=10)
    office.read_all()
    waiting.join(office.desk, booking_id=second.id)
    cancelling.cancel(office.desk, booking_id=first.id)
    office.settle(rounds=3, seconds=10)
    office.clock.forward(minutes=31)
    office.read_all()
    return second.id, slots[0]


def _tend(office: Office, _prepared: Any) -> None:
    """What of the housekeeping passes times on."""
    office.desk.store.transact(lambda uow: housekeeping._finished_undos(office.desk, uow))
    waiting.tend(office.desk)


def _kept(office: Office, prepared: Any) -> bool:
    """It is theirs, they were told once, and nobody else is offered it."""
    booking_id, period = prepared
    housekeeping.tend(office.desk)
    wait = waiting.waits(office.desk, booking_id=booking_id)
    with office.desk.store.read() as uow:
        told = [each for each in uow.outbox.mails_of(booking_id) if ":earlier:" in each.name]
    offered = wait is not None and wait.offer is not None and wait.offer.period == period
    return offered and len(told) == 1 and period not in office.free()


def _offered(office: Office) -> Any:
    prepared = _given_up(office)
    housekeeping.tend(office.desk)
    return prepared


def _take(office: Office, prepared: Any) -> Any:
    booking_id, period = prepared
    return rescheduling.reschedule(
        office.desk, booking_id=booking_id, starts_at=period.start, citizen=None, answers=None
    ).period


def _taken(office: Office, prepared: Any) -> bool:
    booking_id, period = prepared
    view = office.view(booking_id)
    stands = view.state is BookingState.CONFIRMED and view.period == period
    return stands and waiting.waits(office.desk, booking_id=booking_id) is None


@dataclass(frozen=True)
class Case:
    """``act`` runs in the process that may die; whatever became of it, ``means`` holds at last."""

    setup: Callable[[Office], Any]
    act: Callable[[Office, Any], Any]
    means: Callable[[Office, Any], bool]


CASES = {
    "a time that was given up is offered to who waits": Case(_given_up, _tend, _kept),
    "who waited takes what is kept": Case(_offered, _take, _taken),
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what is between two transactions is the same on both."""
    return sqlite_url


@pytest.fixture
def world(case: Case, make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(writing, "LINK_WAITS", (0.0,))
    return World(make_office(waiting_town()), setup=case.setup)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_process_may_die_at_any_border(world: World, case: Case) -> None:
    for die_at in range(1, _MANY):
        office = world.copy()
        told = run(office, lambda there: case.act(there, world.prepared), die_at=die_at)
        if told.died_at:
            # Who heard nothing asks again, or the ticker comes round again.
            office.clock.forward(seconds=5)
            with suppress(BookingError):
                case.act(office, world.prepared)
        recover(office)
        assert violations(office) == [], told.died_at
        assert case.means(office, world.prepared), told.died_at or "nowhere"
        if not told.died_at:
            assert die_at > 1
            return
    raise AssertionError("it never comes to its end")
