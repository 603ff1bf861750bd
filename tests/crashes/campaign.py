"""A kill campaign on the running product: ``python -m tests.crashes.campaign --kills 500``.

Citizens book, move and cancel over HTTP; a nemesis kills whatever runs, one thing after the other.
At the end every acknowledged booking must be where it was promised, once.
"""

from __future__ import annotations

import argparse
import math
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from booking.store import Store, StoreUnavailable, open_store
from tests.crashes.citizens import Citizens
from tests.crashes.house import House
from tests.crashes.ledger import Ledger, balance
from tests.crashes.nemesis import Kill, Nemesis, owed
from tests.servers.postgres import SURVIVING, Postgres, create_database

#: The promise: bookings are confirmed again, and nothing is overdue.
RECOVERY = 45.0
_SETTLED = 150.0


@dataclass(frozen=True)
class Outcome:
    kills: tuple[Kill, ...]
    ledger: Ledger
    seconds: float
    answers: dict[int, int]
    errors: tuple[str, ...]

    @property
    def wrong(self) -> list[str]:
        never = [f"{each.what}: no recovery" for each in self.kills if not each.recovered]
        return [*self.ledger.wrong, *self.errors, *never]

    @property
    def slow(self) -> list[str]:
        return [
            f"{each.what} took {each.seconds:.1f} s, promised are {RECOVERY:.0f} s"
            for each in self.kills
            if each.seconds > RECOVERY
        ]

    def report(self) -> str:
        lines = [f"{len(self.kills)} kills in {self.seconds / 60:.1f} min"]
        for what in sorted({each.what for each in self.kills}):
            times = sorted(each.seconds for each in self.kills if each.what == what)
            lines.append(
                f"  {what:9} {len(times):4} kills, recovered in"
                f" {statistics.median(times):5.1f} s (median), {times[-1]:5.1f} s (slowest)"
            )
        ledger = self.ledger
        lines += [
            f"answers by status: {dict(sorted(self.answers.items()))}",
            f"acknowledged bookings: {ledger.acknowledged}",
            f"  standing in their calendar: {ledger.standing}, cancelled: {ledger.cancelled}",
            f"events of ours in all calendars: {ledger.events}",
            f"mails: {ledger.mails}, of which {ledger.copies} copies under one Message-ID"
            + (f" ({ledger.newer} told a newer state)" if ledger.newer else ""),
            *(f"SLOW: {each}" for each in self.slow),
            *(f"WRONG: {each}" for each in self.wrong),
            "nothing lost, nothing twice" if not self.wrong else f"{len(self.wrong)} faults",
        ]
        return "\n".join(lines)


def campaign(
    folder: Path,
    *,
    kills: int,
    seed: int,
    postgresql: bool,
    say: Callable[[str], None],
    minutes: float = math.inf,
    **settings: str,
) -> Outcome:
    """Run it, with no further kill after ``minutes``; no ``kills`` means a storm of all at once.

    ``settings`` are those of the product. Raises AssertionError where it does not settle.
    """
    begin = time.monotonic()
    with _database(postgresql) as (postgres, url), _house(folder, url, settings) as house:
        store = open_store(
            url or f"sqlite:///{house.data / 'rantevou.sqlite'}", encryption_keys=house.keys
        )
        citizens = [
            Citizens(house, "kalamata", "Ελάχιστο", "in_person", seed),
            Citizens(house, "kavala", "Αυτοτελές Τμήμα", "teleconference", seed + 1),
        ]
        for each in citizens:
            each.start()
        nemesis = Nemesis(house, store, citizens, seed, say, postgres)
        try:
            if kills:
                nemesis.strike(kills, until=begin + minutes * 60)
            else:
                nemesis.storm()
        finally:
            for each in citizens:
                each.finish()
        _settle(store)
        ledger = balance(house, store, [made for each in citizens for made in each.promises])
        store.close()
    answers: dict[int, int] = {}
    for each in citizens:
        for status, count in each.answers.items():
            answers[status] = answers.get(status, 0) + count
    errors = tuple(error for each in citizens for error in each.errors)
    return Outcome(tuple(nemesis.kills), ledger, time.monotonic() - begin, answers, errors)


@contextmanager
def _database(postgresql: bool) -> Iterator[tuple[Postgres | None, str]]:
    if not postgresql:
        yield None, ""
        return
    server = Postgres(options=SURVIVING).start()
    try:
        yield server, create_database(server.server_url, "campaign")
    finally:
        server.stop()


@contextmanager
def _house(folder: Path, url: str, settings: dict[str, str]) -> Iterator[House]:
    # Cancelled times come back at once, so that there are always some to book.
    settings = {"RANTEVOU_UNDO": "5", "RANTEVOU_DATABASE_URL": url, **settings}
    house = House(folder / "var", **settings)
    house.start(seconds=150)
    try:
        yield house
    finally:
        house.stop()


def _settle(store: Store) -> None:
    """Nothing is owed any more but late audits, and no cancellation can be undone."""
    end, left = time.monotonic() + _SETTLED, ["nothing was looked at"]
    while left and time.monotonic() < end:
        time.sleep(0.5)
        with suppress(StoreUnavailable), store.read() as uow:
            left = owed(uow, until=uow.now)
            left += [
                f"{row.reference} is {row.state}"
                for row in uow.bookings.undo_over(now=uow.now + timedelta(days=1), limit=5)
            ]
    assert not left, left


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    parser.add_argument("--minutes", type=float, default=math.inf, help="no more kills after that")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))

    with tempfile.TemporaryDirectory(prefix="rantevou-campaign-") as folder:
        outcome = campaign(
            Path(folder),
            kills=given.kills,
            seed=given.seed,
            postgresql=given.postgresql,
            say=_say,
            minutes=given.minutes,
        )
        _say(outcome.report())
    return 1 if outcome.wrong or outcome.slow else 0


if __name__ == "__main__":
    sys.exit(main())
