"""What only some calendar systems can do; ``Capabilities`` says whether a connector does.

A connector with the capability implements the Protocol named beside it; nobody asks for a
provider's name. Every method keeps its ``deadline`` in total and may raise TryLater,
NotAuthorised and MailboxNotFound like those of ``connectors.contract.Connector``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol, runtime_checkable

from connectors.contract import MailboxRef, Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError


@runtime_checkable
class Fingerprinting(Protocol):
    """Capability ``fingerprints``: a cheap look at many mailboxes in one request."""

    def fingerprints(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, str | ConnectorError]:
        """A short text for the busy time of each mailbox within ``window``.

        Equal texts for the same window: what takes time there has not changed. Different texts
        say only "read again". An error of one mailbox is its value; it never hides the others.
        Any number of mailboxes may be given; requests take ``Capabilities.fingerprints`` each.
        """
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the provider knows of one subscription of ours (Graph: resource type subscription)."""

    id: str
    expires_at: datetime  #: UTC
    notification_url: str = ""
    lifecycle_url: str = ""
    mailbox: str = ""  #: address or id as the resource names it; "" where it cannot be told


@runtime_checkable
class Pushing(Protocol):
    """Capability ``push``: the provider calls us when a mailbox changes."""

    def subscriptions(self, *, deadline: Deadline) -> tuple[Subscription, ...]:
        """All subscriptions of this account, ours and those of a former life."""
        ...

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
        """Ask to be called at ``notification_url``; the provider calls it before this returns.

        Raises Rejected where the provider does not accept our addresses or could not reach them.
        """
        ...

    def renew(
        self, *, subscription_id: str, expires_at: datetime, deadline: Deadline
    ) -> Subscription:
        """Prolong, and reauthorize where that was asked for. Raises EventGone if it ended."""
        ...

    def unsubscribe(self, *, subscription_id: str, deadline: Deadline) -> None:
        """ "Already gone" is success."""
        ...


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a person works: weekday (0 Monday … 6 Sunday) with local times, in an IANA zone."""

    zone: str
    hours: tuple[tuple[int, time, time], ...]


@runtime_checkable
class WorkingHoursTelling(Protocol):
    """Capability ``working_hours``."""

    def working_hours(self, *, mailbox: MailboxRef, deadline: Deadline) -> WorkingHours | None:
        """None where the person has set none."""
        ...


@runtime_checkable
class MailSending(Protocol):
    """Capability ``mail``: the provider sends mail in the name of a mailbox."""

    def send_mail(self, *, sender: str, mime: bytes, deadline: Deadline) -> None:
        """Hand over one whole message (RFC 5322). Raises TryLater or Rejected."""
        ...


@runtime_checkable
class MeetingSecuring(Protocol):
    """Capability ``secure_meetings``: lobby and recording of an online meeting can be set."""

    def secure_meeting(self, *, mailbox: MailboxRef, meeting_url: str, deadline: Deadline) -> None:
        """Only the organiser admits; no recording, no transcription, none by itself.

        Repeating it does no harm. Raises NotAuthorised where the provider's administrator has not
        granted it (the text names the command), EventGone where there is no such meeting.
        """
        ...
