"""Every planted bug is found; the score is printed at the end of the run."""

from __future__ import annotations

import pytest

from tests.simulation.mutants import MUTANTS, load
from tests.simulation.score import score

load()
FOUND: dict[str, bool] = {}


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 20


@pytest.mark.parametrize("bug", sorted(MUTANTS))
def test_planted_bug_is_found(bug: str) -> None:
    found = score(bug, processes=2)
    FOUND[bug] = bool(found.seeds)
    assert found.seeds, str(found)
