"""A worker that is stopped, outlives its lease and goes on: whoever took over is not disturbed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from booking import cancelling
from booking.model import BookingState
from tests.booking.conftest import Office
from tests.crashes.actions import BY_NAME, UseCase
from tests.crashes.recovery import recover, rows, violations
from tests.crashes.world import World, run

WORK = ("drain_place_not_written", "drain_update_not_written", "drain_remove", "drain_mail")
_MANY = 40


@pytest.fixture
def world(use_case: UseCase, make_office: Callable[..., Office]) -> World:
    return World(make_office(use_case.town), setup=use_case.setup)


@pytest.mark.parametrize("use_case", [BY_NAME[name] for name in WORK], ids=WORK)
@pytest.mark.parametrize("then", ["", "cancelled"])
def test_a_worker_that_slept_through_its_lease_changes_nothing(
    world: World, use_case: UseCase, then: str
) -> None:
    """It stops after each of its effects in turn, longer than its lease and its deadlines."""

    def meanwhile(office: Office) -> None:
        office.clock.forward(seconds=35)
        recover(office)
        assert violations(office) == []
        if then:
            cancel(office)

    paused = 0
    for pause_at in range(1, _MANY):
        office = world.copy()
        told = run(
            office,
            lambda there: use_case.act(there, world.prepared),
            pause_at=pause_at,
            meanwhile=meanwhile,
        )
        recover(office)
        assert violations(office) == [], f"{use_case.name}: slept {told.paused_at} ({pause_at})"
        if not told.paused_at:
            break
        paused += 1
    assert paused >= 2


def cancel(office: Office) -> None:
    for row in rows(office):
        if row.state is BookingState.CONFIRMED:
            cancelling.cancel(office.desk, booking_id=row.id)
    recover(office)
    assert violations(office) == []
