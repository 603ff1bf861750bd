"""Somebody's confirmations once more, to the mail address that they booked with."""

from __future__ import annotations

from datetime import timedelta

from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, TooManyTries
from booking.store import UnitOfWork
from booking.store.marks import every_mark, mail_identity
from booking.store.outbox import Step

_HOUR = timedelta(hours=1)
#: For one address, whether anything was booked with it or not: nobody's mailbox is filled.
_ADDRESS = (3, timedelta(days=1))
#: For one network; offices and libraries share one.
_NETWORK = (30, _HOUR)
_MOST = 10


def send_again(desk: Desk, *, email: str, network: str | None) -> None:
    """Owe one confirmation for each confirmed appointment ahead that was booked with ``email``.

    Says nothing of whether there are any. ``network`` is where the request comes from, if that is
    known. Raises TooManyTries.
    """
    keys, address = desk.store.keys, mail_identity(email)
    names = [(f"again:{keys.derive(keys.current, 'email', address)}", *_ADDRESS)]
    if network is not None:
        names.append((f"again:{keys.derive(keys.current, 'network', network)}", *_NETWORK))

    def work(uow: UnitOfWork) -> None:
        for name, most, within in names:
            if not uow.attempts.take(name, most=most, within=within, now=uow.now):
                raise TooManyTries("this was asked for too often: wait a day")
        for row in uow.bookings.of_email(
            every_mark(keys, "email", address), ends_after=uow.now, limit=_MOST
        ):
            if row.state is BookingState.CONFIRMED and row.starts_at > uow.now:
                _owe(uow, row.id, row.version)

    desk.store.transact(work)
    desk.wake("drain")


def _owe(uow: UnitOfWork, booking_id: str, version: int) -> None:
    """A mail of its own beside the first one: mail programs drop what they have already."""
    apart = f"again{uow.now:%Y%m%d%H%M%S}"
    name = f"mail:{booking_id}:{apart}"
    if uow.outbox.known(name):
        return
    uow.outbox.add(
        name=name,
        kind=Step.MAIL,
        booking_id=booking_id,
        now=uow.now,
        detail={
            "kind": MessageKind.CONFIRMATION.value,
            "version": version,
            "apart": apart,
        },
    )
