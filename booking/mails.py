"""Sending owed mails: rendered from the booking as it is now; what is superseded is dropped."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from booking import catalogue, reminding, undelivered, verifying, waiting
from booking.calendars.connecting import connection_of
from booking.desk import Desk, Mailer, MailLater, MailRefused
from booking.managing import token_for
from booking.messages import MessageKind, OutgoingMail, as_email, links_for, render
from booking.model import BookingState, BookingView, NotOffered
from booking.offering.slots import Shape
from booking.placement.owing import finish
from booking.store.columns import from_microseconds
from booking.store.outbox import Entry
from connectors.abilities import MailSending
from connectors.contract import Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, Rejected, TryLater, Unsupported
from mapping.model import Channel, Municipality, ProviderMail

_log = logging.getLogger(__name__)

#: In which states a kind of mail still says the truth.
_TRUE_IN = {
    MessageKind.CONFIRMATION: {BookingState.CONFIRMED},
    MessageKind.CHANGED: {BookingState.CONFIRMED},
    MessageKind.CANCEL_UNDONE: {BookingState.CONFIRMED},
    MessageKind.CANCELLED: {BookingState.CANCELLING, BookingState.CANCELLED},
    MessageKind.RELEASED: {BookingState.RELEASED},
    MessageKind.OFFICE_MOVED: {BookingState.CONFIRMED},
    MessageKind.OFFICE_CANCELLED: {BookingState.RELEASED},
    MessageKind.OFFICE_CONFLICT: {BookingState.CONFLICT},
    MessageKind.OFFICE_RESTORED: {BookingState.CONFIRMED},
    MessageKind.MEETING_READY: {BookingState.CONFIRMED},
    MessageKind.MEETING_MISSING: {BookingState.CONFIRMED},
    MessageKind.REMINDER: {BookingState.CONFIRMED},
    MessageKind.EARLIER: {BookingState.CONFIRMED},
    MessageKind.FOLLOW_UP: {BookingState.CONFIRMED, BookingState.COMPLETED},
}
#: Mails about a meeting's link, and whether there must be one for them to be true.
_ABOUT_LINK = {MessageKind.MEETING_READY: True, MessageKind.MEETING_MISSING: False}


def send(desk: Desk, *, entry: Entry, mailer: Mailer, deadline: Deadline) -> bool:
    """Carry out a leased outbox entry of kind MAIL; whether it is done with.

    By the provider that the municipality's mapping names, else by ``mailer``; before the deadline,
    which ends before the lease does.
    """
    enough = deadline.remaining() / 2
    try:
        owed = _message(desk, entry)
    except MailRefused:
        return undelivered.without_address(desk, entry)
    except NotOffered:
        return undelivered.refused(desk, entry, why="no mapping that is kept has its service")
    if owed is None:
        return finish(desk, entry, "superseded")
    message, municipality = owed
    if deadline.passed or deadline.remaining() < enough:
        # This process stood still: somebody else may have sent it since, and newer ones after it,
        # or may do so before a conversation that begins now has come to its end.
        return undelivered.try_later(desk, entry, outcome="no time left to send it")
    try:
        if municipality.mail is None:
            mailer.send(message, deadline=deadline)
        else:
            _send_by_provider(desk, municipality, municipality.mail, message, deadline)
    except MailRefused:
        if not entry.booking_id:
            verifying.not_delivered(desk, entry)
        return undelivered.refused(desk, entry, why="refused by the mail server")
    except MailLater as error:
        return undelivered.try_later(desk, entry, retry_after=error.retry_after, sent=True)
    return undelivered.delivered(desk, entry)


def _send_by_provider(
    desk: Desk,
    municipality: Municipality,
    mail: ProviderMail,
    message: OutgoingMail,
    deadline: Deadline,
) -> None:
    """Raises MailLater and MailRefused, with the meaning that they have for a mail server."""
    try:
        connector = _connector(desk, municipality, mail)
        connector.send_mail(
            sender=mail.sender, mime=as_email(message).as_bytes(), deadline=deadline
        )
    except Rejected as error:
        _log.warning("the provider refused a mail of %s: %s", municipality.slug, error)
        raise MailRefused("the provider refused the mail") from None
    except TryLater as error:
        raise MailLater("the provider takes no mail now", retry_after=error.retry_after) from None
    except (ConnectorError, ValueError) as error:
        # Like a mail server that refuses our login, ours to mend: the mail waits for that.
        _log.error("mails of %s cannot be sent: %s", municipality.slug, error)
        raise MailLater(f"the provider does not let us send: {type(error).__name__}") from None


def _connector(desk: Desk, municipality: Municipality, mail: ProviderMail) -> MailSending:
    """Raises ConnectorError, and ValueError for a connection that cannot be right."""
    named = municipality.connection(mail.connection)
    if named is None:
        raise Unsupported("the mapping names a connection for mail that it does not have")
    with desk.store.read() as uow:
        connection = connection_of(uow, named)
    connector = desk.calendars.connector(connection)
    if not connector.capabilities.mail or not isinstance(connector, MailSending):
        raise Unsupported(f"provider {named.provider!r} sends no mail")
    return connector


def _message(desk: Desk, entry: Entry) -> tuple[OutgoingMail, Municipality] | None:
    """The mail and who sends it, or None where the booking has moved on and it would not be true
    any more. Raises MailRefused where the citizen has no address, NotOffered where nobody knows
    what it would be about."""
    if not entry.booking_id:
        return verifying.message(desk, entry)
    kind = MessageKind(entry.detail["kind"])
    with desk.store.read() as uow:
        row = uow.bookings.get(entry.booking_id)
        if row is None or row.state not in _TRUE_IN[kind]:
            return None
        until = _until(entry)
        if until is not None and not waiting.is_kept(uow, row.id, until=until):
            return None
        if kind in reminding.COURTESIES and not reminding.still_true(uow, entry, row):
            return None
    view = row.view()
    online = view.channel is Channel.TELECONFERENCE
    if kind in _ABOUT_LINK and (not online or _ABOUT_LINK[kind] is not bool(view.meeting_url)):
        return None
    if not view.citizen.email:
        raise MailRefused("no mail address is known")
    municipality, service = catalogue.once_offered(desk, view.service_id)
    links = links_for(
        public_url=desk.settings.public_url,
        token=token_for(desk, booking_id=view.id),
        municipality=municipality,
        service=service,
        channel=view.channel,
    )
    shape = Shape.of(service)
    message = render(
        kind,
        # The version that owed the mail, so that its Message-ID is the same at every try.
        booking=replace(view, version=int(entry.detail["version"])),
        municipality=municipality,
        service=service,
        links=links,
        stamp=entry.created_at,
        previous=_previous(entry, view),
        previous_channel=_previous_channel(entry, view),
        alternatives=tuple(
            shape.period(from_microseconds(start)) for start in entry.detail.get("alternatives", ())
        ),
        fallback_sender=desk.settings.mail_from,
        link_awaited=online and not view.meeting_url,
        until=_until(entry),
        last_offer=bool(entry.detail.get("last")),
        apart=str(entry.detail.get("apart", "")),
    )
    return message, municipality


def _until(entry: Entry) -> datetime | None:
    until = entry.detail.get("until")
    return from_microseconds(until) if until else None


def _previous(entry: Entry, view: BookingView) -> Period | None:
    previous = entry.detail.get("previous")
    if not previous:
        return None
    period = Period(*(from_microseconds(each) for each in previous))
    return None if period == view.period else period


def _previous_channel(entry: Entry, view: BookingView) -> Channel | None:
    previous = entry.detail.get("previous_channel")
    return None if not previous or previous == view.channel else Channel(previous)
