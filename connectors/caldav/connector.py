"""The contract on CalDAV (RFC 4791, RFC 6578), for any server that keeps to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.caldav.check import Check
from connectors.caldav.client import DavClient
from connectors.caldav.events import Events
from connectors.caldav.sync import Reader
from connectors.contract import (
    BusyReading,
    Capabilities,
    ChangeSet,
    CheckReport,
    Connection,
    EventDraft,
    EventRef,
    MailboxRef,
    Period,
    RemoteEvent,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import ConnectorError


def _now() -> datetime:
    return datetime.now(UTC)


class CalDavConnector:
    """One CalDAV server with one account. See ``connectors.contract.Connector``.

    ``MailboxRef.calendar`` is the address of the collection, absolute or relative to the
    connection's ``url``. Ids of events are paths on that server. Raises ValueError where the
    connection cannot be right.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        office_zone: ZoneInfo,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._client = DavClient(connection)
        self._zone = office_zone
        self._clock = clock
        self._trusted: dict[str, bool] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(delta=True, batch_free_busy=1)

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]:
        """Every resource of each calendar, expanded here: a server's own time range and free-busy
        are not to be trusted. ``changes`` does the same for a fraction of the cost."""
        answer: dict[MailboxRef, BusyReading | ConnectorError] = {}
        for mailbox in mailboxes:
            try:
                answer[mailbox] = self._read_busy(mailbox, window, deadline)
            except ConnectorError as error:
                answer[mailbox] = error
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
        return self._reader(mailbox).changes(
            sync_state=sync_state, known=known, window=window, deadline=deadline
        )

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        return self._events(mailbox).create(draft=draft, key=key, deadline=deadline)

    def get(self, *, mailbox: MailboxRef, event_id: str, deadline: Deadline) -> RemoteEvent:
        return self._events(mailbox).get(event_id=event_id, deadline=deadline)

    def find(self, *, mailbox: MailboxRef, key: str, deadline: Deadline) -> RemoteEvent | None:
        return self._events(mailbox).find(key=key, deadline=deadline)

    def update(
        self, *, mailbox: MailboxRef, ref: EventRef, draft: EventDraft, deadline: Deadline
    ) -> RemoteEvent:
        return self._events(mailbox).update(ref=ref, draft=draft, deadline=deadline)

    def delete(self, *, mailbox: MailboxRef, ref: EventRef, deadline: Deadline) -> None:
        self._events(mailbox).delete(ref=ref, deadline=deadline)

    def check(self, *, mailbox: MailboxRef, deadline: Deadline) -> CheckReport:
        path = self._client.collection(mailbox)
        # The self test is taken anew: a check is asked for when something has changed.
        self._trusted.pop(path, None)
        check = Check(
            self._client,
            path,
            events=self._events(mailbox),
            reader=self._reader(mailbox),
            clock=self._clock,
        )
        return check.run(deadline)

    def close(self) -> None:
        self._client.close()

    def _events(self, mailbox: MailboxRef) -> Events:
        path = self._client.collection(mailbox)
        return Events(self._client, path, office_zone=self._zone, clock=self._clock)

    def _reader(self, mailbox: MailboxRef) -> Reader:
        path = self._client.collection(mailbox)
        return Reader(self._client, path, office_zone=self._zone, trusted=self._trusted)

    def _read_busy(self, mailbox: MailboxRef, window: Period, deadline: Deadline) -> BusyReading:
        found = self.changes(
            mailbox=mailbox, sync_state=None, known={}, window=window, deadline=deadline
        )
        intervals = (one for reading in found.changed for one in reading.intervals)
        return BusyReading(
            intervals=tuple(one for one in intervals if one.period.overlaps(window)),
            understood=all(reading.understood for reading in found.changed),
            warnings=tuple(
                dict.fromkeys(text for reading in found.changed for text in reading.warnings)
            ),
        )
