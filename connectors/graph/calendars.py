"""The calendar half of the contract on Microsoft Graph; ``connector`` adds check, push and mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from connectors.contract import (
    BusyReading,
    ChangeSet,
    EventDraft,
    EventRef,
    MailboxRef,
    Period,
    RemoteEvent,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, Unsupported
from connectors.graph.client import GraphClient
from connectors.graph.creating import Creator
from connectors.graph.events import Events
from connectors.graph.place import Place
from connectors.graph.reading import Reader
from connectors.graph.schedule import Schedules
from connectors.graph.sent import Sent


class Calendars:
    """Calendars of one application. Methods as in ``connectors.contract.Connector``."""

    def __init__(self, client: GraphClient, *, office_zone: ZoneInfo) -> None:
        self._client = client
        self._zone = office_zone
        self._sent = Sent()
        self._schedules = Schedules(self._place, office_zone=office_zone)

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]:
        """One mailbox: exact, with our keys. Several: without ids, twenty in a request.

        A calendar that is not its mailbox's own one is always read by itself.
        """
        together = [mailbox for mailbox in mailboxes if not mailbox.calendar]
        if len(together) < 2:
            together = []
        answer: dict[MailboxRef, BusyReading | ConnectorError] = {}
        answer |= self._schedules.busy(together, window, deadline)
        for mailbox in mailboxes:
            if mailbox not in answer:
                try:
                    answer[mailbox] = self._reader(mailbox).busy(window, deadline)
                except ConnectorError as error:
                    answer[mailbox] = error
        return answer

    def fingerprints(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, str | ConnectorError]:
        """See ``connectors.abilities.Fingerprinting``."""
        own = [mailbox for mailbox in mailboxes if not mailbox.calendar]
        answer: dict[MailboxRef, str | ConnectorError] = {
            mailbox: Unsupported("only the mailbox's own calendar can be looked at together")
            for mailbox in mailboxes
            if mailbox.calendar
        }
        return answer | self._schedules.fingerprints(own, window, deadline)

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
        place = self._place(mailbox)
        events = Events(place, office_zone=self._zone)
        return Creator(place, events, self._sent).create(draft=draft, key=key, deadline=deadline)

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

    def _place(self, mailbox: MailboxRef) -> Place:
        return Place(self._client, mailbox)

    def _events(self, mailbox: MailboxRef) -> Events:
        return Events(self._place(mailbox), office_zone=self._zone)

    def _reader(self, mailbox: MailboxRef) -> Reader:
        return Reader(self._place(mailbox), office_zone=self._zone)
