"""Kills one thing after the other and measures how long it takes until everything works again."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from redis import Redis
from redis.exceptions import RedisError

from booking.store import Store, StoreUnavailable, UnitOfWork
from booking.store.outbox import Step
from tests.crashes.citizens import Citizens
from tests.crashes.house import House
from tests.servers.postgres import Postgres

#: After this time nobody waits any more.
GIVEN_UP = 240.0

PROCESSES = ("web", "worker", "horse", "scheduler", "valkey", "radicale", "graph", "mail")
KINDS = (*PROCESSES, "flush", "postgres")


@dataclass(frozen=True)
class Kill:
    what: str
    seconds: float  #: until new bookings were confirmed and nothing was owed from before
    recovered: bool
    last: str = ""  #: what was waited for at the end


@dataclass
class Nemesis:
    """``say`` hears of each kill; ``postgres`` is killed too where there is one."""

    house: House
    store: Store
    citizens: Sequence[Citizens]
    seed: int
    say: Callable[[str], None]
    postgres: Postgres | None = None
    kills: list[Kill] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return [each for each in KINDS if each != "postgres" or self.postgres]

    def strike(self, count: int, *, until: float = math.inf) -> None:
        """So many kills, each after the recovery from the one before.

        None begins after the instant ``until`` (``time.monotonic`` seconds).
        """
        for what in self._order():
            if len(self.kills) >= count or time.monotonic() >= until:
                return
            begin = self._kill_soon(what)
            if begin is not None:
                self._recover(what, begin, of=count)

    def storm(self) -> None:
        """Each kind once, a second after the other, without waiting; then one recovery."""
        begin = time.monotonic()
        for what in itertools.islice(self._order(), len(self.kinds())):
            begin = self._kill_soon(what) or begin
            self.kills.append(Kill(what, 0.0, recovered=True))
        self._recover("all", begin, of=1)

    def _order(self) -> Iterator[str]:
        """Every kind in turn, in an order that the seed decides."""
        chance = random.Random(self.seed)
        while True:
            kinds = self.kinds()
            chance.shuffle(kinds)
            yield from kinds

    def _kill_soon(self, what: str) -> float | None:
        """Instant of the kill; None where there was nothing to kill."""
        time.sleep(random.Random(len(self.kills)).uniform(0, 1.5))
        begin = time.monotonic()
        if self._kill(what):
            return begin
        self.say(f"no {what} to kill")
        return None

    def _recover(self, what: str, begin: float, *, of: int) -> None:
        recovered, last = self._await_recovery(begin)
        kill = Kill(what, time.monotonic() - begin, recovered, last)
        self.kills.append(kill)
        word = "recovered in" if recovered else "NOT recovered in"
        self.say(f"{len(self.kills):4}/{of} {what:9} {word} {kill.seconds:5.1f} s; last: {last}")

    def _kill(self, what: str) -> bool:
        if what == "flush":
            return self._flush()
        if what == "postgres":
            assert self.postgres is not None
            self.postgres.stop_at_once()
            self.postgres.resume()
            return True
        if what != "horse":
            return self.house.kill(what) > 0
        end = time.monotonic() + 10  # jobs come every few seconds and are short
        while time.monotonic() < end:
            if self.house.kill("horse"):
                return True
        return False

    def _flush(self) -> bool:
        try:
            return bool(Redis.from_url(self.house.queue, socket_timeout=5).flushall())
        except RedisError:
            return False

    def _await_recovery(self, begin: float) -> tuple[bool, str]:
        """Every citizen's next booking is confirmed, and whatever was owed by then is done: the
        mails of these bookings have left. Whether it came to that, and what came last."""
        booked_at: datetime | None = None
        last = "a database that answers"
        while time.monotonic() - begin < GIVEN_UP:
            with suppress(StoreUnavailable), self.store.read() as uow:
                if booked_at is None and self._booked_since(begin):
                    booked_at = uow.now
                open_steps = owed(uow, until=booked_at) if booked_at else ["a booking"]
                if not open_steps:
                    return True, last
                last = open_steps[0]
            time.sleep(0.1)
        return False, last

    def _booked_since(self, begin: float) -> bool:
        return all(
            any(pressed > begin for pressed, _ in each.confirmed_at[-5:]) for each in self.citizens
        )


def owed(uow: UnitOfWork, *, until: datetime) -> list[str]:
    """Steps that came up until then and are not done; looks that come late on purpose are not
    waited for."""
    return [
        f"{each.kind.value} {each.outcome}".strip()
        for each in uow.outbox.open()
        if each.created_at <= until and ":audit" not in each.name and each.kind is not Step.REVIEW
    ]
