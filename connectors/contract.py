"""What Rantevou asks of a calendar system: the words, the values and the one Protocol.

Words:

*mailbox*      the address of a person or a team whose calendar we read and write.
*calendar*     where in the provider that mailbox's appointments stand (CalDAV: collection URL;
               Graph: empty for the mailbox's own calendar).
*period*       half-open stretch of time, aware datetimes in UTC (RFC 5545, 3.3.9 "PERIOD").
*resource*     what the calendar stores under one id: an event or a whole series (RFC 4791, 4.1).
*busy interval* one occurrence of a resource, with the way it is shown.
*event draft*  what we want to write; *remote event*: what the calendar says it holds.
*event ref*    id and version tag (ETag, changeKey) of a remote event.
*key*          the name of one attempt to place a booking; the same key always means the same event.
*sync state*   opaque token of the provider plus the window it was taken for.

Everything unknown counts as busy. All times that cross this border are UTC.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from connectors.deadline import Deadline
from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Half-open ``[start, end)`` in UTC, both aware. Raises ValueError for naive or empty ones."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a period needs aware datetimes")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError("a period ends after it starts")

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


class ShowAs(enum.StrEnum):
    """How an occurrence is shown to others (Graph ``freeBusyStatus``; RFC 5545 TRANSP, STATUS)."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "out_of_office"
    WORKING_ELSEWHERE = "working_elsewhere"


class Ours(enum.StrEnum):
    """Whether we wrote the event; UNKNOWN where the provider's answer carries no ids."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BusyInterval:
    """One occurrence. ``certain`` is False where its place in time was guessed (unknown TZID):
    whoever offers then blocks the whole local days that it touches."""

    period: Period
    show_as: ShowAs = ShowAs.BUSY
    all_day: bool = False
    ours: Ours = Ours.NO
    key: str | None = None  #: our key, where ``ours`` is YES
    certain: bool = True


@dataclass(frozen=True, slots=True)
class MailboxRef:
    """A mailbox as a connector needs it."""

    address: str
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a calendar system. ``secret`` never appears in ``repr``."""

    provider: str  #: name in the registry: "memory", "caldav", "graph"
    url: str = ""
    user: str = ""
    secret: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventRef:
    id: str
    etag: str


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What we write into a staff calendar. Never an attendee, never contact data of the citizen."""

    period: Period
    subject: str
    body: str
    reference: str  #: booking reference, kept in the event so that a lost store can be rebuilt
    about: str = ""  #: kept beside it for the same reason; opaque here, nothing personal
    location: str = ""
    link: str = ""  #: absolute URL of the staff page of this booking
    meeting_url: str = ""  #: join address for staff, where the meeting is not the provider's own
    wants_meeting: bool = (
        False  #: ask the provider for an online meeting (capability meeting_links)
    )
    private: bool = True
    sequence: int = 0
    categories: tuple[str, ...] = ()
    #: First words of lines of ours that are to be forgotten. Where there are any, an update changes
    #: text and nothing else: time and the way it is shown stay, and so does what people wrote; but
    #: our former text goes wherever it stands, even where that ends an online meeting.
    forgets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """What the calendar holds now. ``period`` is None where the event occupies no time."""

    ref: EventRef
    period: Period | None
    key: str | None = None
    reference: str | None = None
    show_as: ShowAs = ShowAs.BUSY
    all_day: bool = False
    recurring: bool = False
    cancelled: bool = False
    subject: str = ""
    meeting_url: str = ""
    categories: tuple[str, ...] = ()  #: RFC 5545, 3.8.1.2 CATEGORIES; Graph ``categories``
    about: str = ""  #: of the draft it was written from
    body: str = field(default="", repr=False)  #: our text of it, whatever a person wrote around it


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where reading stopped. ``token`` is opaque (may be empty: then always full comparison)."""

    token: str
    window: Period


@dataclass(frozen=True, slots=True)
class ResourceReading:
    """One resource, read and expanded.

    ``intervals`` of a series cover the window asked for; those of a single event are complete
    whatever the window, so that they stay valid when the window moves on.
    ``understood`` False: the calendar is degraded until the resource changes or is accepted.
    """

    id: str
    etag: str
    intervals: tuple[BusyInterval, ...] = ()
    recurring: bool = False
    understood: bool = True
    warnings: tuple[str, ...] = ()  #: codes and rule names, never content of the event


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Answer of ``changes``.

    ``listing`` is the set of all live resource ids after a full comparison, else None; what is
    stored and not listed is gone. Without a listing, ``gone`` names what went.
    """

    changed: tuple[ResourceReading, ...]
    gone: frozenset[str]
    listing: frozenset[str] | None
    sync_state: SyncState


@dataclass(frozen=True, slots=True)
class BusyReading:
    """Answer of ``read_busy`` for one mailbox."""

    intervals: tuple[BusyInterval, ...]
    understood: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check. ``remedy`` says exactly what an administrator does, empty if ``ok``."""

    name: str  #: "reachable", "readable", "writable", "private_readable", "meeting_link", …
    ok: bool
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    findings: tuple[Finding, ...]

    @property
    def readable(self) -> bool:
        return self._ok("readable")

    @property
    def writable(self) -> bool:
        return self._ok("writable")

    def _ok(self, name: str) -> bool:
        return any(finding.ok for finding in self.findings if finding.name == name)

    def keeps_private(self) -> bool:
        """True where an event of class PRIVATE could be read back by our account."""
        return self._ok("private_readable")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a calendar system can do; code and tests ask these, never a provider's name."""

    push: bool = False  #: ``connectors.abilities.Pushing``
    delta: bool = False
    meeting_links: bool = False
    batch_free_busy: int = 1  #: mailboxes per ``read_busy`` request
    working_hours: bool = False  #: ``connectors.abilities.WorkingHoursTelling``
    fingerprints: int = 0  #: mailboxes per request of ``Fingerprinting``; 0: not offered
    #: ``read_busy`` of one mailbox for a short window is one cheap request, exact at that moment.
    exact_periods: bool = False
    #: ``changes`` tells of resources within the window only; what lies outside is not listed.
    bounded: bool = False
    mail: bool = False  #: ``connectors.abilities.MailSending``
    secure_meetings: bool = False  #: ``connectors.abilities.MeetingSecuring``
    conditional_create: bool = True  #: a repeated ``create`` is refused or recognised by the server


@runtime_checkable
class Connector(Protocol):
    """One connection to one calendar system. Safe to share between threads; usable after a fork.

    Nothing is opened before the first call. Every method keeps its ``deadline`` in total.
    Any method may raise TryLater, NotAuthorised, MailboxNotFound; further errors are named.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]:
        """Busy intervals of each mailbox that overlap ``window``, series expanded.

        An error of one mailbox is its value in the answer; it never hides the others.
        """
        ...

    def changes(
        self,
        *,
        mailbox: MailboxRef,
        sync_state: SyncState | None,
        known: Mapping[str, str],
        window: Period,
        deadline: Deadline,
    ) -> ChangeSet:
        """What changed since ``sync_state`` (RFC 6578), or a full comparison without one.

        ``known`` maps the ids of stored resources to their etags: a full comparison reads only
        resources whose etag differs. Leave out of it what must be expanded anew (series, when
        the window moved). Raises SyncStateExpired.
        """
        ...

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        """Write the event of ``key``, or return it if it is there already: however often it is
        sent, there is one event. Raises Conflict (the place is taken by a foreign event), Rejected.
        """
        ...

    def get(self, *, mailbox: MailboxRef, event_id: str, deadline: Deadline) -> RemoteEvent:
        """Raises EventGone."""
        ...

    def find(self, *, mailbox: MailboxRef, key: str, deadline: Deadline) -> RemoteEvent | None:
        """The event of ``key``, wherever in this calendar it is now; None if there is none."""
        ...

    def update(
        self, *, mailbox: MailboxRef, ref: EventRef, draft: EventDraft, deadline: Deadline
    ) -> RemoteEvent:
        """Change the event in place, only if it still has ``ref.etag``. Keeps what a person added.
        Raises Conflict, EventGone, Rejected."""
        ...

    def delete(self, *, mailbox: MailboxRef, ref: EventRef, deadline: Deadline) -> None:
        """Remove the event if it still has ``ref.etag`` (an empty etag: whatever it is now).
        "Already gone" is success. Raises Conflict."""
        ...

    def check(self, *, mailbox: MailboxRef, deadline: Deadline) -> CheckReport:
        """Try what the product needs (read, write, read back, a private event too) and clean up."""
        ...

    def close(self) -> None:
        """Give up open connections; the connector stays usable."""
        ...
