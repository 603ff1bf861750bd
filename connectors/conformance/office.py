"""A calendar under test, seen from both sides: a connector, and the staff who use it."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Protocol

from connectors.abilities import Fingerprinting
from connectors.conformance.checks import NotApplicable, PromiseBroken
from connectors.conformance.times import Times
from connectors.contract import (
    BusyInterval,
    BusyReading,
    ChangeSet,
    Connector,
    EventDraft,
    EventRef,
    MailboxRef,
    Period,
    RemoteEvent,
    ShowAs,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import ConnectorError

#: Subject of every event of a run, so that whoever sees one knows what it is.
SUBJECT: Final = "Rantevou conformance – may be deleted"
#: Booking reference of our events of a run; no booking has it.
REFERENCE: Final = "conformance"
_PAUSE: Final = 2.0


class Staff(Protocol):
    """What people do in that calendar with their own programs."""

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        """A new event; returns the id that the connector will call it by."""
        ...

    def put_all_day(self, first: date, days: int) -> str: ...

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        """Weekly; ``moved`` gives some occurrences another time."""
        ...

    def move(self, event_id: str, period: Period) -> None: ...

    def show(self, event_id: str, show_as: ShowAs) -> None:
        """Show the event another way: free or busy."""
        ...

    def remove(self, event_id: str) -> None: ...

    def events(self) -> int:
        """How many events the calendar holds; in a live run only those of the run."""
        ...


@dataclass(frozen=True)
class Neighbour:
    """A further mailbox beside that of the office."""

    mailbox: MailboxRef
    staff: Staff


@dataclass
class Others:
    """What was in the calendar before a promise was tried; nobody's content, and not judged."""

    known: dict[str, str] = field(default_factory=dict)  #: id → etag
    intervals: Counter[BusyInterval] = field(default_factory=Counter)


@dataclass
class Office:
    connector: Connector
    mailbox: MailboxRef
    staff: Staff
    #: The same calendars through a connector of their own, as another process has it.
    another: Callable[[], Connector]
    times: Times
    missing: MailboxRef | None = None  #: a mailbox that is not there
    neighbours: Callable[[int], Sequence[Neighbour]] | None = None
    #: How long a change may take until the provider tells of it (seconds); 0: at once.
    patience: float = 0.0
    seconds: float = 20.0  #: for one call
    others: Others = field(default_factory=Others)
    waited: float = 0.0  #: longest time that a change took so far, in seconds

    @property
    def window(self) -> Period:
        return self.times.window

    def soon(self) -> Deadline:
        return Deadline.after(self.seconds)

    def draft(self, period: Period, **changes: object) -> EventDraft:
        made = EventDraft(
            period=period,
            subject=SUBJECT,
            body="Δοκιμή ημερολογίου\nΡαντεβού; δια ζώσης, KLM-7Q2",
            reference=REFERENCE,
            about="conformance/in_person",
            location="Αριστομένους 28",
            link="https://rantevou.example/staff/bookings/KLM-7Q2",
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    def create(
        self, period: Period, *, key: str | None = None, draft: EventDraft | None = None
    ) -> RemoteEvent:
        return self.connector.create(
            mailbox=self.mailbox,
            draft=draft or self.draft(period),
            key=key or new_key(),
            deadline=self.soon(),
        )

    def get(self, event_id: str) -> RemoteEvent:
        return self.connector.get(mailbox=self.mailbox, event_id=event_id, deadline=self.soon())

    def find(self, key: str, *, connector: Connector | None = None) -> RemoteEvent | None:
        """What is there is found in the end; what is not there needs no patience."""
        begun = time.monotonic()
        while True:
            found = (connector or self.connector).find(
                mailbox=self.mailbox, key=key, deadline=self.soon()
            )
            if found is not None or not self._waits(begun):
                return found

    def update(self, ref: EventRef, draft: EventDraft) -> RemoteEvent:
        return self.connector.update(
            mailbox=self.mailbox, ref=ref, draft=draft, deadline=self.soon()
        )

    def delete(self, ref: EventRef) -> None:
        self.connector.delete(mailbox=self.mailbox, ref=ref, deadline=self.soon())

    def changes(
        self,
        sync_state: SyncState | None = None,
        known: Mapping[str, str] | None = None,
        window: Period | None = None,
        *,
        until: Callable[[ChangeSet], bool] | None = None,
    ) -> ChangeSet:
        """Without what was in the calendar before. Asked again while ``until`` does not hold."""
        begun = time.monotonic()
        while True:
            found = self.connector.changes(
                mailbox=self.mailbox,
                sync_state=sync_state,
                known=self.others.known | dict(known or {}),
                window=window or self.window,
                deadline=self.soon(),
            )
            told = self._without_others(found)
            if until is None or until(told) or not self._waits(begun):
                return told

    def busy(self) -> list[Period]:
        return sorted(
            one.period for one in self.intervals(self.window) if one.show_as != ShowAs.FREE
        )

    def intervals(self, window: Period) -> list[BusyInterval]:
        """``read_busy`` of this mailbox, without what was there before."""
        answer = self.connector.read_busy(
            mailboxes=[self.mailbox], window=window, deadline=self.soon()
        )
        reading = answer[self.mailbox]
        if isinstance(reading, ConnectorError):
            raise reading
        return self.without_others(reading)

    def without_others(self, reading: BusyReading) -> list[BusyInterval]:
        return list((Counter(reading.intervals) - self.others.intervals).elements())

    def fingerprint(self, window: Period | None = None) -> str:
        if not isinstance(self.connector, Fingerprinting):
            raise NotApplicable("fingerprints")
        found = self.connector.fingerprints(
            mailboxes=[self.mailbox], window=window or self.window, deadline=self.soon()
        )[self.mailbox]
        if isinstance(found, ConnectorError):
            raise found
        if not found:
            raise PromiseBroken("the fingerprint is empty")
        return found

    def meet_others(self) -> bool:
        """Remember what is in the calendar now; whether that was another than before."""
        found = self.connector.changes(
            mailbox=self.mailbox,
            sync_state=None,
            known=self.others.known,
            window=self.window,
            deadline=self.soon(),
        )
        etags = self.others.known | {one.id: one.etag for one in found.changed}
        known = {each: etags.get(each, "") for each in found.listing or ()}
        answer = self.connector.read_busy(
            mailboxes=[self.mailbox], window=self.window, deadline=self.soon()
        )[self.mailbox]
        if isinstance(answer, ConnectorError):
            raise answer
        before, self.others = self.others, Others(known, Counter(answer.intervals))
        return before != self.others

    def _without_others(self, found: ChangeSet) -> ChangeSet:
        theirs = self.others.known.keys()
        return replace(
            found,
            changed=tuple(one for one in found.changed if one.id not in theirs),
            gone=found.gone - theirs,
            listing=None if found.listing is None else found.listing - theirs,
        )

    def _waits(self, begun: float) -> bool:
        """Whether to ask again, after a pause."""
        if time.monotonic() - begun + _PAUSE > self.patience:
            return False
        time.sleep(_PAUSE)
        self.waited = max(self.waited, time.monotonic() - begun)
        return True


def new_key() -> str:
    """A key that no booking and no other run has."""
    return f"conformance-{secrets.token_hex(8)}"
