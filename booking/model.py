"""The values of booking: what is offered, held, booked, and what goes wrong on the way."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.contract import Period
from mapping.model import Channel


class BookingState(enum.StrEnum):
    """States of a booking (house plan, 4); ``held`` is a hold's, before a booking exists."""

    HELD = "held"
    PENDING = "pending"  #: submitted, claim firm, not yet in the calendar
    CONFIRMED = "confirmed"  #: the event was read back
    CANCELLING = "cancelling"  #: cancelled by the citizen; can be undone, claim kept
    CANCELLED = "cancelled"
    CONFLICT = "conflict"  #: the calendar disagrees; a person or the citizen decides
    RELEASED = "released"  #: could not be placed; the citizen was told and offered alternatives
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class Reason(enum.StrEnum):
    """Why a booking is in conflict or released; empty in other states."""

    NONE = ""
    NOT_PLACED = "not_placed"  #: no calendar could take it
    OFFICE_DELETED = "office_deleted"  #: staff deleted its event
    OFFICE_MOVED = "office_moved"  #: staff moved its event to where it cannot be
    CALENDAR_BUSY = "calendar_busy"  #: something else stands over it


@dataclass(frozen=True, slots=True)
class Citizen:
    """Contact details of the person to be served. Encrypted at rest, never logged."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)  #: E.164


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whoever signed in and booked, as the register names them. Encrypted at rest, never logged."""

    name: str = field(repr=False)
    afm: str = field(repr=False)
    for_other: bool = False  #: the appointment is another person's


@dataclass(frozen=True, slots=True)
class Availability:
    """What is offered, and how well it is known. ``slots`` are distinct, in order."""

    slots: tuple[Period, ...]
    readable: int  #: mailboxes of this service and channel that count now
    total: int
    oldest_read_at: datetime | None  #: of the readable ones


@dataclass(frozen=True, slots=True)
class Hold:
    id: str
    service_id: str
    channel: Channel
    period: Period
    expires_at: datetime
    extendable_until: datetime


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A checked submission. Either ``hold_id`` or ``starts_at`` with service and channel."""

    service_id: str
    channel: Channel
    starts_at: datetime
    citizen: Citizen
    answers: Mapping[str, str] = field(repr=False)
    declarations: Mapping[str, str]
    consent_version: str
    language: str  #: "el" or "en"
    hold_id: str | None = None
    applicant: Applicant | None = None  #: None: nobody signed in
    clerk: str = ""  #: staff account that books for a caller or visitor
    network: str | None = field(default=None, repr=False)  #: where the request comes from
    email_proved: bool = False  #: by a code or link that was sent to exactly this mail address


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking as pages, API and messages show it."""

    id: str
    reference: str  #: "K7M-4QX"
    state: BookingState
    municipality: str  #: slug
    service_id: str
    channel: Channel
    period: Period
    citizen: Citizen
    answers: Mapping[str, str] = field(repr=False)
    declarations: Mapping[str, str]
    consent_version: str
    language: str
    mailbox: str  #: address; for staff and admin pages only
    version: int
    sequence: int  #: iCalendar SEQUENCE
    created_at: datetime
    meeting_url: str = field(default="", repr=False)
    pending_period: Period | None = None  #: where a reschedule is on its way
    pending_channel: Channel | None = None  #: by which channel then, where another one
    undo_until: datetime | None = None  #: while cancelling
    reason: Reason = Reason.NONE
    applicant: Applicant | None = None
    clerk: str = ""
    erased_at: datetime | None = None  #: since then nothing personal is known any more
    erase_wanted_at: datetime | None = None  #: the citizen asked for that, and it is not done yet


@dataclass(frozen=True, slots=True)
class Submission:
    """Outcome of ``submit``: confirmed, or pending (we are confirming)."""

    booking: BookingView
    manage_token: str = field(repr=False)
    replayed: bool = False  #: the same key had been submitted before


class BookingError(Exception):
    """Base of what a use case refuses; texts carry no personal data."""


class NotOffered(BookingError):
    """Unknown municipality, service, channel or booking: answer 404."""


class SlotTaken(BookingError):
    """The slot is not free (any more). ``alternatives``: the nearest free ones, at most three."""

    def __init__(self, alternatives: tuple[Period, ...] = ()) -> None:
        super().__init__("this slot is not free any more; choose another one")
        self.alternatives = alternatives


class TooManyHolds(BookingError):
    """This network keeps as many slots as one may; book one, or wait until some are free again."""


class HoldLapsed(BookingError):
    """The hold is unknown or has expired; choose the slot again."""


class KeyReused(BookingError):
    """The idempotency key was used with another body."""


class SignInRequired(BookingError):
    """This service is booked by whoever has signed in, and by nobody else."""


class EmailUnproved(BookingError):
    """Nobody has signed in, and that the mail address is theirs has not been proved."""


class ConsentStale(BookingError):
    """The text that was accepted is not the current one; show the current one."""


class TooManyTries(BookingError):
    """Something that only the citizen knows was guessed too often; wait an hour."""


class EarlierIsFree(BookingError):
    """There is no need to wait: these earlier times are free now. At most three."""

    def __init__(self, slots: tuple[Period, ...]) -> None:
        super().__init__("earlier times are free now: choose one of them")
        self.slots = slots


class TooMany(enum.StrEnum):
    """Which limit of ``mapping.model.FairAccess`` is reached."""

    OF_PERSON = "person"  #: appointments ahead, all services together
    OF_SERVICE = "service"  #: appointments ahead of this service
    OF_NETWORK = "network"  #: bookings of this day from one network


class TooManyBookings(BookingError):
    """As much is booked as one may: change or cancel one, or call the office. ``again_at``: when
    the network may book again; None where it is not a matter of time."""

    def __init__(self, kind: TooMany, most: int, again_at: datetime | None = None) -> None:
        super().__init__(f"as much is booked as one {kind.value} may: {most}")
        self.kind = kind
        self.most = most
        self.again_at = again_at


class FieldErrors(BookingError):
    """One message per field, in the two languages (``mapping.answers``)."""

    def __init__(self, errors: Mapping[str, object]) -> None:
        super().__init__("some fields need attention")
        self.errors = errors


class WrongState(BookingError):
    """The booking's state does not allow this (for example, cancelling what is cancelled)."""
