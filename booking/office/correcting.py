"""The office mends what was written down wrongly: a name, a phone, a mail address.

Citizens cannot change the name, so that nobody books in order to sell: a typo is for the office.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace

from booking import catalogue
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, BookingView, Citizen, FieldErrors, NotOffered, WrongState
from booking.offering.slots import Shape
from booking.office.accounts import Account
from booking.office.staff_view import booking_for_staff
from booking.placement.moving import move
from booking.placement.owing import owe_mail
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow, Personal
from booking.store.claims import Cells, Holder
from booking.store.columns import to_microseconds
from booking.store.outbox import Entry, Step
from booking.store.placements import PlacementState
from booking.tasks import TaskKind, settle
from connectors.deadline import Deadline
from mapping.answers import check_details
from mapping.model import Channel, Service

_log = logging.getLogger(__name__)

_CORRECTABLE = {BookingState.CONFIRMED, BookingState.CONFLICT, BookingState.RELEASED}


def correct(
    desk: Desk, *, reference: str, account: Account, name: str, phone: str, email: str
) -> BookingView:
    """Other contact details; where the name changes, its event in the calendar is rewritten too.

    The citizen gets a mail while the appointment is ahead. Raises FieldErrors, WrongState (over,
    cancelled, or a change is on its way), NotOffered (also for another municipality's booking).
    """
    view = booking_for_staff(desk, reference=reference, account=account)
    _, service = catalogue.service(desk, view.service_id)
    deadline = Deadline.after(desk.settings.placing_deadline.total_seconds())

    def work(uow: UnitOfWork) -> Entry | None:
        row = _correctable(uow, view.id)
        citizen = _checked(service, row, name=name, phone=phone, email=email)
        if citizen == row.personal.citizen:
            return None
        personal = replace(row.personal, citizen=citizen)
        settle(uow, name=f"{TaskKind.CONTACT_LOST.value}:{row.id}")
        if citizen.name != row.personal.citizen.name:
            entry = _rewrite(desk, uow, service, row, personal)
            if entry is not None:
                return entry
        uow.bookings.change(row, now=uow.now, personal=personal)
        if row.state is not BookingState.RELEASED:
            owe_mail(uow, booking_id=row.id, kind=MessageKind.CHANGED, version=row.version + 1)
        return None

    entry = desk.store.transact(work)
    if entry is not None:
        try:
            move(desk, entry=entry, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - it is written down: a worker goes on
            _log.error("rewriting an event stopped: %s", type(error).__name__)
    desk.wake("drain")
    return booking_for_staff(desk, reference=reference, account=account)


def _correctable(uow: UnitOfWork, booking_id: str) -> BookingRow:
    row = uow.bookings.get(booking_id, lock=True)
    if row is None:
        raise NotOffered("there is no such booking")
    over = row.starts_at <= uow.now and row.state is not BookingState.RELEASED
    if row.state not in _CORRECTABLE or over or row.erased_at is not None:
        raise WrongState("this booking cannot be changed any more")
    if row.pending_starts_at is not None:
        raise WrongState("an earlier change is still on its way: wait a moment")
    return row


def _checked(service: Service, row: BookingRow, *, name: str, phone: str, email: str) -> Citizen:
    """Raises FieldErrors."""
    details = check_details(
        replace(service, questions=()),
        name=name,
        phone=phone,
        email=email,
        answers={},
        at_desk=Channel(row.channel),
    )
    if details.errors:
        raise FieldErrors(details.errors)
    return Citizen(name=details.name, email=details.email, phone=details.phone)


def _rewrite(
    desk: Desk, uow: UnitOfWork, service: Service, row: BookingRow, personal: Personal
) -> Entry | None:
    """The event is written once more where it stands; None where it does not stand."""
    standing = [
        each
        for each in uow.placements.of_booking(row.id)
        if each.state == PlacementState.PLACED and each.seen != "vanished"
    ]
    if row.state is not BookingState.CONFIRMED or not standing:
        return None
    first, end = Shape.of(service).cells(row.starts_at)
    claim_id = secrets.token_urlsafe(18)
    if not uow.claims.take(
        claim_id=claim_id,
        cells=Cells(row.mailbox_id, first, end),
        holder=Holder(booking_id=row.id),
        now=uow.now,
        owned_by=row.id,
    ):
        return None
    uow.bookings.change(
        row,
        now=uow.now,
        personal=personal,
        pending_starts_at=row.starts_at,
        pending_ends_at=row.ends_at,
        pending_mailbox_id=row.mailbox_id,
        pending_channel=None,
    )
    return uow.outbox.add(
        name=f"update:{row.id}:{row.version + 1}",
        kind=Step.UPDATE,
        booking_id=row.id,
        placement_key=standing[-1].key,
        now=uow.now,
        detail={"claim": claim_id, "to": to_microseconds(row.starts_at), "rewrite": True},
        leased_until=uow.now + desk.settings.lease,
    )
