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
        end = time.monotonic() + ANSWERING
        try:
            return super().wait(gen, *args, **{"timeout": ANSWERING, **kwargs})
        except psycopg.OperationalError:
            if time.monotonic() < end:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {ANSWERING:g} s") from None


def connect(*args: Any, **kwargs: Any) -> ImpatientConnection:
    """As ``psycopg.connect``."""
    return ImpatientConnection.connect(*args, **kwargs)
