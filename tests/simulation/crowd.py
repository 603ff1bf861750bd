"""Many schedules on the processors of this machine, each process with a share of the seeds."""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait

from tests.simulation.runs import Outcome, rehearse

#: Outcomes travel in bundles: one at a time would cost more than a schedule.
_BUNDLE = 50


@dataclass
class Tally:
    """What many schedules came to. ``digests``: of the different traces among them."""

    schedules: int = 0
    seconds: float = 0.0
    broken: list[Outcome] = field(default_factory=list)
    digests: set[bytes] = field(default_factory=set)

    def __str__(self) -> str:
        each = self.seconds / max(self.schedules, 1) * 1000
        return (
            f"{self.schedules} schedules in {self.seconds:.0f} s ({each:.1f} ms each),"
            f" {len(self.digests)} different, {len(self.broken)} broke a promise"
        )

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.schedules += 1
            self.digests.add(outcome.digest)
            if outcome.broken:
                self.broken.append(outcome)


def rehearse_all(
    seeds: Iterable[int],
    *,
    processes: int,
    bug: str = "",
    enough: Callable[[Tally], bool] = lambda _: False,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Until the seeds are used up or ``enough`` says so. Each process forks from this one."""
    shares = _shares(list(seeds), processes)
    context = multiprocessing.get_context("fork")
    tally, began = Tally(), time.monotonic()
    channels: dict[Connection, multiprocessing.process.BaseProcess] = {}
    for share in shares:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, share, bug), daemon=True)
        process.start()
        theirs.close()
        channels[ours] = process
    try:
        while channels and not enough(tally):
            for channel in wait(list(channels), timeout=1.0):
                assert isinstance(channel, Connection)
                try:
                    tally.add(channel.recv())
                except EOFError:
                    process = channels.pop(channel)
                    process.join()
                    if process.exitcode:
                        raise RuntimeError("a process of the simulation died") from None
            tally.seconds = time.monotonic() - began
            progress(tally)
    finally:
        for process in channels.values():
            process.terminate()
            process.join()
    return tally


def _shares(seeds: list[int], processes: int) -> list[list[int]]:
    return [share for share in (seeds[each::processes] for each in range(processes)) if share]


def _work(channel: Connection, seeds: list[int], bug: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logging.disable(logging.CRITICAL)
    with suppress(BrokenPipeError):  # whoever asked is gone
        for bundle in _bundles(rehearse(seeds, bug=bug), _BUNDLE if not bug else 5):
            channel.send(bundle)
    channel.close()


def _bundles(outcomes: Iterator[Outcome], size: int) -> Iterator[list[Outcome]]:
    while bundle := list(itertools.islice(outcomes, size)):
        yield bundle
