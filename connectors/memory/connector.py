"""The contract in its simplest true form: calendars in memory, with faults on request."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.contract import (
    BusyReading,
    Capabilities,
    ChangeSet,
    CheckReport,
    EventDraft,
    EventRef,
    Finding,
    MailboxRef,
    Period,
    RemoteEvent,
    ShowAs,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    SyncStateExpired,
    TryLater,
)
from connectors.memory.events import (
    Stored,
    differs,
    fingerprint,
    foreign,
    reading,
    within,
    written,
)


@dataclass(frozen=True, slots=True)
class _Fault:
    error: ConnectorError
    effect_happened: bool


class MemoryConnector:
    """Calendars that live as long as the object. Every mailbox exists until it is closed off.

    Besides the contract it offers what a test or a demonstration does from the other side:
    ``put_foreign``, ``change_foreign``, ``remove``, ``fail_next``, ``fail_always``,
    ``lose_mailbox``, ``expire_sync_states``, ``events``; ``requests`` counts by method.
    The arguments switch capabilities on.
    """

    def __init__(
        self, *, fingerprints: int = 0, exact_periods: bool = False, bounded: bool = False
    ) -> None:
        self.requests: Final[Counter[str]] = Counter()
        self._capabilities: Final = Capabilities(
            delta=True,
            meeting_links=False,
            fingerprints=fingerprints,
            exact_periods=exact_periods,
            bounded=bounded,
        )
        self._always: ConnectorError | None = None
        self._lock: Final = threading.RLock()
        self._calendars: dict[str, dict[str, Stored]] = {}
        self._log: list[tuple[str, str]] = []  #: (mailbox, resource) in the order of change
        self._forgotten = 0  #: sync tokens below this number have expired
        self._faults: dict[str, list[_Fault]] = {}
        self._lost: set[str] = set()
        self._numbers = itertools.count(1)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    # The other side: what staff, servers and accidents do.

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
            self._faults.setdefault(operation, []).append(_Fault(error, effect_happened))

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

    # The contract.

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]:
        self._begin("read_busy", deadline)
        answer: dict[MailboxRef, BusyReading | ConnectorError] = {}
        for mailbox in mailboxes:
            try:
                with self._lock:
                    readings = [reading(item, window) for item in self._calendar(mailbox).values()]
            except ConnectorError as error:
                answer[mailbox] = error
                continue
            intervals = [one for reading in readings for one in reading.intervals]
            answer[mailbox] = BusyReading(
                intervals=tuple(one for one in intervals if one.period.overlaps(window)),
                understood=all(reading.understood for reading in readings),
            )
        return answer

    def changes(
        self,
        *,
        mailbox: MailboxRef,
        sync_state: SyncState | None,
        known: Mapping[str, str],
        window: Period,
        deadline: Deadline,
    ) -> ChangeSet:
        self._begin("changes", deadline)
        with self._lock:
            calendar = self._calendar(mailbox)
            bounded = self._capabilities.bounded
            state = SyncState(token=str(len(self._log)), window=window)
            touched: set[str] = set()
            full = sync_state is None or not _covers(sync_state.window, window)
            if sync_state is not None and not full:
                touched = self._since(mailbox, sync_state.token)
            if full or (bounded and touched):
                listed = [item for item in calendar.values() if not bounded or within(item, window)]
                return ChangeSet(
                    changed=tuple(reading(item, window) for item in listed if differs(item, known)),
                    gone=frozenset(),
                    listing=frozenset(item.event.ref.id for item in listed),
                    sync_state=state,
                )
            return ChangeSet(
                changed=tuple(reading(calendar[name], window) for name in touched & set(calendar)),
                gone=frozenset(touched - set(calendar)),
                listing=None,
                sync_state=state,
            )

    def fingerprints(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, str | ConnectorError]:
        """See ``connectors.abilities.Fingerprinting``."""
        answer: dict[MailboxRef, str | ConnectorError] = {}
        size = self._capabilities.fingerprints or 1
        for start in range(0, len(mailboxes), size):
            self._begin("fingerprints", deadline)
            for mailbox in mailboxes[start : start + size]:
                try:
                    with self._lock:
                        answer[mailbox] = fingerprint(self._calendar(mailbox).values(), window)
                except ConnectorError as error:
                    answer[mailbox] = error
        return answer

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        fault = self._begin("create", deadline)
        with self._lock:
            stored = self._of_key(mailbox, key)
            if stored is None:
                stored = self._store(mailbox, written(draft, key, f"own-{key}"))
        return _answer(stored.event, fault)

    def get(self, *, mailbox: MailboxRef, event_id: str, deadline: Deadline) -> RemoteEvent:
        self._begin("get", deadline)
        with self._lock:
            return self._present(mailbox, event_id).event

    def find(self, *, mailbox: MailboxRef, key: str, deadline: Deadline) -> RemoteEvent | None:
        self._begin("find", deadline)
        with self._lock:
            stored = self._of_key(mailbox, key)
            return None if stored is None else stored.event

    def update(
        self, *, mailbox: MailboxRef, ref: EventRef, draft: EventDraft, deadline: Deadline
    ) -> RemoteEvent:
        fault = self._begin("update", deadline)
        with self._lock:
            old = self._present(mailbox, ref.id)
            stored = written(draft, old.event.key, ref.id)
            if not ref.etag or old.event.ref.etag == ref.etag:
                stored = self._store(mailbox, stored)
            elif replace(old.event, ref=stored.event.ref) == stored.event:
                stored = old  # the answer to the same update was lost before
            else:
                raise Conflict("the event was changed meanwhile: read it again")
        return _answer(stored.event, fault)

    def delete(self, *, mailbox: MailboxRef, ref: EventRef, deadline: Deadline) -> None:
        fault = self._begin("delete", deadline)
        with self._lock:
            stored = self._calendar(mailbox).get(ref.id)
            if stored is not None:
                if ref.etag and stored.event.ref.etag != ref.etag:
                    raise Conflict("the event was changed meanwhile: read it again")
                self._drop(mailbox, ref.id)
        if fault is not None:
            raise fault.error

    def check(self, *, mailbox: MailboxRef, deadline: Deadline) -> CheckReport:
        names = ("reachable", "readable", "writable", "private_readable", "sync")
        try:
            self._begin("check", deadline)
            with self._lock:
                self._calendar(mailbox)
        except ConnectorError as error:
            remedy = "Name a mailbox that exists in the mapping file."
            return CheckReport(tuple(Finding(name, False, str(error), remedy) for name in names))
        return CheckReport(tuple(Finding(name, True) for name in names))

    def close(self) -> None:
        """Nothing is open."""

    # Inside.

    def _begin(self, operation: str, deadline: Deadline) -> _Fault | None:
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


_SHARED: Final[dict[str, MemoryConnector]] = {}
_SHARING: Final = threading.Lock()


def shared(url: str) -> MemoryConnector:
    """The one memory connector of this name in this process: web and worker see the same."""
    with _SHARING:
        return _SHARED.setdefault(url, MemoryConnector())


def _covers(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _answer(event: RemoteEvent, fault: _Fault | None) -> RemoteEvent:
    if fault is not None:
        raise fault.error
    return event
