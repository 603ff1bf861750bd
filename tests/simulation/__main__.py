"""Simulation by command: ``python -m tests.simulation --schedules 1000000 --seed 1``.

``--replay SEED`` shows the trace of one schedule; ``--mutants`` plants every bug and says which
were found; ``--bug NAME`` plants one for whatever else is asked.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import signal
import sys

from click import echo

from tests.simulation.crowd import Tally, rehearse_all
from tests.simulation.mutants import MUTANTS, load
from tests.simulation.runs import rehearse
from tests.simulation.score import score_all


def main() -> int:
    arguments = _arguments()
    logging.disable(logging.CRITICAL)
    if arguments.replay is not None:
        return _replay(arguments.replay, arguments.bug)
    if arguments.mutants:
        return _mutants(arguments.only, arguments.processes)
    asked: list[int] = []  #: to end; what was rehearsed till then is told
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    shown = [0.0]
    told = [0]

    def progress(tally: Tally) -> None:
        for outcome in tally.broken[told[0] :]:
            echo(f"seed {outcome.seed}: {outcome.broken.strip().splitlines()[-1]}")
        told[0] = len(tally.broken)
        if tally.seconds - shown[0] >= 10:
            shown[0] = tally.seconds
            echo(tally)

    tally = rehearse_all(
        range(arguments.seed, arguments.seed + arguments.schedules),
        processes=arguments.processes,
        bug=arguments.bug,
        enough=lambda tally: bool(asked) or tally.seconds > arguments.minutes * 60,
        progress=progress,
    )
    echo(tally)
    if tally.schedules < arguments.schedules:
        echo(f"the time was over before {arguments.schedules} schedules were")
    for outcome in tally.broken[:20]:
        echo(f"\nseed {outcome.seed}: {outcome.broken.strip()}")
        echo(f"  python -m tests.simulation --replay {outcome.seed}")
    return 1 if tally.broken else 0


def _replay(seed: int, bug: str) -> int:
    (outcome,) = rehearse([seed], bug=bug, keep_trace=True)
    for turn in outcome.trace:
        echo(" ".join(map(str, turn)))
    echo(outcome.broken or "every promise held")
    return 1 if outcome.broken else 0


def _mutants(only: list[str], processes: int) -> int:
    load()
    names = only or sorted(MUTANTS)
    missed = 0
    for found in score_all(names, processes=processes):
        missed += found.seed is None
        echo(found)
    echo(f"mutation score: {len(names) - missed} of {len(names)} planted bugs found")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=math.inf, help="then it is enough")
    parser.add_argument("--bug", default="", help="name of a planted bug")
    parser.add_argument("--replay", type=int, metavar="SEED")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
