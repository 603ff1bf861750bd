"""Sending owed mails: rendered from the booking as it is now; what is superseded is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from booking import catalogue
from booking.desk import Desk, Mailer, MailLater, MailRefused
from booking.managing import token_for
from booking.messages import MessageKind, OutgoingMail, links_for, render
from booking.model import BookingState, BookingView, NotOffered
from booking.offering.slots import Shape
from booking.placement.owing import pause
from booking.store import UnitOfWork
from booking.store.columns import from_microseconds
from booking.store.outbox import Entry
from connectors.contract import Period

#: In which states a kind of mail still says the truth.
_TRUE_IN = {
    MessageKind.CONFIRMATION: {BookingState.CONFIRMED},
    MessageKind.CHANGED: {BookingState.CONFIRMED},
    MessageKind.CANCEL_UNDONE: {BookingState.CONFIRMED},
    MessageKind.CANCELLED: {BookingState.CANCELLING, BookingState.CANCELLED},
    MessageKind.RELEASED: {BookingState.RELEASED},
}
_LONGEST = timedelta(hours=1)
#: After this many tries a person should look.
_TRIES = 40


def send(desk: Desk, *, entry: Entry, mailer: Mailer) -> bool:
    """Carry out a leased outbox entry of kind MAIL; whether it is done with."""
    message = _message(desk, entry)
    if message is None:
        return _finish(desk, entry, "superseded")
    try:
        mailer.send(message)
    except MailRefused:
        return _finish(desk, entry, "refused by the mail server")
    except MailLater as error:
        wait = max(
            pause(entry.tries, retry_after=error.retry_after),
            min(timedelta(seconds=15 * entry.tries), _LONGEST),
        )
        return _postpone(desk, entry, wait)
    return _finish(desk, entry, "sent")


def _message(desk: Desk, entry: Entry) -> OutgoingMail | None:
    """The mail, or None where the booking has moved on and it would not be true any more."""
    kind = MessageKind(entry.detail["kind"])
    with desk.store.read() as uow:
        row = uow.bookings.get(entry.booking_id)
    if row is None or row.state not in _TRUE_IN[kind]:
        return None
    view = row.view()
    try:
        municipality, service = catalogue.service(desk, view.service_id)
    except NotOffered:
        return None
    links = links_for(
        public_url=desk.settings.public_url,
        token=token_for(desk, booking_id=view.id),
        municipality=municipality,
        service=service,
        channel=view.channel,
    )
    shape = Shape.of(service)
    return render(
        kind,
        # The version that owed the mail, so that its Message-ID is the same at every try.
        booking=replace(view, version=int(entry.detail["version"])),
        municipality=municipality,
        service=service,
        links=links,
        stamp=entry.created_at,
        previous=_previous(entry, view),
        alternatives=tuple(
            shape.period(from_microseconds(start)) for start in entry.detail.get("alternatives", ())
        ),
        fallback_sender=desk.settings.mail_from,
    )


def _previous(entry: Entry, view: BookingView) -> Period | None:
    previous = entry.detail.get("previous")
    if not previous:
        return None
    period = Period(*(from_microseconds(each) for each in previous))
    return None if period == view.period else period


def _finish(desk: Desk, entry: Entry, outcome: str) -> bool:
    def work(uow: UnitOfWork) -> bool:
        return uow.outbox.finish(entry, now=uow.now, outcome=outcome)

    return desk.store.transact(work)


def _postpone(desk: Desk, entry: Entry, wait: timedelta) -> bool:
    def work(uow: UnitOfWork) -> None:
        if entry.tries >= _TRIES:
            uow.outbox.finish(entry, now=uow.now, outcome="given up: the mail server never took it")
            return
        uow.outbox.postpone(entry, until=uow.now + wait, outcome="mail server: later")

    desk.store.transact(work)
    return entry.tries >= _TRIES
