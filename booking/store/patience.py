"""How long PostgreSQL may take for one answer, so that a silent server holds nobody for ever."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")

#: Seconds. Statements of ours take milliseconds, and wait for a lock hardly longer.
ANSWERING = 10.0


class ImpatientConnection(psycopg.Connection[Any]):
    """Gives up a server that does not answer a statement in time, and itself with it.

    libpq waits without end for a server that accepted a statement and fell silent (a cable, a
    firewall that forgot the connection); neither keep-alives nor ``statement_timeout`` bound it.
    What became of a commit is then unknown.
    """

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        """Raises OperationalError after ``ANSWERING`` seconds."""
        return super().wait(self._bounded(gen, time.monotonic() + ANSWERING), *args, **kwargs)

    def _bounded(self, gen: Generator[Any, Any, T], end: float) -> Generator[Any, Any, T]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted  # psycopg comes back ten times a second, ready or not
                if time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer within {ANSWERING:g} s")
                wanted = gen.send(ready)
        except StopIteration as done:
            answer: T = done.value
            return answer


def connect(*args: Any, **kwargs: Any) -> ImpatientConnection:
    """As ``psycopg.connect``."""
    return ImpatientConnection.connect(*args, **kwargs)
