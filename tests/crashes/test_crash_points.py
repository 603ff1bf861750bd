"""Every border of every use case: the process dies there, and what it had promised holds."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from booking.placement import writing
from tests.booking.conftest import Office
from tests.crashes.actions import USE_CASES, UseCase, patient, work
from tests.crashes.recovery import recover, rows, violations
from tests.crashes.staff_actions import STAFF_CASES
from tests.crashes.world import Told, World, run

#: No use case has so many borders.
_MANY = 80


@pytest.fixture
def world(
    use_case: UseCase, make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setattr(writing, "LINK_WAITS", (0.0,))
    office = make_office(use_case.town, memory=use_case.memory())
    return World(office, setup=use_case.setup)


@pytest.mark.parametrize("use_case", USE_CASES + STAFF_CASES, ids=lambda each: each.name)
def test_a_process_may_die_at_any_border(world: World, use_case: UseCase) -> None:
    assert dies_everywhere(world, use_case) >= 1


def dies_everywhere(world: World, use_case: UseCase) -> int:
    """Let it die at each border in turn; how many there are."""
    for die_at in range(1, _MANY):
        office = world.copy()
        told = run(office, lambda there: use_case.act(there, world.prepared), die_at=die_at)
        _die_again(office, die_at)
        holds_after(office, use_case, world, told)
        if not told.died_at:
            return die_at - 1
    raise AssertionError(f"{use_case.name} never comes to its end")


def _die_again(office: Office, die_at: int) -> None:
    """At every third point the worker that takes over dies as well, somewhere."""
    if die_at % 3 == 0:
        office.clock.forward(seconds=35)
        run(office, work, die_at=random.Random(die_at).randint(1, 8))


def holds_after(office: Office, use_case: UseCase, world: World, told: Told) -> None:
    """Recover; what was promised holds; who heard nothing asks again and is served."""
    where = f"{use_case.name}: died {told.died_at or 'nowhere'}"
    recover(office)
    assert violations(office) == [], where
    if told.died_at and use_case.again is not None:
        answer = patient(use_case.again)(office, world.prepared)
        recover(office)
        assert violations(office) == [], f"{where}, then asked again"
        assert answer is None or use_case.means(office, world.prepared, answer), where
        assert len(rows(office)) == 1, where
    elif not told.died_at and not told.refused:
        assert use_case.means(office, world.prepared, told.answer), where
