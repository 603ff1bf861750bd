"""Cancelling, and taking it back within half an hour: the claim is kept until then."""

from __future__ import annotations

import logging
import secrets

from booking import catalogue, fairness
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, BookingView, NotOffered, WrongState
from booking.offering.slots import Shape
from booking.placement.owing import owe_audits, owe_mail, owe_removal
from booking.placement.placing import place
from booking.placement.releasing import drop_alternatives
from booking.placement.removing import remove
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.claims import Cells, Holder
from booking.store.outbox import Entry, Step
from booking.store.placements import PlacementState
from connectors.deadline import Deadline
from mapping.model import Channel

_log = logging.getLogger(__name__)

_CANCELLABLE = (BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFLICT)


def cancel(desk: Desk, *, booking_id: str) -> BookingView:
    """Cancel: out of the calendar at once where it answers, mail at once, undo for a while.

    Cancelling twice is one cancellation. Raises NotOffered, WrongState (released, or begun).
    """
    deadline = Deadline.after(desk.settings.placing_deadline.total_seconds())

    def work(uow: UnitOfWork) -> list[Entry]:
        row = _row(uow, booking_id)
        if row.state in {BookingState.CANCELLING, BookingState.CANCELLED}:
            return []
        if row.state not in _CANCELLABLE or row.starts_at <= uow.now:
            raise WrongState("this booking cannot be cancelled any more")
        _drop_reschedule(uow, row)
        drop_alternatives(uow, row.id)
        uow.waiting.leave(row.id)
        entries = _owe_removals(desk, uow, row)
        uow.bookings.change(
            row,
            now=uow.now,
            state=BookingState.CANCELLING.value,
            sequence=row.sequence + 1,
            undo_until=min(uow.now + desk.settings.undo, row.starts_at),
            pending_starts_at=None,
            pending_ends_at=None,
            pending_mailbox_id=None,
            pending_channel=None,
        )
        owe_mail(uow, booking_id=row.id, kind=MessageKind.CANCELLED, version=row.version + 1)
        return entries

    for entry in desk.store.transact(work):
        _at_once(desk, entry, deadline)
    desk.wake("drain")
    return _view(desk, booking_id)


def undo(desk: Desk, *, booking_id: str) -> BookingView:
    """Take a cancellation back: a new event at the same time, then a mail.

    Raises NotOffered, WrongState where the time for it is over, TooManyBookings where as much as
    one may was booked meanwhile.
    """
    deadline = Deadline.after(desk.settings.placing_deadline.total_seconds())

    def work(uow: UnitOfWork) -> Entry:
        row = _row(uow, booking_id)
        over = row.undo_until is None or row.undo_until <= uow.now
        if row.state is not BookingState.CANCELLING or over:
            raise WrongState("this cancellation cannot be undone any more: book again")
        fairness.admit_again(desk, uow, row)
        key = uow.placements.add(
            booking_id=row.id,
            mailbox_id=row.mailbox_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason="cancellation undone",
            now=uow.now,
        )
        _ensure_claim(desk, uow, row)
        uow.bookings.change(
            row,
            now=uow.now,
            state=BookingState.PENDING.value,
            sequence=row.sequence + 1,
            undo_until=None,
            erase_wanted_at=None,  # who wants the appointment back wants it known
        )
        return uow.outbox.add(
            name=f"place:{key}",
            kind=Step.PLACE,
            booking_id=row.id,
            placement_key=key,
            now=uow.now,
            detail={"mail": MessageKind.CANCEL_UNDONE.value},
            leased_until=uow.now + desk.settings.lease,
        )

    entry = desk.store.transact(work)
    try:
        place(desk, entry=entry, deadline=deadline, fresh=True)
    except Exception as error:  # noqa: BLE001 - it is written down: a worker goes on
        _log.error("undoing stopped: %s", type(error).__name__)
        desk.wake("drain")
    return _view(desk, booking_id)


def _row(uow: UnitOfWork, booking_id: str) -> BookingRow:
    row = uow.bookings.get(booking_id, lock=True)
    if row is None:
        raise NotOffered("there is no such booking")
    return row


def _view(desk: Desk, booking_id: str) -> BookingView:
    with desk.store.read() as uow:
        return _row(uow, booking_id).view()


def _owe_removals(desk: Desk, uow: UnitOfWork, row: BookingRow) -> list[Entry]:
    """Every event of the booking is to go; the entries that we try ourselves."""
    entries = []
    for placement in uow.placements.of_booking(row.id):
        if placement.state == PlacementState.PLACED:
            entries.append(owe_removal(uow, placement, leased_by_us=desk.settings.lease))
        elif placement.state == PlacementState.PLANNED:
            # Perhaps somebody is writing it just now: whoever finishes finds it cancelled, and
            # the audits find what nobody finished.
            uow.placements.change(placement.key, state=PlacementState.REFUSED.value)
            owe_audits(uow, placement)
    return entries


def _drop_reschedule(uow: UnitOfWork, row: BookingRow) -> None:
    if row.pending_starts_at is None:
        return
    for entry in uow.outbox.of_booking(row.id, kinds=[Step.UPDATE]):
        claim_id = entry.detail.get("claim")
        if claim_id:
            uow.claims.give_back(claim_id)


def _ensure_claim(desk: Desk, uow: UnitOfWork, row: BookingRow) -> None:
    """The claim was kept for exactly this; whatever happened to it, none is booked without."""
    if uow.claims.of_booking(row.id):
        return
    offered = catalogue.offered(desk, uow, service_id=row.service_id, channel=Channel(row.channel))
    first, end = Shape.of(offered.service).cells(row.starts_at)
    if not uow.claims.take(
        claim_id=secrets.token_urlsafe(18),
        cells=Cells(row.mailbox_id, first, end),
        holder=Holder(booking_id=row.id),
        now=uow.now,
    ):
        raise WrongState("the time was given to somebody else: book again")


def _at_once(desk: Desk, entry: Entry, deadline: Deadline) -> None:
    try:
        remove(desk, entry=entry, deadline=deadline)
    except Exception as error:  # noqa: BLE001 - it is written down: a worker goes on
        _log.error("removing stopped: %s", type(error).__name__)
