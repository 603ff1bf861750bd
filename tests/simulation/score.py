"""Whether a planted bug is found, and how soon."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.crowd import rehearse_all

#: Whoever is not found in so many schedules is not found.
ENOUGH = 3000


@dataclass(frozen=True, slots=True)
class Found:
    """``seeds``: those that broke a promise, few of them; empty where the bug went unseen."""

    bug: str
    schedules: int
    seeds: tuple[int, ...]
    broken: str

    def __str__(self) -> str:
        if not self.seeds:
            return f"MISSED {self.bug}: {self.schedules} schedules found nothing"
        last = self.broken.strip().splitlines()[-1]
        return f"found  {self.bug} after {self.schedules}: seed {self.seeds[0]}: {last}"


def score(bug: str, *, processes: int, first: int = 1) -> Found:
    tally = rehearse_all(
        range(first, first + ENOUGH),
        processes=processes,
        bug=bug,
        enough=lambda tally: bool(tally.broken),
    )
    return Found(
        bug,
        tally.schedules,
        tuple(each.seed for each in tally.broken),
        tally.broken[0].broken if tally.broken else "",
    )
