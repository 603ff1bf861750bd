"""Turns a booking and the reason for writing into a finished mail: text, HTML and calendar file."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from booking.messages.around import reminder_ahead
from booking.messages.content import content
from booking.messages.invite import Method, calendar_file
from booking.messages.model import Links, MessageKind, OutgoingMail
from booking.messages.occasion import Occasion
from booking.messages.parts import Content
from booking.messages.plain import address, line
from booking.model import BookingView
from connectors.contract import Period
from mapping.model import Channel, Municipality, Service

#: Who was never confirmed has nothing in the calendar that a CANCEL could remove.
_METHODS: dict[MessageKind, Method | None] = {
    MessageKind.CONFIRMATION: "REQUEST",
    MessageKind.CHANGED: "REQUEST",
    MessageKind.CANCEL_UNDONE: "REQUEST",
    MessageKind.CANCELLED: "CANCEL",
    MessageKind.RELEASED: None,
    MessageKind.OFFICE_MOVED: "REQUEST",
    MessageKind.OFFICE_CANCELLED: "CANCEL",
    # The appointment itself is as it was.
    MessageKind.MEETING_READY: None,
    MessageKind.MEETING_MISSING: None,
    MessageKind.OFFICE_CONFLICT: None,
    MessageKind.OFFICE_RESTORED: None,
    MessageKind.REMINDER: None,
    MessageKind.EARLIER: None,
    MessageKind.FOLLOW_UP: None,
}
#: Mails that say what holds from then on.
_FROM_NOW_ON = {
    MessageKind.CONFIRMATION,
    MessageKind.CHANGED,
    MessageKind.CANCEL_UNDONE,
    MessageKind.OFFICE_MOVED,
    MessageKind.OFFICE_RESTORED,
}


def render(
    kind: MessageKind,
    *,
    booking: BookingView,
    municipality: Municipality,
    service: Service,
    links: Links,
    stamp: datetime,
    previous: Period | None = None,
    previous_channel: Channel | None = None,
    alternatives: tuple[Period, ...] = (),
    fallback_sender: str = "",
    link_awaited: bool = False,
    until: datetime | None = None,
    last_offer: bool = False,
    apart: str = "",
) -> OutgoingMail:
    """The mail of ``kind`` about ``booking``, in the booking's language.

    ``previous`` and ``previous_channel`` are where, and how, the appointment took place before a
    change; ``alternatives`` are free periods to offer, kept ``until`` then, with ``last_offer``
    the last ones; ``link_awaited``: the meeting's link will follow in another mail; ``apart``
    tells mails of one kind and version from each other. The sender is the mailbox that the
    municipality's provider sends for, else its contact address, else ``fallback_sender``
    (``Settings.mail_from``). Rendered again for the same version of the booking, the mail has the
    same Message-ID.
    Raises ValueError for a sender or recipient that is not one valid address.
    """
    kind = MessageKind(kind)
    sender, answered_at = sender_of(municipality, fallback_sender, links.host)
    method = _METHODS[kind]
    occasion = Occasion(
        kind=kind,
        booking=booking,
        municipality=municipality,
        service=service,
        links=links,
        previous=previous,
        previous_channel=previous_channel,
        alternatives=alternatives,
        answers_read=bool(answered_at),
        has_calendar=method is not None,
        until=until,
        last_offer=last_offer,
        reminded=kind in _FROM_NOW_ON
        and reminder_ahead(service, start=booking.period.start, now=stamp),
        link_awaited=link_awaited or kind is MessageKind.MEETING_MISSING,
    )
    said = content(occasion)
    calendar = method and calendar_file(
        booking=booking,
        municipality=municipality,
        service=service,
        links=links,
        sender=sender,
        stamp=stamp,
        method=method,
    )
    return OutgoingMail(
        message_id=_message_id(kind, booking, links.host, apart),
        sender=sender,
        sender_name=line(municipality.name.in_language(booking.language)),
        recipient=address(booking.citizen.email),
        subject=said.subject,
        text=laid_out("mail.txt", said),
        html=laid_out("mail.html", said),
        calendar=calendar or None,
        calendar_method=method,
        language=booking.language,
        stamp=stamp,
        reply_to=answered_at if answered_at != sender else "",
    )


def sender_of(municipality: Municipality, fallback: str, host: str) -> tuple[str, str]:
    """The address to write from, and the one at which the municipality reads answers, if any."""
    contact = address(municipality.contact.email) if municipality.contact.email else ""
    if municipality.mail is not None:
        # Providers send in the name of a mailbox of theirs only.
        return address(municipality.mail.sender), contact
    if contact:
        return contact, contact
    named = "." in host and not host.replace(".", "").isdigit()
    return address(fallback or f"rantevou@{host if named else 'localhost'}"), ""


def _message_id(kind: MessageKind, booking: BookingView, host: str, apart: str = "") -> str:
    """One name per booking, kind and version, so that a mail sent twice is recognised as one."""
    named = f"{booking.id}|{kind.value}|{booking.version}" + (f"|{apart}" if apart else "")
    return f"<{hashlib.sha256(named.encode()).hexdigest()[:32]}@{host}>"


def laid_out(template: str, said: Content) -> str:
    """``mail.txt`` or ``mail.html``."""
    return _templates().get_template(template).render(mail=said)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",), disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
