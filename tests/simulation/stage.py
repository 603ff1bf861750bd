"""What all schedules of a process share: the product's code over a database in memory.

The database is made once. Each schedule runs inside one savepoint that is rolled back at its end,
so that beginning anew costs microseconds; transactions of the product are savepoints inside it.
"""

from __future__ import annotations

import gc
import random
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from booking import outbox
from booking.calendars.refresh import refresh_mailbox
from booking.desk import Desk
from booking.office import importing
from booking.settings import Settings
from booking.store import Keys, Store, UnitOfWork
from booking.store.engine import Database
from booking.store.tables import metadata
from connectors.contract import Connection, Connector, MailboxRef
from connectors.deadline import Deadline
from mapping.model import Municipality, Opening, Weekday
from tests.booking.town import town
from tests.simulation.quick_sql import QuickConnection, record_store
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

T = TypeVar("T")

#: A Monday morning in Athens (09:00, UTC+3); everything that is booked stands on the next day.
MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
#: Two places of the pool, few starts: citizens meet.
MAILBOXES = 2
DURATION, STEP, BUFFER = 30, 40, 5
#: A second service of the same employees, for whose times people wait in line.
AWAITED = "town.permits"
_KEYS = "k1:" + "A" * 43


def starts() -> tuple[datetime, ...]:
    """The starts on offer on Tuesday."""
    first = datetime(2026, 6, 2, 6, 0, tzinfo=UTC)
    return tuple(first + timedelta(minutes=STEP * number) for number in range(3))


class SimStore(Store):
    """The real store on one connection; other actors may go on before each of its units."""

    def __init__(self, connection: Any, stage: Stage) -> None:
        super().__init__(Database("sqlite:////nowhere"), Keys.parse(_KEYS), stage.now)
        self.connection, self._stage, self.clock = connection, stage, self._clock
        self.reading = self.writing = 0

    def read(self) -> Reading:  # type: ignore[override]
        if self.writing:
            raise AssertionError("a reading unit inside a writing one waits for itself on SQLite")
        if not self.reading:
            self._stage.switch("read")
        return Reading(self)

    def write(self) -> Writing:  # type: ignore[override]
        return Writing(self)

    def transact(self, work: Callable[[UnitOfWork], T]) -> T:
        if not self.reading:
            bound = work.func if isinstance(work, partial) else work
            self._stage.switch(bound.__qualname__)
        return super().transact(work)


def _with_line(town: Municipality) -> Municipality:
    (service,) = town.services
    awaited = replace(service, key=AWAITED.partition(".")[2], waiting_list=True)
    return replace(town, services=(service, awaited))


# Entered some hundred times in a schedule: classes, as generators would cost twice as much.
class Reading:
    """The real store's reading unit; ``SimStore.reading`` counts those that are open."""

    __slots__ = ("_store",)

    def __init__(self, store: SimStore) -> None:
        self._store = store

    def __enter__(self) -> UnitOfWork:
        store = self._store
        store.reading += 1
        return UnitOfWork(store.connection, store.keys, store.clock)

    def __exit__(self, *_: object) -> None:
        self._store.reading -= 1


class Writing:
    """The real store's writing unit: undone at its end where nobody committed."""

    __slots__ = ("_store", "_unit")

    def __init__(self, store: SimStore) -> None:
        self._store = store

    def __enter__(self) -> UnitOfWork:
        store = self._store
        store.writing += 1
        store.connection.begin()
        self._unit = _Unit(store.connection, store.keys, store.clock)
        return self._unit

    def __exit__(self, *_: object) -> None:
        self._store.connection.end(committed=self._unit.committed)
        self._store.writing -= 1


class _Unit(UnitOfWork):
    committed = False

    def commit(self) -> None:
        self.committed = True


class _Calendars:
    """Whatever the connection: the calendars of the schedule that is running."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def connector(self, connection: Connection) -> Connector:
        return self._stage.running.calendars


class Stage:
    """One per process. ``running`` is the schedule at work; it gives the time and takes turns."""

    def __init__(self) -> None:
        self.running: Schedule = _Preparing()  # type: ignore[assignment]
        engine = create_engine(
            "sqlite://",
            poolclass=StaticPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 1000},
        )
        self._connection = engine.connect()
        raw = self._connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        self.raw = raw
        raw.execute("PRAGMA foreign_keys=ON")
        metadata.create_all(self._connection)
        self.town = _with_line(
            town(
                mailboxes=MAILBOXES,
                duration=DURATION,
                step=STEP,
                before=BUFFER,
                after=BUFFER,
                horizon=3,
                opening=tuple(
                    Opening(day, time_of_day(9), time_of_day(10, 50)) for day in (Weekday.TUESDAY,)
                ),
            )
        )
        quick = QuickConnection(raw, self._connection)
        self.written = quick.written  #: tables, since the oracles looked
        self.store = SimStore(quick, self)
        self.desk = Desk(self.store, _Calendars(self), replace(Settings(), workers=2))
        self._prepare()

    def _prepare(self) -> None:
        from tests.simulation.calendars import Calendars

        record_store()
        preparing = self.running
        preparing.calendars = Calendars(preparing)
        with worldly(self):
            importing.import_mapping(
                self.desk, text=f"slug: {self.town.slug}", municipality=self.town, by="test"
            )
            with self.store.read() as uow:
                ids = uow.mailboxes.ids(self.town.slug)
            self.mailboxes = {
                ids[each.address]: MailboxRef(each.address, each.calendar)
                for each in self.town.mailboxes
            }
            preparing.calendars.furnish(self.mailboxes.values())
            for mailbox_id in self.mailboxes:
                outcome = refresh_mailbox(
                    self.desk, mailbox_id=mailbox_id, deadline=Deadline.after(60)
                )
                assert outcome.read, outcome
        self.furnished = preparing.calendars
        self.raw.execute("SAVEPOINT schedule")
        gc.collect()
        gc.freeze()

    def begin(self, schedule: Schedule) -> None:
        self.running = schedule

    def end(self) -> None:
        self.store.reading = self.store.writing = 0
        self.raw.execute("ROLLBACK TO schedule")

    def now(self) -> datetime:
        return self.running.clock.now

    def switch(self, label: str) -> None:
        self.running.switch(label)


class _Clock:
    now = MONDAY


class _Preparing:
    """Stands for a schedule while the stage is being set."""

    clock = _Clock()
    calendars: Any = None

    def __init__(self) -> None:
        # Each stage has the same ids, and what is decided by them.
        self.ids = random.Random(1)

    def switch(self, label: str) -> None:
        """Nobody else is there."""

    def fault_of(self, name: str, writes: bool) -> None:
        """Nothing goes wrong."""

    def looked(self, address: str, at: datetime) -> None:
        """Nobody asks."""

    def changed(self, address: str) -> None:
        """Nobody is called."""

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Nobody waits."""


def _modules_with(name: str, thing: object) -> list[Any]:
    return [
        module
        for key, module in sorted(sys.modules.items())
        if key.split(".")[0] in {"booking", "connectors", "mapping"}
        and module is not None
        and module.__dict__.get(name) is thing
    ]


@contextmanager
def worldly(stage: Stage) -> Iterator[None]:
    """The product takes time and randomness from the schedule that is running."""
    clock = SimpleNamespace(
        monotonic=lambda: stage.running.monotonic(),
        perf_counter=lambda: stage.running.monotonic(),
        time=lambda: stage.running.clock.now.timestamp(),
        sleep=lambda seconds: stage.running.sleep(seconds),
    )
    dice = SimpleNamespace(
        token_hex=lambda size=32: f"{stage.running.ids.getrandbits(size * 8):0{size * 2}x}",
        token_urlsafe=lambda size=32: f"{stage.running.ids.getrandbits(size * 8):0{size * 2}x}"[
            :36
        ],
        choice=lambda letters: stage.running.ids.choice(letters),
        compare_digest=secrets.compare_digest,
    )

    def accident(uow: Any, entry: Any, kind: str) -> None:
        raise Violation(f"accident: step {entry.kind.value} failed with {kind}")

    swapped = [(outbox, "_again", outbox._again, accident)]
    swapped += [(each, "time", time, clock) for each in _modules_with("time", time)]
    swapped += [(each, "secrets", secrets, dice) for each in _modules_with("secrets", secrets)]
    for module, name, _, fake in swapped:
        setattr(module, name, fake)
    try:
        yield
    finally:
        for module, name, real, _ in swapped:
            setattr(module, name, real)
