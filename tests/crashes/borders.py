"""The places at which our code has effects outside itself, and a process that dies at one of them.

Whatever a use case does can be seen from outside at its borders only: a commit, a request to a
calendar, a mail handed over. A process killed anywhere else is one killed at the border before.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from booking.desk import Mailer
from booking.messages import OutgoingMail
from booking.store import Store, UnitOfWork
from connectors.contract import Connection

#: What a connector does that others can see, and what it is told.
ASKS = frozenset(
    {
        "read_busy",
        "changes",
        "fingerprints",
        "create",
        "get",
        "find",
        "update",
        "delete",
        "check",
        "secure_meeting",
        "send_mail",
    }
)


@dataclass
class Borders:
    """Counts the borders that are crossed; at the ``fatal``-th this process ends without a word.

    ``tell`` hears the name of that border first.
    """

    fatal: int
    tell: Callable[[str], None]
    crossed: int = 0
    names: list[str] = field(default_factory=list)

    def cross(self, name: str) -> None:
        self.crossed += 1
        self.names.append(name)
        if self.crossed == self.fatal:
            self.tell(name)
            os.kill(os.getpid(), signal.SIGKILL)


class BorderedStore(Store):
    """A store whose commits are borders, before and after each."""

    borders: Borders

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        with super().write() as uow:
            commit = uow.commit

            def bordered() -> None:
                self.borders.cross("before commit")
                commit()
                self.borders.cross("after commit")

            uow.commit = bordered  # type: ignore[method-assign]
            yield uow


class BorderedCalendars:
    """Connectors whose requests are borders: not asked yet, and done but never heard of."""

    def __init__(self, inner: Any, borders: Borders) -> None:
        self._bordered = type("Bordered", (_Bordered, *_abilities(inner)), {})(inner, borders)

    def connector(self, connection: Connection) -> Any:
        return self._bordered


class _Bordered:
    def __init__(self, inner: Any, borders: Borders) -> None:
        self._inner = inner
        self._borders = borders

    @property
    def capabilities(self) -> Any:
        return self._inner.capabilities

    def close(self) -> None:
        self._inner.close()


def _abilities(inner: Any) -> tuple[type, ...]:
    """A class with exactly those methods of ``ASKS`` that ``inner`` has.

    Protocols with runtime checks look at the class.
    """

    def passing(name: str) -> Callable[..., Any]:
        def ask(self: Any, **arguments: Any) -> Any:
            self._borders.cross(f"before {name}")
            try:
                return getattr(self._inner, name)(**arguments)
            finally:
                self._borders.cross(f"after {name}")

        return ask

    found = {name: passing(name) for name in sorted(ASKS) if hasattr(inner, name)}
    return (type("Asks", (), found),)


class BorderedMailer:
    def __init__(self, inner: Mailer, borders: Borders) -> None:
        self._inner = inner
        self._borders = borders

    def send(self, message: OutgoingMail) -> None:
        self._borders.cross("before mail")
        try:
            self._inner.send(message)
        finally:
            self._borders.cross("after mail")
