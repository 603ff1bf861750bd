"""Everything that runs is killed while citizens book: nothing is lost, nothing is twice."""

from __future__ import annotations

from pathlib import Path

from tests.crashes.campaign import campaign
from tests.crashes.nemesis import KINDS


def test_whatever_dies_no_promise_is_broken(tmp_path: Path) -> None:
    """A storm: ten kills within seconds, PostgreSQL and the queue's memory among them."""
    told: list[str] = []
    outcome = campaign(
        tmp_path,
        kills=0,
        seed=7,
        postgresql=True,
        say=told.append,
        RANTEVOU_LEASE="10",  # the dead keep their work for so long
    )
    assert outcome.wrong == [], (outcome.report(), told)
    assert {each.what for each in outcome.kills} == {*KINDS, "all"}
    assert outcome.ledger.standing >= 3
