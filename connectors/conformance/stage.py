"""What a calendar system gives so that the promises can be tried on a real mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from connectors.conformance.office import Staff
from connectors.contract import Connector, MailboxRef
from connectors.deadline import Deadline
from connectors.gate import Gate


class LiveStaff(Staff, Protocol):
    """Staff of a mailbox that others use too; every event of theirs can be recognised."""

    def others(self) -> Mapping[str, str]:
        """Id → version of what stands near the times of a run and is of no run."""
        ...

    def sweep(self) -> int:
        """Remove what this run or an earlier one left in the calendar; how many events."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What the provider does not document. ``ask`` returns the answer in words."""

    text: str
    ask: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Stage:
    connector: Connector
    mailbox: MailboxRef
    missing: MailboxRef
    staff: LiveStaff
    another: Callable[[], Connector]
    patience: float = 0.0  #: how long a change may take until the provider tells of it (seconds)
    libraries: tuple[str, ...] = ()  #: distributions whose versions a report names
    questions: tuple[Question, ...] = ()
    #: Requests so far, where they can be counted.
    requests: Callable[[], int] | None = None


class CountingGate:
    """Another gate that also counts who passes."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.passed = 0

    @contextmanager
    def passing(self, *, account: str, mailbox: str, deadline: Deadline) -> Iterator[None]:
        with self._gate.passing(account=account, mailbox=mailbox, deadline=deadline):
            self.passed += 1
            yield

    def pause(self, *, account: str, seconds: float) -> None:
        self._gate.pause(account=account, seconds=seconds)
