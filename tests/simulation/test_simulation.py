"""The promises hold under seeded schedules of everybody at once, with every fault we can think of.

``RANTEVOU_TEST_SCHEDULES`` sets how many; the rest is said by
``python -m tests.simulation --help``.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click import echo

from tests.simulation.crowd import rehearse_all
from tests.simulation.regressions import REGRESSIONS

#: A taste; ``./test`` goes on with them beside everything else, ``.ci/long`` runs 10⁵.
SCHEDULES = int(os.environ.get("RANTEVOU_TEST_SCHEDULES", "500"))
PROCESSES = 2
FIRST = 1


def test_every_promise_holds(capsys: pytest.CaptureFixture[str]) -> None:
    tally = rehearse_all(range(FIRST, FIRST + SCHEDULES), processes=PROCESSES)
    with capsys.disabled():
        echo(f"\n{tally}")
    assert tally.schedules == SCHEDULES
    assert not tally.broken, "\n".join(
        f"python -m tests.simulation --replay {each.seed}: {each.broken.strip()}"
        for each in tally.broken[:10]
    )
    assert len(tally.digests) > 0.95 * SCHEDULES, "the schedules are too much alike"


def test_seeds_that_once_failed() -> None:
    tally = rehearse_all(REGRESSIONS, processes=PROCESSES)
    assert {each.seed: each.broken for each in tally.broken} == {}


def test_a_seed_means_one_schedule() -> None:
    """In another process, with other hashes of strings, every turn is the same."""
    traces = [_trace(seed=7, hashes=hashes) for hashes in ("1", "2")]
    assert len(traces[0].splitlines()) > 20
    assert traces[0] == traces[1]


def _trace(*, seed: int, hashes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--replay", str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hashes},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout
