"""The values of messages: what kind of mail, the links in it, and the finished mail."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

from mapping.model import Channel, Municipality, Service


class MessageKind(enum.StrEnum):
    """Why a citizen gets a mail."""

    CONFIRMATION = "confirmation"  #: the event stands in the calendar
    CHANGED = "changed"  #: other time, or other details at the same time
    CANCELLED = "cancelled"
    CANCEL_UNDONE = "cancel_undone"
    RELEASED = "released"  #: could not be placed: apology with alternatives
    MEETING_READY = "meeting_ready"  #: the link of the teleconference is there, later than the rest
    OFFICE_MOVED = "office_moved"  #: staff moved it: old and new time
    OFFICE_CANCELLED = "office_cancelled"  #: staff deleted it: apology with alternatives
    OFFICE_CONFLICT = "office_conflict"  #: something is in its way: alternatives, or wait
    OFFICE_RESTORED = "office_restored"  #: nothing is in its way any more
    MEETING_MISSING = "meeting_missing"  #: there is none: the office will be in touch
    REMINDER = "reminder"  #: it is soon: what to bring, what to check again
    EARLIER = "earlier"  #: an earlier time is kept for whoever waits for one
    FOLLOW_UP = "follow_up"  #: it is over: what the service says afterwards


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute URLs on the public origin; an empty one is left out of the mail.

    All but ``book_again`` carry the token that opens this booking, so they stay out of ``repr``.
    """

    manage: str = field(repr=False)
    reschedule: str = field(repr=False)
    cancel: str = field(repr=False)
    join: str = field(default="", repr=False)
    book_again: str = ""

    @property
    def host(self) -> str:
        """Host of the public origin: the right-hand side of Message-ID and UID."""
        return urlsplit(self.manage or self.book_again).hostname or "localhost"


def links_for(
    *, public_url: str, token: str, municipality: Municipality, service: Service, channel: Channel
) -> Links:
    """The links of one booking, as the web package routes them."""
    origin = public_url.rstrip("/")
    manage = f"{origin}/r/{quote(token, safe='')}"
    return Links(
        manage=manage,
        reschedule=f"{manage}/reschedule",
        cancel=f"{manage}/cancel",
        join=f"{manage}/join" if channel is Channel.TELECONFERENCE else "",
        book_again=f"{origin}/d/{quote(municipality.slug)}/{quote(service.key)}",
    )


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A finished mail. Addresses are checked, every header value is a single line."""

    message_id: str  #: with angle brackets; the same however often the mail is rendered
    sender: str
    sender_name: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    calendar: bytes | None = field(repr=False)
    calendar_method: str | None  #: "REQUEST" or "CANCEL", equal to METHOD in ``calendar``
    language: str
    stamp: datetime | None = None  #: becomes the Date header
    reply_to: str = ""  #: where answers are read, if not at the sender's
