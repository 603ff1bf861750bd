"""What outlives a process that is killed: database, calendars, mails handed over, the clock."""

from __future__ import annotations

import copy
import itertools
import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psycopg

from booking import catalogue
from booking.desk import Desk
from booking.messages import OutgoingMail
from booking.model import BookingError
from booking.store import Store
from booking.store.engine import Database
from connectors.contract import Connector
from connectors.memory import MemoryConnector
from tests.booking.conftest import Clock, Office, OneConnector, Post
from tests.crashes.borders import (
    ASKS,
    BorderedCalendars,
    BorderedMailer,
    Borders,
    BorderedStore,
)
from tests.servers.postgres import drop_database, libpq


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
    crossed: int = 0


class Databases:
    """Copies of a prepared database, quickly."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._numbers = itertools.count(1)

    def copy(self) -> str:
        """URL of a copy; nobody may be connected to the original."""
        number = next(self._numbers)
        if self.url.startswith("sqlite"):
            path = self._folder / f"copy-{number}.sqlite"
            shutil.copy(self.url.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        original = psycopg.conninfo.conninfo_to_dict(libpq(self.url))["dbname"]
        name = f"{original}_{number}"
        with self._server() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"'.encode())
        return self.url.replace(f"/{original}", f"/{name}")

    def drop(self, url: str) -> None:
        if url.startswith("sqlite"):
            for path in self._folder.glob(f"{Path(url).name}*"):
                path.unlink()
            return
        name = psycopg.conninfo.conninfo_to_dict(libpq(url))["dbname"]
        drop_database(self._server_url(), str(name))

    def _server(self) -> psycopg.Connection[Any]:
        return psycopg.connect(libpq(self._server_url()), autocommit=True)

    def _server_url(self) -> str:
        name = str(psycopg.conninfo.conninfo_to_dict(libpq(self.url))["dbname"])
        return self.url.replace(f"/{name}", "/postgres")


@dataclass
class World:
    """An office, prepared once, of which every crash gets its own copy."""

    office: Office
    databases: Databases
    prepared: Any = None
    _moment: datetime | None = None

    def prepare(self, setup: Callable[[Office], Any]) -> None:
        self.prepared = setup(self.office)
        self._moment = self.office.clock.now
        self.office.desk.store.close()

    def copy(self) -> Office:
        """The prepared office once more, with nothing shared but what nobody changes."""
        assert self._moment is not None
        url = self.databases.copy()
        clock = Clock(self._moment)
        store = Store(Database(url), self.office.desk.store.keys, clock)
        catalogue.prime(store, municipality=self.office.town, revision=1)
        memory = copy_of(self.office.memory)
        calendars = OneConnector(memory)
        post = Post()
        post.sent += self.office.post.sent
        office = Office(
            Desk(store, calendars, self.office.desk.settings),
            clock=clock,
            memory=memory,
            town=self.office.town,
            calendars=calendars,
            post=post,
        )
        office.desk = replace(office.desk, wake=office.woken.append)
        return office

    def drop(self, office: Office) -> None:
        store = office.desk.store
        store.close()
        self.databases.drop(store.database.url.render_as_string(hide_password=False))


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


def run(office: Office, action: Action, *, die_at: int = 0, direct: bool = False) -> Told:
    """Run a use case in a process of its own, which is killed at its ``die_at``-th border.

    Calendars in memory live here and are asked through a pipe; ``direct``: the child asks the
    calendar server itself. Mails are handed over to us either way.
    """
    office.desk.store.close()
    here, there = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:  # the process that may die
        here.close()
        _live(office, action, die_at=die_at, direct=direct, pipe=there)
    there.close()
    told = _serve(office, here)
    here.close()
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) == bool(told.died_at), (told, status)
    return told


def _serve(office: Office, pipe: Pipe) -> Told:
    """Answer what the child asks until it ends, however it does."""
    told = Told()
    with suppress(EOFError, ConnectionResetError):
        while True:
            kind, *rest = pipe.recv()
            if kind == "told":
                told = Told(*rest)
                if isinstance(told.answer, BaseException):
                    raise told.answer
                continue
            target: Any = office.calendars.it if kind == "calendar" else office.post
            name, arguments = rest
            try:
                answer = ("answer", getattr(target, name)(**arguments))
            except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
                answer = ("error", error)
            pipe.send(answer)
    return told


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
        super().__init__("calendar", pipe, frozenset(each for each in ASKS if hasattr(real, each)))
        self.capabilities = real.capabilities

    def close(self) -> None:
        """Nothing is open here."""


class _FarMailer:
    def __init__(self, pipe: Pipe) -> None:
        self._far = _Far("mail", pipe, frozenset({"send"}))

    def send(self, message: OutgoingMail) -> None:
        self._far.send(message=message)


def _live(office: Office, action: Action, *, die_at: int, direct: bool, pipe: Pipe) -> None:
    """The whole life of the child; it leaves without the clean-up of the program it came from."""
    try:
        borders = Borders(die_at, lambda name: pipe.send(("told", None, "", name, die_at)))
        store = BorderedStore(office.desk.store.database, office.desk.store.keys, office.clock)
        store.borders = borders
        catalogue.prime(store, municipality=office.town, revision=1)
        real = office.calendars.it
        inner = real if direct else FarConnector(pipe, real)
        office.desk = replace(
            office.desk, store=store, calendars=BorderedCalendars(inner, borders)
        )
        office.post = BorderedMailer(_FarMailer(pipe), borders)  # type: ignore[assignment]
        try:
            told = Told(answer=action(office), crossed=borders.crossed)
        except BookingError as error:
            told = Told(refused=type(error).__name__, crossed=borders.crossed)
        pipe.send(("told", told.answer, told.refused, "", borders.crossed))
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        with suppress(Exception):
            pipe.send(("told", RuntimeError(f"the child failed: {error!r}"), "", "", 0))
    finally:
        os._exit(0)
