"""The contract on Microsoft Graph: calendars, Teams meetings, subscriptions, mail, hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.abilities import Subscription, WorkingHours
from connectors.contract import Capabilities, CheckReport, Connection, MailboxRef
from connectors.deadline import Deadline
from connectors.gate import Gate
from connectors.graph import ahead, mail
from connectors.graph.calendars import Calendars
from connectors.graph.check import Check
from connectors.graph.client import GraphClient
from connectors.graph.credentials import credential_for
from connectors.graph.hours import Hours
from connectors.graph.meetings import Meetings
from connectors.graph.schedule import GROUP
from connectors.graph.subscriptions import Subscriptions


def _now() -> datetime:
    return datetime.now(UTC)


class GraphConnector(Calendars):
    """One application of one tenant. See ``connectors.contract.Connector`` and ``abilities``.

    ``MailboxRef.address`` is the user principal name, ``MailboxRef.calendar`` a Graph calendar id
    (empty: the mailbox's own calendar). Raises ValueError where the connection cannot be right.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        office_zone: ZoneInfo,
        gate: Gate | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._graph = GraphClient(connection, gate=gate, clock=clock)
        super().__init__(self._graph, office_zone=office_zone)
        settings = self._graph.settings
        ahead.load()
        if settings.certificate and settings.client_id:
            # A certificate that cannot be read is told now, not when a citizen waits.
            credential_for(settings).close()
        self._meetings = Meetings(self._graph)
        self._subscriptions = Subscriptions(self._graph)
        self._hours = Hours(self._graph, office_zone=office_zone, clock=clock)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            push=True,
            delta=True,
            meeting_links=True,
            batch_free_busy=GROUP,
            working_hours=True,
            fingerprints=GROUP,
            exact_periods=True,
            bounded=True,
            mail=True,
            secure_meetings=self._graph.settings.meeting_options,
        )

    def check(self, *, mailbox: MailboxRef, deadline: Deadline) -> CheckReport:
        return Check(self, self._graph, self._meetings, mailbox).run(deadline)

    def working_hours(self, *, mailbox: MailboxRef, deadline: Deadline) -> WorkingHours | None:
        return self._hours.of(mailbox, deadline=deadline)

    def send_mail(self, *, sender: str, mime: bytes, deadline: Deadline) -> None:
        mail.send_mail(self._graph, sender=sender, mime=mime, deadline=deadline)

    def secure_meeting(self, *, mailbox: MailboxRef, meeting_url: str, deadline: Deadline) -> None:
        self._meetings.secure(mailbox=mailbox, meeting_url=meeting_url, deadline=deadline)

    def subscriptions(self, *, deadline: Deadline) -> tuple[Subscription, ...]:
        return self._subscriptions.all(deadline=deadline)

    def subscribe(
        self,
        *,
        mailbox: MailboxRef,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        deadline: Deadline,
    ) -> Subscription:
        return self._subscriptions.create(
            mailbox=mailbox,
            notification_url=notification_url,
            lifecycle_url=lifecycle_url,
            client_state=client_state,
            expires_at=expires_at,
            deadline=deadline,
        )

    def renew(
        self, *, subscription_id: str, expires_at: datetime, deadline: Deadline
    ) -> Subscription:
        return self._subscriptions.renew(
            subscription_id=subscription_id, expires_at=expires_at, deadline=deadline
        )

    def unsubscribe(self, *, subscription_id: str, deadline: Deadline) -> None:
        self._subscriptions.remove(subscription_id=subscription_id, deadline=deadline)

    def close(self) -> None:
        self._graph.close()
