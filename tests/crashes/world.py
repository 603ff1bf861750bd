"""What outlives a process that is killed: database, calendars, mails handed over, the clock."""

from __future__ import annotations

import copy
import gc
import itertools
import mmap
import multiprocessing
import os
import shutil
import signal
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine

from booking.messages import OutgoingMail
from booking.model import BookingError
from booking.store.engine import WRITES, Database
from booking.store.tables import metadata
from connectors.contract import Connector
from connectors.deadline import Deadline
from connectors.memory import MemoryConnector
from tests.booking.conftest import Clock, Office, OneConnector, Post
from tests.crashes.borders import (
    EFFECTS,
    LOOKS,
    BorderedCalendars,
    BorderedMailer,
    BorderedStore,
    Borders,
)
from tests.servers.postgres import libpq


class SharedClock(Clock):
    """The same time in this process and in its children."""

    def __init__(self, now: datetime) -> None:
        self._memory = mmap.mmap(-1, 8)
        super().__init__(now)

    @property
    def now(self) -> datetime:
        (microseconds,) = struct.unpack("q", self._memory[:8])
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)

    @now.setter
    def now(self, moment: datetime) -> None:
        since = moment - datetime.fromtimestamp(0, UTC)
        self._memory[:8] = struct.pack("q", since // timedelta(microseconds=1))


class HarnessFault(BaseException):
    """The test itself is wrong; not an Exception, so that no use case makes do with it."""


#: One use case as a process runs it; what it returns is what the citizen is told.
Action = Callable[[Office], Any]


@dataclass(frozen=True)
class Told:
    """How a process ended: with an answer, with a refusal, or dead at a border."""

    answer: Any = None
    refused: str = ""
    died_at: str = ""
    paused_at: str = ""


class OneEngine(Database):
    """The same engine before and after a fork, so that nobody translates every statement anew.

    Whoever forks has closed it first: no connection is ever in two processes.
    """

    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = self._build()
            self._writing = self._engine.execution_options(**{WRITES: True})
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


class Prepared:
    """The content of a database, to which it is brought back again and again."""

    def __init__(self, url: str) -> None:
        """Nobody may be writing."""
        self._file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        self._url = libpq(url)
        self._rows: dict[str, list[bytes]] = {}
        if self._file is not None:
            shutil.copy(self._file, self._file.with_suffix(".prepared"))
            return
        with psycopg.connect(self._url) as connection, connection.cursor() as cursor:
            for table in metadata.sorted_tables:
                with cursor.copy(f'COPY "{table.name}" TO STDOUT'.encode()) as out:
                    self._rows[table.name] = [bytes(each) for each in out]

    def restore(self) -> None:
        if self._file is not None:
            for left in self._file.parent.glob(f"{self._file.name}-*"):
                left.unlink()
            shutil.copy(self._file.with_suffix(".prepared"), self._file)
            return
        with psycopg.connect(self._url) as connection, connection.cursor() as cursor:
            for name in reversed(self._rows):
                cursor.execute(f'DELETE FROM "{name}"'.encode())
            for name, rows in self._rows.items():
                with cursor.copy(f'COPY "{name}" FROM STDIN'.encode()) as into:
                    for row in rows:
                        into.write(row)


class World:
    """An office, prepared once, to which every crash comes back."""

    def __init__(self, office: Office, *, setup: Callable[[Office], Any]) -> None:
        self._office = office
        self.prepared = setup(office)
        self._moment = office.clock.now
        office.desk.store.close()
        url = office.desk.store.database.url.render_as_string(hide_password=False)
        self._database = Prepared(url)

    def copy(self) -> Office:
        """The office as it was prepared; the one before is not to be used any more."""
        office = self._office
        office.desk.store.close()
        self._database.restore()
        # The store stays, because the process keeps with it what it knows of the town.
        office.clock.now = self._moment
        memory, post = copy_of(office.memory), Post()
        post.sent += office.post.sent
        calendars = OneConnector(memory)
        desk = replace(office.desk, calendars=calendars)
        return replace(office, desk=desk, memory=memory, calendars=calendars, post=post)


def copy_of(memory: MemoryConnector) -> MemoryConnector:
    """The same calendars; values in them are frozen."""
    twin = copy.copy(memory)
    for name, value in vars(memory).items():
        if isinstance(value, type(threading.RLock())):
            setattr(twin, name, threading.RLock())
        elif isinstance(value, dict | list | set | itertools.count):
            setattr(twin, name, _copied(value))
    return twin


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        fresh = copy.copy(value)  # keeps a Counter a Counter
        fresh.update({key: _copied(each) for key, each in value.items()})
        return fresh
    return copy.copy(value) if isinstance(value, list | set | itertools.count) else value


def run(
    office: Office,
    action: Action,
    *,
    die_at: int = 0,
    pause_at: int = 0,
    meanwhile: Action = lambda office: None,
    direct: bool = False,
) -> Told:
    """Run a use case in a process of its own, which is killed at its ``die_at``-th border, or
    stopped at its ``pause_at``-th while ``meanwhile`` happens here.

    Calendars in memory live here and are asked through a pipe; ``direct``: the child asks the
    calendar server itself. Mails are handed over to us either way.
    """
    office.desk.store.close()
    here, there = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:
        here.close()
        _live(
            office, action, at=die_at or pause_at, pauses=bool(pause_at), inside=direct, pipe=there
        )
    there.close()
    told = Told()
    with here, suppress(EOFError, ConnectionResetError):
        while True:
            kind, *rest = here.recv()
            if kind == "border" and pause_at:
                told = Told(paused_at=rest[0])
                os.waitpid(pid, os.WUNTRACED)
                meanwhile(office)
                os.kill(pid, signal.SIGCONT)
            elif kind == "border":
                told = Told(died_at=rest[0])
            elif kind == "told":
                told = replace(told, answer=rest[0], refused=rest[1])
            else:
                here.send(_answer(office, kind, *rest))
    _, status = os.waitpid(pid, 0)
    if isinstance(told.answer, BaseException):
        raise told.answer
    assert os.WIFSIGNALED(status) == bool(told.died_at), (told, status)
    return told


def _answer(office: Office, kind: str, name: str, arguments: Mapping[str, Any]) -> tuple[str, Any]:
    """What calendars and mail server answer to a process, errors included."""
    target: Any = office.calendars.it if kind == "calendar" else office.post
    try:
        return "answer", getattr(target, name)(**arguments)
    except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
        return "error", error


class _Far:
    """Something that lives in the parent process, by name of its methods."""

    def __init__(self, kind: str, pipe: Pipe, names: frozenset[str]) -> None:
        self._kind, self._pipe, self._names = kind, pipe, names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(name)

        def ask(**arguments: Any) -> Any:
            plain = {
                # What is known is looked up in the database as it is needed.
                key: dict(value) if isinstance(value, Mapping) else value
                for key, value in arguments.items()
            }
            try:
                self._pipe.send((self._kind, name, plain))
                what, value = self._pipe.recv()
            except Exception as error:
                raise HarnessFault(f"{self._kind}.{name}: {error!r}") from error
            if what == "error":
                raise value
            return value

        return ask


class FarConnector(_Far):
    def __init__(self, pipe: Pipe, real: Connector) -> None:
        names = frozenset(each for each in LOOKS | EFFECTS if hasattr(real, each))
        super().__init__("calendar", pipe, names)
        self.capabilities = real.capabilities

    def close(self) -> None:
        """Nothing is open here."""


class _FarMailer:
    def __init__(self, pipe: Pipe) -> None:
        self._far = _Far("mail", pipe, frozenset({"send"}))

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self._far.send(message=message, deadline=deadline)


def _live(
    office: Office, action: Action, *, at: int, pauses: bool, inside: bool, pipe: Pipe
) -> None:
    """The whole life of the child; it leaves without the clean-up of the program it came from."""
    gc.disable()  # it would touch, and so copy, every page of the parent
    try:
        borders = Borders(at, lambda name: pipe.send(("border", name)), pauses)
        assert isinstance(office.desk.store, BorderedStore)
        office.desk.store.borders = borders
        inner = office.calendars.it if inside else FarConnector(pipe, office.calendars.it)
        office.desk = replace(office.desk, calendars=BorderedCalendars(inner, borders))
        office.post = BorderedMailer(_FarMailer(pipe), borders)  # type: ignore[assignment]
        try:
            pipe.send(("told", action(office), ""))
        except BookingError as error:
            pipe.send(("told", None, type(error).__name__))
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        with suppress(Exception):
            pipe.send(("told", RuntimeError(f"the child failed: {error!r}"), ""))
    finally:
        os._exit(0)
