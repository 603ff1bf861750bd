"""The contract in its simplest true form: calendars in memory, with faults on request."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
)
from connectors.memory.events import (
    differs,
    fingerprint,
    reading,
    within,
    without,
    written,
)
from connectors.memory.staff import Fault, Staff


class MemoryConnector(Staff):
    """Calendars that live as long as the object. Every mailbox exists until it is closed off.

    Besides the contract it offers what a test or a demonstration does from the other side:
    ``put_foreign``, ``change_foreign``, ``remove``, ``fail_next``, ``fail_always``,
    ``lose_mailbox``, ``expire_sync_states``, ``events``; ``requests`` counts by method.
    The arguments switch capabilities on.
    """

    def __init__(
        self, *, fingerprints: int = 0, exact_periods: bool = False, bounded: bool = False
    ) -> None:
        super().__init__()
        self._capabilities: Final = Capabilities(
            delta=True,
            meeting_links=False,
            fingerprints=fingerprints,
            exact_periods=exact_periods,
            bounded=bounded,
        )

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

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
            if draft.forgets:
                stored = without(old, draft)
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


_SHARED: Final[dict[str, MemoryConnector]] = {}
_SHARING: Final = threading.Lock()


def shared(url: str) -> MemoryConnector:
    """The one memory connector of this name in this process: web and worker see the same."""
    with _SHARING:
        return _SHARED.setdefault(url, MemoryConnector())


def _covers(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _answer(event: RemoteEvent, fault: Fault | None) -> RemoteEvent:
    if fault is not None:
        raise fault.error
    return event
