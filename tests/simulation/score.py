"""Which planted bugs are found, and how soon."""

from __future__ import annotations

import logging
import multiprocessing
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

from tests.simulation.known import KNOWN
from tests.simulation.mutants import load, planted
from tests.simulation.runs import Outcome, opened, run
from tests.simulation.stage import Stage

#: Whatever is not found in so many schedules is not found.
ENOUGH = 1000
#: A promise was broken; anything else is an accident of the planting.
_PROMISE = re.compile(r"S[1-6]: ")


@dataclass(frozen=True, slots=True)
class Found:
    """``seed`` broke a promise; None where the bug went unseen."""

    bug: str
    schedules: int
    seed: int | None
    broken: str

    def __str__(self) -> str:
        last = (self.broken.strip().splitlines() or ["nothing was broken"])[-1]
        if self.seed is None:
            return f"MISSED {self.bug}: {self.schedules} schedules: {last}"
        return f"found  {self.bug} after {self.schedules}, seed {self.seed}: {last}"


def score_all(bugs: Sequence[str], *, processes: int) -> Iterator[Found]:
    """In no order; each process has one stage, on which it plants one bug after the other."""
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, initializer=_enter) as pool:
        yield from pool.imap_unordered(_score, bugs)


_OPEN = ExitStack()
_STAGE: list[Stage] = []


def _enter() -> None:
    logging.disable(logging.CRITICAL)
    load()
    # For the life of this process: it does nothing else.
    _STAGE.append(_OPEN.enter_context(opened()))


def _score(bug: str) -> Found:
    with planted(bug):
        outcomes = list(_until_broken(chain(KNOWN.get(bug, ()), range(1, ENOUGH))))
    last = outcomes[-1]
    # What is broken without the bug as well was not found by breaking it.
    fair = _PROMISE.match(last.broken) and not run(_STAGE[0], last.seed).broken
    return Found(bug, len(outcomes), last.seed if fair else None, last.broken)


def _until_broken(seeds: Iterable[int]) -> Iterator[Outcome]:
    for seed in seeds:
        outcome = run(_STAGE[0], seed)
        yield outcome
        if outcome.broken:
            return
