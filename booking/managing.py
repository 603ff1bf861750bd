"""Looking up a booking by its mailed token or its reference."""

from __future__ import annotations

import hmac
from datetime import timedelta

from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingView, NotOffered
from booking.references import normalised
from booking.store import EncryptionError, UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.columns import from_microseconds
from booking.tokens import token_hash, token_of
from connectors.contract import Period

_DIGITS = 3
#: A link is at most this long; anything longer is none of ours.
_LONGEST = 100
#: Mails that say nothing new of when the appointment is, or that it is none.
_OTHER = {
    MessageKind.MEETING_READY,
    MessageKind.MEETING_MISSING,
    MessageKind.REMINDER,
    MessageKind.EARLIER,
    MessageKind.FOLLOW_UP,
}
#: Links lie in mailboxes for years; after the appointment they open nothing for long.
LINK_LIFE = timedelta(days=30)


def by_token(desk: Desk, *, token: str) -> BookingView:
    """The booking that a mailed link opens, until ``LINK_LIFE`` after its time.

    Raises NotOffered, the same for a wrong token and for one that is over.
    """
    with desk.store.read() as uow:
        row = uow.bookings.by_token_hash(token_hash(token)) if len(token) <= _LONGEST else None
        over = row is not None and row.ends_at + LINK_LIFE <= uow.now
    if row is None or over:
        raise NotOffered("there is no such booking")
    return row.view()


def by_reference(desk: Desk, *, reference: str) -> BookingView:
    """Callers check rights first. Raises NotOffered."""
    known = normalised(reference)
    with desk.store.read() as uow:
        row = uow.bookings.by_reference(known) if known else None
    if row is None:
        raise NotOffered("there is no such booking")
    return row.view()


def token_for(desk: Desk, *, booking_id: str) -> str:
    """The token of a booking's links. Raises NotOffered.

    Where the key that it was derived from is gone for good, a new one is made with the current
    key, and links mailed before stop working.
    """
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
    if row is None:
        raise NotOffered("there is no such booking")
    try:
        return _derive(desk, row)
    except EncryptionError:
        return desk.store.transact(lambda uow: _renew(desk, uow, booking_id))


def moved_from(desk: Desk, *, booking_id: str) -> Period | None:
    """Where the appointment was before staff moved it; None where the last mail told of something
    else."""
    with desk.store.read() as uow:
        mails = uow.outbox.mails_of(booking_id)
    told = [each for each in mails if each.detail["kind"] not in _OTHER]
    if not told or told[-1].detail["kind"] != MessageKind.OFFICE_MOVED:
        return None
    start, end = told[-1].detail["previous"]
    return Period(from_microseconds(start), from_microseconds(end))


def phone_digits_match(view: BookingView, digits: str) -> bool:
    """Whether these are the last three digits of the phone; spaces are forgiven."""
    typed = "".join(digits.split())
    if len(typed) != _DIGITS or not (typed.isascii() and typed.isdigit()):
        return False
    return hmac.compare_digest(typed, view.citizen.phone[-_DIGITS:])


def _derive(desk: Desk, row: BookingRow) -> str:
    return token_of(
        desk.store.keys,
        booking_id=row.id,
        key_id=row.token_key,
        generation=row.token_generation,
    ).value


def _renew(desk: Desk, uow: UnitOfWork, booking_id: str) -> str:
    row = uow.bookings.get(booking_id, lock=True)
    if row is None:
        raise NotOffered("there is no such booking")
    token = token_of(
        desk.store.keys,
        booking_id=row.id,
        key_id=desk.store.keys.current,
        generation=row.token_generation + 1,
    )
    uow.bookings.change(
        row,
        now=uow.now,
        token_hash=token.hash,
        token_key=token.key_id,
        token_generation=token.generation,
    )
    return token.value
