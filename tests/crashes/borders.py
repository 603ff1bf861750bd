"""The places at which our code has effects outside itself, and a process that dies at one of them.

What a use case does can be seen from outside by its effects only: commits, writes to a calendar,
mails handed over. Reading leaves no trace, so a process killed between two effects is one killed
right after the first of them. A commit has two sides all the same: before it, the database finds
a transaction open and has to undo it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from booking.desk import Mailer
from booking.messages import OutgoingMail
from booking.store import Store, UnitOfWork
from connectors import deadline
from connectors.contract import Connection
from connectors.deadline import Deadline
from connectors.errors import TryLater

#: Seconds that a process which is stopped has lost when it goes on; more than a lease.
SLEPT = 35.0
#: What a connector is asked for, and which of it changes something that others see.
LOOKS = frozenset({"read_busy", "changes", "fingerprints", "get", "find", "working_hours"})
EFFECTS = frozenset({"create", "update", "delete", "check", "secure_meeting", "send_mail"})


@dataclass
class Borders:
    """Counts the borders that are crossed; at the ``fatal``-th this process ends without a word.

    With ``pauses`` it stops there instead, until somebody lets it go on, and feels the time that
    passed. It never stops inside a transaction. ``tell`` hears the name of the border first.
    """

    fatal: int
    tell: Callable[[str], None]
    pauses: bool = False
    crossed: int = 0

    def cross(self, name: str) -> None:
        if self.pauses and name.startswith("before"):
            return
        self.crossed += 1
        if self.crossed != self.fatal:
            return
        self.tell(name)
        if not self.pauses:
            os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGSTOP)
        monotonic = time.monotonic
        later = SimpleNamespace(monotonic=lambda: monotonic() + SLEPT)
        vars(deadline)["time"] = later


class BorderedStore(Store):
    """A store whose commits are borders, before and after each, where ``borders`` is set."""

    borders: Borders | None = None

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        with super().write() as uow:
            if self.borders is not None:
                uow.commit = _bordered(uow.commit, self.borders)  # type: ignore[method-assign]
            yield uow


def _bordered(commit: Callable[[], None], borders: Borders) -> Callable[[], None]:
    def bordered() -> None:
        borders.cross("before a commit")
        commit()
        borders.cross("after a commit")

    return bordered


class BorderedCalendars:
    """One connector, whatever the connection; dead are those who wrote and never heard of it."""

    def __init__(self, inner: Any, borders: Borders) -> None:
        self._connector = _connector(inner, borders)

    def connector(self, connection: Connection) -> Any:
        return self._connector


def _connector(inner: Any, borders: Borders) -> Any:
    """Protocols with runtime checks look at the class, so it gets exactly what ``inner`` can."""

    def passing(name: str) -> Callable[..., Any]:
        def ask(self: Any, **arguments: Any) -> Any:
            if arguments["deadline"].passed:
                raise TryLater("the time for this call was over before it began")
            try:
                return getattr(inner, name)(**arguments)
            finally:
                if name in EFFECTS:
                    borders.cross(f"after {name}")

        return ask

    found: dict[str, Any] = {
        name: passing(name) for name in sorted(LOOKS | EFFECTS) if hasattr(inner, name)
    }
    found["capabilities"] = inner.capabilities
    found["close"] = lambda self: inner.close()
    return type("Bordered", (), found)()


class BorderedMailer:
    def __init__(self, inner: Mailer, borders: Borders) -> None:
        self._inner = inner
        self._borders = borders

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        try:
            self._inner.send(message, deadline=deadline)
        finally:
            self._borders.cross("after a mail")
