"""The other side of calendars in memory: what staff, servers and accidents do."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from connectors.contract import BusyInterval, MailboxRef, Ours, Period, RemoteEvent, ShowAs
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, MailboxNotFound, SyncStateExpired, TryLater
from connectors.memory.events import Stored, foreign


@dataclass(frozen=True, slots=True)
class Fault:
    error: ConnectorError
    effect_happened: bool


class Staff:
    """What is stored, by mailbox, and whoever may change it but us."""

    def __init__(self) -> None:
        self.requests: Final[Counter[str]] = Counter()
        self._lock: Final = threading.RLock()
        self._calendars: dict[str, dict[str, Stored]] = {}
        self._log: list[tuple[str, str]] = []  #: (mailbox, resource) in the order of change
        self._forgotten = 0  #: sync tokens below this number have expired
        self._faults: dict[str, list[Fault]] = {}
        self._always: ConnectorError | None = None
        self._lost: set[str] = set()
        self._numbers = itertools.count(1)

    def put_foreign(
        self,
        mailbox: MailboxRef,
        *periods: Period,
        show_as: ShowAs = ShowAs.BUSY,
        all_day: bool = False,
        certain: bool = True,
        understood: bool = True,
    ) -> str:
        """An event of somebody else, a series where several periods are given; returns its id."""
        with self._lock:
            event_id = f"foreign-{next(self._numbers)}"
            stored = foreign(event_id, periods, show_as, all_day, certain, understood)
            self._store(mailbox, stored)
            return event_id

    def change_foreign(
        self, mailbox: MailboxRef, event_id: str, *periods: Period, untold: bool = False
    ) -> None:
        """Give an event (also one of ours) other periods, as an employee who moves it does.

        ``untold``: ``changes`` since a state does not tell of it, as Graph keeps silent about a
        deleted occurrence (docs#4501 of microsoft-graph-docs).
        """
        with self._lock:
            old = self._calendar(mailbox)[event_id]
            sample = old.intervals[0]
            intervals = tuple(replace(sample, period=period) for period in periods)
            event = replace(old.event, period=periods[0], recurring=len(periods) > 1)
            self._store(mailbox, replace(old, event=event, intervals=intervals), untold=untold)

    def show_foreign(self, mailbox: MailboxRef, event_id: str, show_as: ShowAs) -> None:
        """Show an event another way, as an employee who marks it free does."""
        with self._lock:
            old = self._calendar(mailbox)[event_id]
            intervals = tuple(replace(one, show_as=show_as) for one in old.intervals)
            event = replace(old.event, show_as=show_as)
            self._store(mailbox, replace(old, event=event, intervals=intervals))

    def edit(
        self,
        mailbox: MailboxRef,
        event_id: str,
        *,
        all_day: bool = False,
        recurring: bool = False,
        categories: tuple[str, ...] | None = None,
    ) -> None:
        """Change an event as an employee does who opens it, and leave its time as it is."""
        with self._lock:
            old = self._calendar(mailbox)[event_id]
            event = replace(
                old.event,
                all_day=all_day,
                recurring=recurring,
                categories=old.event.categories if categories is None else categories,
            )
            intervals = tuple(replace(one, all_day=all_day) for one in old.intervals)
            self._store(
                mailbox, replace(old, event=event, intervals=intervals, recurring=recurring)
            )

    def restore(self, mailbox: MailboxRef, event: RemoteEvent) -> None:
        """Take an event out of the bin again, or drop it into this calendar."""
        with self._lock:
            if event.period is None:
                raise ValueError("an event without a time takes none")
            own = Ours.YES if event.key else Ours.NO
            interval = BusyInterval(
                event.period, event.show_as, event.all_day, ours=own, key=event.key
            )
            self._store(mailbox, Stored(event, (interval,), recurring=event.recurring))

    def remove(self, mailbox: MailboxRef, event_id: str) -> None:
        """Delete a resource as an employee does."""
        with self._lock:
            self._drop(mailbox, event_id)

    def events(self, mailbox: MailboxRef) -> tuple[RemoteEvent, ...]:
        with self._lock:
            return tuple(item.event for item in self._calendar(mailbox).values())

    def fail_next(
        self, operation: str, error: ConnectorError, *, effect_happened: bool = False
    ) -> None:
        """Let the next call of the method named ``operation`` raise ``error``.

        ``effect_happened``: the write is done all the same, only its answer is lost.
        """
        with self._lock:
            self._faults.setdefault(operation, []).append(Fault(error, effect_happened))

    def fail_always(self, error: ConnectorError | None) -> None:
        """Let every request raise ``error`` from now on; None: they are answered again."""
        with self._lock:
            self._always = error

    def lose_mailbox(self, mailbox: MailboxRef) -> None:
        with self._lock:
            self._lost.add(mailbox.address)

    def expire_sync_states(self) -> None:
        with self._lock:
            self._log.append(("", ""))
            self._forgotten = len(self._log)

    # Inside.

    def _begin(self, operation: str, deadline: Deadline) -> Fault | None:
        if deadline.passed:
            raise TryLater("the time for this call was over before it began")
        with self._lock:
            self.requests[operation] += 1
            if self._always is not None:
                raise self._always
            waiting = self._faults.get(operation)
            if not waiting:
                return None
            fault = waiting.pop(0)
        if not fault.effect_happened:
            raise fault.error
        return fault

    def _calendar(self, mailbox: MailboxRef) -> dict[str, Stored]:
        if mailbox.address in self._lost:
            raise MailboxNotFound("the calendar does not exist")
        return self._calendars.setdefault(mailbox.address, {})

    def _present(self, mailbox: MailboxRef, event_id: str) -> Stored:
        try:
            return self._calendar(mailbox)[event_id]
        except KeyError:
            raise EventGone("the event does not exist any more") from None

    def _of_key(self, mailbox: MailboxRef, key: str) -> Stored | None:
        found = (item for item in self._calendar(mailbox).values() if item.event.key == key)
        return next(found, None)

    def _store(self, mailbox: MailboxRef, stored: Stored, *, untold: bool = False) -> Stored:
        ref = replace(stored.event.ref, etag=f"v{next(self._numbers)}")
        stored = replace(stored, event=replace(stored.event, ref=ref))
        self._calendar(mailbox)[ref.id] = stored
        if not untold:
            self._log.append((mailbox.address, ref.id))
        return stored

    def _drop(self, mailbox: MailboxRef, event_id: str) -> None:
        self._calendar(mailbox).pop(event_id, None)
        self._log.append((mailbox.address, event_id))

    def _since(self, mailbox: MailboxRef, token: str) -> set[str]:
        if not token.isdecimal() or not self._forgotten <= int(token) <= len(self._log):
            raise SyncStateExpired("the sync state is not known any more: read everything once")
        return {name for address, name in self._log[int(token) :] if address == mailbox.address}
