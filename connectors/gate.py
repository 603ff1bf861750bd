"""The gate in front of a provider that limits how much one may ask at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from connectors.deadline import Deadline


class Gate(Protocol):
    """Shared by every process that works with the same account. Connectors pass it per request.

    Names are opaque to it: ``account`` is one application at one provider, ``mailbox`` one of its
    mailboxes ("" for requests that concern none).
    """

    @contextmanager
    def passing(self, *, account: str, mailbox: str, deadline: Deadline) -> Iterator[None]:
        """Hold a place for one request. Raises TryLater where none comes free within the deadline,
        or where the provider asked this account to wait (``retry_after`` says how long)."""
        ...

    def pause(self, *, account: str, seconds: float) -> None:
        """The provider asked to wait: nobody passes for that long. Never raises."""
        ...


class OpenGate:
    """Lets everybody pass: for providers without limits, and for tests."""

    @contextmanager
    def passing(self, *, account: str, mailbox: str, deadline: Deadline) -> Iterator[None]:
        yield

    def pause(self, *, account: str, seconds: float) -> None:
        """Nobody waits here."""
