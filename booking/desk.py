"""What a use case works with: the store, the calendars, the settings and a way to wake workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from booking.bulkhead import Bulkhead
from booking.messages import OutgoingMail
from booking.settings import Settings
from booking.store import Store
from connectors.contract import Connection, Connector
from connectors.deadline import Deadline


class Calendars(Protocol):
    """Where connectors come from; wired once in each process."""

    def connector(self, connection: Connection) -> Connector:
        """Raises Unsupported for a provider that this version does not know."""
        ...


class MailLater(Exception):
    """The mail could not be handed over now; try again, after ``retry_after`` seconds if given."""

    def __init__(self, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MailRefused(Exception):
    """The mail was refused for good (no such address); a person must look."""


class Mailer(Protocol):
    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        """Hand one mail over to SMTP. At the deadline whoever sends gives up: after that somebody
        else may have sent it, and newer ones. Raises MailLater, MailRefused."""
        ...


def nobody_to_wake(_kind: str) -> None:
    """For a desk without workers: the ticker finds what is due."""


@dataclass(frozen=True, slots=True)
class Desk:
    """``wake("drain")``, ``wake("poll")`` and ``wake("subscriptions")`` are best effort: they never
    raise and never take long.

    ``bulkhead`` keeps one dead server from stopping a process that serves many.
    """

    store: Store
    calendars: Calendars
    settings: Settings
    wake: Callable[[str], None] = nobody_to_wake
    bulkhead: Bulkhead | None = None
