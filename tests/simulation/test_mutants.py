"""Every planted bug is found; the score is printed."""

from __future__ import annotations

import pytest
from click import echo

from tests.simulation.mutants import MUTANTS, load
from tests.simulation.score import score_all

load()


def test_every_planted_bug_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(MUTANTS) >= 20
    found = list(score_all(sorted(MUTANTS), processes=2))
    missed = [str(each) for each in found if each.seed is None]
    with capsys.disabled():
        echo(f"\nmutation score: {len(found) - len(missed)} of {len(found)} planted bugs found")
    assert sorted(each.bug for each in found) == sorted(MUTANTS)
    assert not missed, "\n".join(missed)
