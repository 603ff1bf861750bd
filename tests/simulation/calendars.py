"""The staff's calendars of one schedule: what is in them, who put it there, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from connectors.contract import (
    BusyInterval,
    BusyReading,
    Capabilities,
    ChangeSet,
    CheckReport,
    EventDraft,
    EventRef,
    Finding,
    MailboxRef,
    Ours,
    Period,
    RemoteEvent,
    ResourceReading,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    SyncStateExpired,
    TryLater,
)

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

T = TypeVar("T")

#: So many events of others stand in each calendar from the start.
FURNITURE = 10
_CAPABILITIES = Capabilities(delta=True)


@dataclass(frozen=True, slots=True)
class Stood:
    """An event as it stands in a calendar. ``since``: when it came to stand like this."""

    event: RemoteEvent
    since: datetime
    touched: bool = False  #: a person put it where it is
    restored: bool = False  #: a person took its deletion back

    @property
    def booking_id(self) -> str:
        return (self.event.key or "").rpartition("-")[0]


class Calendars:
    """The contract, with other actors' turns and faults before and after each effect."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.boxes: dict[str, dict[str, Stood]] = {}
        self.log: list[tuple[str, str]] = []
        self.forgotten = 0  #: sync tokens below this have expired
        self.version = 0  #: rises with every change
        self.own: dict[str, set[tuple[str, str]]] = {}  #: (mailbox, event) by booking
        self.written: set[tuple[str, Period]] = set()  #: (booking, period) that ever stood
        self.moved: set[str] = set()  #: bookings whose events staff put elsewhere
        self.deleted: dict[str, datetime] = {}  #: when staff first deleted a booking's event
        self.down: dict[str, datetime] = {}  #: address → silent until
        self.empty: dict[str, datetime] = {}  #: address → reads empty until
        #: Hears of each event of ours that we have deleted.
        self.binned: Callable[[str, Stood], None] = lambda _address, _stood: None
        self.answered: dict[str, datetime] = {}  #: when the last answered reading was asked for

    def furnish(self, mailboxes: Iterable[MailboxRef]) -> None:
        for mailbox in mailboxes:
            self.boxes[mailbox.address] = {}
            for number in range(FURNITURE):
                start = datetime.fromisoformat("2026-06-03T15:00:00+00:00")
                start += timedelta(hours=number)
                self.put_foreign(mailbox.address, Period(start, start + timedelta(minutes=30)))

    def like(self, other: Calendars) -> None:
        """Begin with what stands in ``other``."""
        self.boxes = {address: dict(box) for address, box in other.boxes.items()}
        self.log = list(other.log)
        self.version = other.version
        self.answered = dict(other.answered)

    # What people do.

    def put_foreign(self, address: str, period: Period) -> str:
        event_id = f"foreign-{self.version}"
        event = RemoteEvent(ref=EventRef(event_id, ""), period=period)
        self.store(address, event, touched=True)
        return event_id

    def move(self, address: str, event_id: str, period: Period) -> None:
        old = self.boxes[address][event_id]
        self.moved.add(old.booking_id)
        self.store(address, replace(old.event, period=period), touched=True, restored=old.restored)

    def edit(self, address: str, event_id: str) -> None:
        old = self.boxes[address][event_id]
        event = replace(old.event, subject=old.event.subject + "!")
        self.store(address, event, touched=old.touched, restored=old.restored)

    def carry(self, address: str, event_id: str, to: str) -> None:
        """Into the calendar of a colleague, where it has another id."""
        old = self.remove(address, event_id)
        self.moved.add(old.booking_id)
        ref = EventRef(f"{event_id}-{self.version}", "")
        self.store(to, replace(old.event, ref=ref), touched=True, restored=old.restored)

    def remove(self, address: str, event_id: str) -> Stood:
        old = self.boxes[address][event_id]
        if old.event.key:
            self.deleted.setdefault(old.booking_id, self._schedule.clock.now)
        self.drop(address, event_id)
        return old

    def put_back(self, address: str, old: Stood) -> None:
        """Undo of a deletion."""
        self.moved.add(old.booking_id)
        self.store(address, old.event, touched=True, restored=True)

    # How it is kept.

    def store(
        self, address: str, event: RemoteEvent, *, touched: bool = False, restored: bool = False
    ) -> RemoteEvent:
        self.version += 1
        event = replace(event, ref=EventRef(event.ref.id, f"v{self.version}"))
        stood = Stood(event, self._schedule.clock.now, touched, restored)
        self.boxes[address][event.ref.id] = stood
        self.log.append((address, event.ref.id))
        self._schedule.changed(address)
        if event.key:
            self.own.setdefault(stood.booking_id, set()).add((address, event.ref.id))
            if event.period is not None:
                self.written.add((stood.booking_id, event.period))
        return event

    def drop(self, address: str, event_id: str) -> None:
        self.version += 1
        old = self.boxes[address].pop(event_id, None)
        self.log.append((address, event_id))
        self._schedule.changed(address)
        if old is not None and old.event.key:
            self.own[old.booking_id].discard((address, event_id))

    def foreign(self, address: str) -> Iterable[Stood]:
        return (each for each in self.boxes[address].values() if not each.event.key)

    # The contract.

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def _call(
        self, name: str, address: str, deadline: Deadline, effect: Callable[[], T], *, writes: bool
    ) -> T:
        schedule = self._schedule
        schedule.switch(name)
        if deadline.passed:
            raise TryLater("the time for this call was over before it began")
        if self.down.get(address, schedule.clock.now) > schedule.clock.now:
            schedule.sleep(min(deadline.remaining(), 5.0))
            raise TryLater("silence", outcome_unknown=writes)
        fault = schedule.fault_of(name, writes)
        if fault is not None and fault.late:
            schedule.later(fault.late, effect)
        if fault is not None and not fault.effect:
            schedule.sleep(min(deadline.remaining(), fault.slow))
            raise fault.error
        answer = effect()
        schedule.switch(f"{name} answers")
        if fault is not None:
            schedule.sleep(min(deadline.remaining(), fault.slow))
            raise fault.error
        return answer

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]:
        raise NotImplementedError("no calendar here can be asked for exact periods")

    def changes(
        self,
        *,
        mailbox: MailboxRef,
        sync_state: SyncState | None,
        known: Mapping[str, str],
        window: Period,
        deadline: Deadline,
    ) -> ChangeSet:
        asked: list[datetime] = []

        def effect() -> ChangeSet:
            asked.append(self._schedule.clock.now)
            return self._changes(mailbox.address, sync_state, window)

        answer = self._call("changes", mailbox.address, deadline, effect, writes=False)
        if answer.listing is not None:
            etags = {key: known[key] for key in known}
            changed = tuple(each for each in answer.changed if etags.get(each.id) != each.etag)
            answer = replace(answer, changed=changed)
        before = self.answered.get(mailbox.address, asked[0])
        self.answered[mailbox.address] = max(before, asked[0])
        self._schedule.looked(mailbox.address, asked[0])
        return answer

    def _changes(self, address: str, sync_state: SyncState | None, window: Period) -> ChangeSet:
        state = SyncState(token=str(len(self.log)), window=window)
        box = self.boxes[address]
        if self.empty.get(address, self._schedule.clock.now) > self._schedule.clock.now:
            if sync_state is not None:
                raise SyncStateExpired("read everything once")
            return ChangeSet((), frozenset(), frozenset(), SyncState("0", window))
        if sync_state is None or sync_state.window != window:
            return ChangeSet(tuple(map(_reading, box.values())), frozenset(), frozenset(box), state)
        since = int(sync_state.token)
        if since < self.forgotten:
            raise SyncStateExpired("the sync state is not known any more: read everything once")
        touched = dict.fromkeys(name for where, name in self.log[since:] if where == address)
        return ChangeSet(
            tuple(_reading(box[name]) for name in touched if name in box),
            frozenset(name for name in touched if name not in box),
            None,
            state,
        )

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        def effect() -> RemoteEvent:
            there = self._of_key(mailbox.address, key)
            if there is not None:
                return there.event
            self._schedule.creating(mailbox.address, draft.period, key)
            return self.store(mailbox.address, _written(draft, key, f"own-{key}"))

        return self._call("create", mailbox.address, deadline, effect, writes=True)

    def get(self, *, mailbox: MailboxRef, event_id: str, deadline: Deadline) -> RemoteEvent:
        def effect() -> RemoteEvent:
            return self._present(mailbox.address, event_id).event

        return self._call("get", mailbox.address, deadline, effect, writes=False)

    def find(self, *, mailbox: MailboxRef, key: str, deadline: Deadline) -> RemoteEvent | None:
        def effect() -> RemoteEvent | None:
            found = self._of_key(mailbox.address, key)
            return None if found is None else found.event

        return self._call("find", mailbox.address, deadline, effect, writes=False)

    def update(
        self, *, mailbox: MailboxRef, ref: EventRef, draft: EventDraft, deadline: Deadline
    ) -> RemoteEvent:
        def effect() -> RemoteEvent:
            old = self._present(mailbox.address, ref.id)
            if ref.etag and old.event.ref.etag != ref.etag:
                raise Conflict("the event was changed meanwhile: read it again")
            self._schedule.creating(mailbox.address, draft.period, old.event.key or "")
            written = _written(draft, old.event.key, ref.id)
            return self.store(mailbox.address, written, restored=old.restored)

        return self._call("update", mailbox.address, deadline, effect, writes=True)

    def delete(self, *, mailbox: MailboxRef, ref: EventRef, deadline: Deadline) -> None:
        def effect() -> None:
            stood = self.boxes[mailbox.address].get(ref.id)
            if stood is None:
                return
            if ref.etag and stood.event.ref.etag != ref.etag:
                raise Conflict("the event was changed meanwhile: read it again")
            self.drop(mailbox.address, ref.id)
            self.binned(mailbox.address, stood)

        self._call("delete", mailbox.address, deadline, effect, writes=True)

    def check(self, *, mailbox: MailboxRef, deadline: Deadline) -> CheckReport:
        names = ("reachable", "readable", "writable", "private_readable", "sync")

        def effect() -> CheckReport:
            return CheckReport(tuple(Finding(name, True) for name in names))

        return self._call("check", mailbox.address, deadline, effect, writes=False)

    def close(self) -> None:
        """Nothing is open."""

    def _present(self, address: str, event_id: str) -> Stood:
        try:
            return self.boxes[address][event_id]
        except KeyError:
            raise EventGone("the event does not exist any more") from None

    def _of_key(self, address: str, key: str) -> Stood | None:
        booking_id = key.rpartition("-")[0]
        for where, event_id in sorted(self.own.get(booking_id, ())):
            if where == address and self.boxes[address][event_id].event.key == key:
                return self.boxes[address][event_id]
        return None


def _written(draft: EventDraft, key: str | None, event_id: str) -> RemoteEvent:
    return RemoteEvent(
        ref=EventRef(event_id, ""),
        period=draft.period,
        key=key,
        reference=draft.reference,
        subject=draft.subject,
        meeting_url=draft.meeting_url,
    )


def _reading(stood: Stood) -> ResourceReading:
    event = stood.event
    intervals: tuple[BusyInterval, ...] = ()
    if event.period is not None:
        ours = Ours.YES if event.key else Ours.NO
        intervals = (BusyInterval(event.period, ours=ours, key=event.key),)
    return ResourceReading(id=event.ref.id, etag=event.ref.etag, intervals=intervals)
