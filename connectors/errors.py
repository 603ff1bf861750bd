"""Errors of a calendar, sorted by what the caller can do about them.

ConnectorError
├── TryLater            wait (``retry_after``) and repeat; ``outcome_unknown`` says whether the
│                       request may have taken effect: then look (``find``) before anything else
├── NotAuthorised       an administrator must act: credentials or rights
├── MailboxNotFound     an administrator must act: the mapping names a calendar that is not there
├── EventGone           the event is not there any more: read again, decide
├── Conflict            the event is there in another version, or the key is taken: read again
├── SyncStateExpired    forget the sync state and read everything once
├── Unsupported         this calendar cannot do that; ask its capabilities first
└── Rejected            the calendar refused the content; repeating is useless, a person must look
"""

from __future__ import annotations


class ConnectorError(Exception):
    """Base of every error of a connector. The text is for administrators: no personal data."""

    #: True where the request may have taken effect although no answer arrived.
    outcome_unknown: bool = False


class TryLater(ConnectorError):
    """Time-out, throttling, connection failure or server error: the same call may work later.

    Retry after ``retry_after`` seconds where the server named a time, else by the caller's own
    schedule. After an ``outcome_unknown`` write, ``find`` the key before the next step.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, outcome_unknown: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class NotAuthorised(ConnectorError):
    """Credentials refused or rights missing (401, 403). Retrying is useless until a person acts."""


class MailboxNotFound(ConnectorError):
    """The mailbox or calendar does not exist (any more)."""


class EventGone(ConnectorError):
    """The event behind this reference does not exist (any more)."""


class Conflict(ConnectorError):
    """Somebody changed the event meanwhile (412), or the key belongs to something else."""


class SyncStateExpired(ConnectorError):
    """The sync state is not valid any more: one full read, then go on from its new state."""


class Unsupported(ConnectorError):
    """The calendar does not offer this operation."""


class Rejected(ConnectorError):
    """The calendar refused the content for good (400, 415, 422): do not repeat."""
