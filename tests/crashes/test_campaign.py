"""Everything that runs is killed once while citizens book: nothing is lost, nothing is twice."""

from __future__ import annotations

from pathlib import Path

from tests.crashes.campaign import campaign
from tests.crashes.nemesis import KINDS


def test_whatever_dies_no_promise_is_broken(tmp_path: Path) -> None:
    told: list[str] = []
    outcome = campaign(tmp_path, kills=len(KINDS), seed=7, postgresql=True, say=told.append)
    assert outcome.wrong == [], (outcome.report(), told)
    assert {each.what for each in outcome.kills} == set(KINDS)
    assert outcome.ledger.standing >= 5
