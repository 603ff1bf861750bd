"""Units of work: one transaction, its clock, and the repositories that act in it."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from booking.store.accounts import Accounts
from booking.store.attempts import Attempts
from booking.store.audits import Audits
from booking.store.bookings import Bookings
from booking.store.catalogue import Catalogue
from booking.store.claims import Claims
from booking.store.drafts import Drafts
from booking.store.encryption import Keys
from booking.store.engine import REPEATABLE, Database, outages
from booking.store.erasures import Erasures
from booking.store.forgotten import Forgotten
from booking.store.holds import Holds
from booking.store.leases import Leases
from booking.store.limits import Limits
from booking.store.mailboxes import Mailboxes
from booking.store.outbox import Outbox
from booking.store.placements import Placements
from booking.store.places import Places
from booking.store.reminders import Reminders
from booking.store.replica import Replicas
from booking.store.secrets import Secrets
from booking.store.subscriptions import Subscriptions
from booking.store.sweeps import Sweeps
from booking.store.tasks import Tasks
from booking.store.waiting import Waiting

T = TypeVar("T")
_CLOCK = select(func.clock_timestamp())


class UnitOfWork:
    """One transaction. Leaving it rolls back unless ``commit`` was called."""

    def __init__(
        self, connection: Connection, keys: Keys, clock: Callable[[Connection], datetime]
    ) -> None:
        self.connection = connection
        self.keys = keys
        self._clock = clock

    @cached_property
    def now(self) -> datetime:
        """The one instant of this unit, aware, UTC."""
        return self._clock(self.connection)

    def commit(self) -> None:
        self.connection.commit()

    def attempt(self) -> AbstractContextManager[object]:
        """A part that is undone by itself where it raises; the rest of the unit stays."""
        return self.connection.begin_nested()

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.connection)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        return Mailboxes(self.connection)

    @cached_property
    def replicas(self) -> Replicas:
        return Replicas(self.connection)

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.connection)

    @cached_property
    def holds(self) -> Holds:
        return Holds(self.connection)

    @cached_property
    def bookings(self) -> Bookings:
        return Bookings(self.connection, self.keys)

    @cached_property
    def placements(self) -> Placements:
        return Placements(self.connection)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.connection)

    @cached_property
    def reminders(self) -> Reminders:
        return Reminders(self.connection)

    @cached_property
    def forgotten(self) -> Forgotten:
        return Forgotten(self.connection)

    @cached_property
    def erasures(self) -> Erasures:
        return Erasures(self.connection)

    @cached_property
    def audits(self) -> Audits:
        return Audits(self.connection)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.connection)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self.connection, self.keys)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(self.connection, self.keys)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.connection)

    @cached_property
    def sweeps(self) -> Sweeps:
        return Sweeps(self.connection)

    @cached_property
    def places(self) -> Places:
        return Places(self.connection)

    @cached_property
    def tasks(self) -> Tasks:
        return Tasks(self.connection)

    @cached_property
    def attempts(self) -> Attempts:
        return Attempts(self.connection)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.connection)

    @cached_property
    def waiting(self) -> Waiting:
        return Waiting(self.connection)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self.connection)


_STORES: weakref.WeakSet[Store] = weakref.WeakSet()


class Store:
    """The database behind everything; safe to share between threads and to use after a fork."""

    def __init__(
        self, database: Database, keys: Keys, now: Callable[[], datetime] | None = None
    ) -> None:
        self.database = database
        self.keys = keys
        self._now = now
        # SQLite's own waiting is unfair: with many writers the last one waits for seconds.
        self._writer = threading.RLock()
        _STORES.add(self)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Raises StoreUnavailable, like all that leads to the database."""
        with outages(), self.database.reading().connect() as connection:
            yield UnitOfWork(connection, self.keys, self._clock)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Never hold one across a call to a calendar."""
        if not self.database.is_sqlite:
            with outages(), self.database.engine().connect() as connection:
                yield UnitOfWork(connection, self.keys, self._clock)
            return
        with outages(), self._writer, self.database.writing().connect() as connection:
            yield UnitOfWork(connection, self.keys, self._clock)

    def transact(self, work: Callable[[UnitOfWork], T]) -> T:
        """Do ``work`` in a writing unit and commit.

        Repeated once after a deadlock, and where a row that must be unique was written by
        somebody else meanwhile: the second time ``work`` sees it. ``work`` must have no effect
        outside its unit. An exception of it rolls back.
        """
        try:
            return self._transact(work)
        except IntegrityError:
            pass
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in REPEATABLE:
                raise
        return self._transact(work)

    def close(self) -> None:
        self.database.close()

    def unlock(self) -> None:
        """In the child of a fork: a thread that was writing does not live there."""
        self._writer = threading.RLock()
        self.database.unlock()

    def _transact(self, work: Callable[[UnitOfWork], T]) -> T:
        with self.write() as uow:
            result = work(uow)
            uow.commit()
            return result

    def _clock(self, connection: Connection) -> datetime:
        if self._now is not None:
            return self._now().astimezone(UTC)
        if self.database.is_sqlite:
            return datetime.now(UTC)
        moment: datetime = connection.execute(_CLOCK).scalar_one()
        return moment.astimezone(UTC)


def open_store(
    database_url: str, *, encryption_keys: str, now: Callable[[], datetime] | None = None
) -> Store:
    """A store on a database that is already upgraded; nothing is opened before its first use.

    ``now`` replaces the clock (tests). Raises DatabaseUrlError and EncryptionError.
    """
    return Store(Database(database_url), Keys.parse(encryption_keys), now)


def _unlock_all() -> None:
    for store in tuple(_STORES):
        store.unlock()


os.register_at_fork(after_in_child=_unlock_all)
