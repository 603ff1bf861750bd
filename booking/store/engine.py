"""Database engines: built when first needed, one per process, with each database's settings."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: Execution option of a connection that is going to write.
WRITES = "rantevou_writes"
CONNECTING = 5  #: seconds within which a PostgreSQL server must answer
#: Seconds after which a kept connection is asked before it is used. Who meets a server that went
#: away within them is told to ask again, as in the midst of his work.
RESTED = 1.0
_RESTS = "rantevou_rests_since"


class DatabaseUrlError(Exception):
    """The database URL cannot be used; the text says what to write instead."""


class StoreUnavailable(Exception):
    """The database cannot be reached, is locked or full; what was to be written may be undone.

    Whoever asked may ask again with the same key. The text holds no values of a statement.
    """


#: SQLSTATE of a deadlock and of a serialization failure: the same work succeeds when repeated.
REPEATABLE = frozenset({"40P01", "40001"})
#: SQLSTATE of a table or column that is not there; SQLite has these words alone.
OUTDATED = frozenset({"42P01", "42703"})
OUTDATED_WORDS = ("no such table", "no such column", "has no column named")


@contextmanager
def outages() -> Iterator[None]:
    """Tells a database that does not serve from work that is wrong. Raises StoreUnavailable."""
    try:
        yield
    except PoolTimeout:
        raise StoreUnavailable("every connection to the database is in use") from None
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        if is_outdated(error):
            raise StoreUnavailable(
                "the database lacks tables of this version: run 'rantevou database upgrade'"
            ) from None
        if isinstance(error, ProgrammingError) or _sqlstate(error) in REPEATABLE:
            raise
        reason = " ".join(str(error.orig).split())
        raise StoreUnavailable(f"the database does not serve us: {reason}") from None


def is_outdated(error: DBAPIError) -> bool:
    """Whether a migration is missing, which mends itself as soon as somebody runs it."""
    text = str(error.orig)
    return _sqlstate(error) in OUTDATED or any(words in text for words in OUTDATED_WORDS)


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def parsed(database_url: str) -> URL:
    """Raises DatabaseUrlError for anything but SQLite files and PostgreSQL."""
    try:
        url = make_url(database_url)
    except Exception:  # noqa: BLE001 - whatever the library dislikes, the remedy is the same
        raise DatabaseUrlError(_REMEDY) from None
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise DatabaseUrlError(_REMEDY)


_REMEDY = (
    "RANTEVOU_DATABASE_URL must be sqlite:////absolute/path/file.sqlite"
    " or postgresql://user:password@host/database"
)


class Database:
    """An engine per process: a connection opened before a fork is never used after it.

    ``patient``: statements may take as long as they like (an upgrade of the tables).
    """

    def __init__(self, database_url: str, *, patient: bool = False) -> None:
        self.url = parsed(database_url)
        self._patient = patient
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._reading: Engine | None = None
        self._writing: Engine | None = None
        self._pid = 0

    def engine(self) -> Engine:
        if self._engine is None or self._pid != os.getpid():
            with self._lock:
                if self._engine is None or self._pid != os.getpid():
                    if self._engine is not None:
                        self._engine.dispose(close=False)
                    self._engine = self._build()
                    self._reading = self._engine.execution_options(**self._reads())
                    self._writing = self._engine.execution_options(**{WRITES: True})
                    self._pid = os.getpid()
        return self._engine

    def reading(self) -> Engine:
        """The same engine, for what only reads."""
        engine = self.engine()
        return self._reading or engine

    def writing(self) -> Engine:
        """The same engine; what begins here takes SQLite's write lock at once."""
        engine = self.engine()
        return self._writing or engine

    def unlock(self) -> None:
        """In the child of a fork: a thread that was building does not live there."""
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give up pooled connections; the next use opens new ones."""
        with self._lock:
            if self._engine is not None and self._pid == os.getpid():
                self._engine.dispose()
            self._engine = self._reading = self._writing = None

    def _reads(self) -> dict[str, Any]:
        # In READ COMMITTED every statement sees what was committed before it, so a transaction
        # around statements that read says no more than they do; its begin and end are two more
        # questions to the server. SQLite's, which ask nobody, hold one picture still.
        return {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}

    def _build(self) -> Engine:
        # Values of a statement never appear in exception texts, and so never in a log.
        pool = {"pool_size": 5, "max_overflow": 25, "pool_timeout": 30, "hide_parameters": True}
        if not self.is_sqlite:
            waits = {} if "connect_timeout" in self.url.query else {"connect_timeout": CONNECTING}
            engine = create_engine(
                self.url, isolation_level="READ COMMITTED", connect_args=waits, **pool
            )
            event.listen(engine, "checkin", _lies_down)
            event.listen(engine, "checkout", _gets_up)
            if not self._patient:
                event.listen(engine, "do_connect", _impatient)
            return engine
        _make_private(Path(str(self.url.database)))
        engine = create_engine(
            self.url, connect_args={"timeout": 30, "check_same_thread": False}, **pool
        )
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _sqlite_begin)
        return engine


def _lies_down(_connection: object, record: Any) -> None:
    record.info[_RESTS] = time.monotonic()


def _gets_up(connection: Any, record: Any, _proxy: object) -> None:
    """Ask a connection that was not used for a while whether it still is one. Raises
    InvalidatePoolError, at which the pool opens others."""
    since = record.info.get(_RESTS)
    if since is None or time.monotonic() - since < RESTED:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except connection.Error:
        raise InvalidatePoolError("the server has hung up") from None


def _impatient(_dialect: object, _record: object, arguments: Any, options: Any) -> Any:
    # Here and not above: with SQLite its driver is not loaded at all.
    from booking.store import patience

    return patience.connect(*arguments, **options)


def _make_private(path: Path) -> None:
    """A new SQLite file is its owner's alone; the files that SQLite puts beside it follow suit.

    One that is there is not opened: closing it would take the locks of this process's other
    connections away (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.R_OK | os.W_OK):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be opened: {error.strerror}") from None


def _sqlite_settings(connection: Any, _record: object) -> None:
    # Transactions are begun by us: the driver's own habit is a deferred BEGIN, and a reader that
    # turns writer gets "database is locked" at once, whatever the busy timeout.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=30000",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
