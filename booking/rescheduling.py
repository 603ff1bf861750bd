"""Rescheduling: the same booking at another time, by another channel, or with other details."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from booking import catalogue
from booking.catalogue import Offered
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import (
    BookingState,
    BookingView,
    Citizen,
    FieldErrors,
    NotOffered,
    Reason,
    SlotTaken,
    WrongState,
)
from booking.offering.assignment import Candidate, candidates
from booking.offering.picture import nearest
from booking.offering.slots import Shape
from booking.placement.moving import Moved, move
from booking.placement.owing import owe_mail
from booking.placement.placing import place
from booking.placement.releasing import drop_alternatives
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow, Personal
from booking.store.claims import Cells, Holder
from booking.store.columns import to_microseconds
from booking.store.outbox import Entry, Step
from booking.store.placements import PlacementState
from connectors.contract import Period
from connectors.deadline import Deadline
from mapping.answers import check_details
from mapping.model import Channel, QuestionKind

_log = logging.getLogger(__name__)


def reschedule(
    desk: Desk,
    *,
    booking_id: str,
    starts_at: datetime | None,
    citizen: Citizen | None,
    answers: Mapping[str, str] | None,
    channel: Channel | None = None,
    at_desk: bool = False,
) -> BookingView:
    """Change the time, the channel, the contact details, the answers; name and ΑΦΜ never change.

    ``channel`` without ``starts_at``: the time stays. A released booking takes a new time the same
    way. Where the calendar has not answered in time, ``pending_period`` (and ``pending_channel``)
    are set and a worker goes on. ``at_desk``: the office does it, so the minimum notice is kept.
    Raises SlotTaken with alternatives by that channel (the booking stays as it was), FieldErrors,
    WrongState, NotOffered.
    """
    deadline = Deadline.after(desk.settings.placing_deadline.total_seconds())

    def work(uow: UnitOfWork) -> Entry | None:
        row = _changeable(uow, booking_id)
        by = channel or Channel(row.channel)
        offered = catalogue.offered(desk, uow, service_id=row.service_id, channel=by)
        personal = changed_details(offered, row, citizen, answers)
        start = starts_at or row.starts_at
        stays = start == row.starts_at and by == row.channel
        if row.state is BookingState.RELEASED and (starts_at is not None or not stays):
            return _place_again(desk, uow, offered, row, start, personal, at_desk=at_desk)
        if not stays:
            return _plan(desk, uow, offered, row, start, personal, at_desk=at_desk)
        if personal is not None:
            uow.bookings.change(row, now=uow.now, personal=personal)
            owe_mail(uow, booking_id=row.id, kind=MessageKind.CHANGED, version=row.version + 1)
        return None

    try:
        entry = desk.store.transact(work)
    except SlotTaken:
        raise _taken(desk, booking_id, starts_at, channel, at_desk=at_desk) from None
    if entry is not None and _carry_out(desk, entry, deadline) is Moved.REFUSED:
        raise _taken(desk, booking_id, starts_at, channel, at_desk=at_desk)
    desk.wake("drain")
    with desk.store.read() as uow:
        return _row(uow, booking_id).view()


def changed_details(
    offered: Offered,
    row: BookingRow,
    citizen: Citizen | None,
    answers: Mapping[str, str] | None,
) -> Personal | None:
    """The personal part with the changes that are allowed; None where nothing changes.

    Raises FieldErrors.
    """
    old = row.personal
    fixed = {
        question.key for question in offered.service.questions if question.kind is QuestionKind.AFM
    }
    known = {question.key for question in offered.service.questions}
    wanted = {key: value for key, value in old.answers.items() if key in known}
    wanted |= {key: value for key, value in (answers or {}).items() if key not in fixed}
    details = check_details(
        offered.service,
        name=old.citizen.name,
        email=citizen.email if citizen else old.citizen.email,
        phone=citizen.phone if citizen else old.citizen.phone,
        answers=wanted,
        at_desk=offered.channel.channel if old.clerk else None,
    )
    # What was valid when it was booked, and was not touched now, is nobody's mistake now.
    touched = {"email", "phone"} if citizen else set()
    touched |= set(answers or {})
    errors = {key: error for key, error in details.errors.items() if key in touched}
    if errors:
        raise FieldErrors(errors)
    fresh = replace(
        old,
        citizen=Citizen(
            old.citizen.name,
            details.email if citizen else old.citizen.email,
            details.phone if citizen else old.citizen.phone,
        ),
        answers={**old.answers, **{k: v for k, v in details.answers.items() if k in touched}},
    )
    return None if fresh == old else fresh


def _changeable(uow: UnitOfWork, booking_id: str) -> BookingRow:
    row = _row(uow, booking_id)
    if row.erased_at is not None:
        raise WrongState("nobody knows any more whose booking this was")
    if row.state is BookingState.RELEASED:
        return row
    changeable = row.state in {BookingState.CONFIRMED, BookingState.CONFLICT}
    if not changeable or row.starts_at <= uow.now:
        raise WrongState("this booking cannot be changed now")
    if row.pending_starts_at is not None:
        raise WrongState("an earlier change is still on its way: wait a moment")
    return row


def _row(uow: UnitOfWork, booking_id: str) -> BookingRow:
    row = uow.bookings.get(booking_id, lock=True)
    if row is None:
        raise NotOffered("there is no such booking")
    return row


def _choose(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    row: BookingRow,
    start: datetime,
    *,
    promised: bool,
) -> tuple[Candidate, str]:
    """Claim the new cells, preferably where the booking is; (mailbox, claim). SlotTaken."""
    promised = promised or start == row.starts_at
    found = candidates(desk, uow, offered, start=start, without=row.id, promised=promised)
    found.sort(key=lambda each: each.mailbox_id != row.mailbox_id)
    first, end = Shape.of(offered.service).cells(start)
    for candidate in found:
        claim_id = secrets.token_urlsafe(18)
        if uow.claims.take(
            claim_id=claim_id,
            cells=Cells(candidate.mailbox_id, first, end),
            holder=Holder(booking_id=row.id),
            now=uow.now,
            owned_by=row.id,
        ):
            return candidate, claim_id
    raise SlotTaken


def _is_kept(uow: UnitOfWork, row: BookingRow, start: datetime) -> bool:
    """Whoever is promised a time until four is not told at three that it is too soon."""
    return any(
        kept.starts_at == start and kept.expires_at > uow.now
        for kept in uow.holds.for_booking(row.id)
    )


def _plan(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    row: BookingRow,
    start: datetime,
    personal: Personal | None,
    *,
    at_desk: bool,
) -> Entry:
    promised = at_desk or _is_kept(uow, row, start)
    # Where the new time is refused, the transaction is, and they stay.
    drop_alternatives(uow, row.id)
    candidate, claim_id = _choose(desk, uow, offered, row, start, promised=promised)
    target = Shape.of(offered.service).period(start)
    by = offered.channel.channel
    placed = [
        each
        for each in uow.placements.of_booking(row.id)
        if each.state == PlacementState.PLACED and each.mailbox_id == candidate.mailbox_id
        and each.seen != "vanished" and by == row.channel
    ]  # fmt: skip
    key = placed[-1].key if placed else _add_placement(uow, row, candidate, target)
    uow.bookings.change(
        row,
        now=uow.now,
        personal=personal,
        pending_starts_at=target.start,
        pending_ends_at=target.end,
        pending_mailbox_id=candidate.mailbox_id,
        pending_channel=None if by == row.channel else by.value,
    )
    return uow.outbox.add(
        name=f"update:{row.id}:{row.version + 1}",
        kind=Step.UPDATE,
        booking_id=row.id,
        placement_key=key,
        now=uow.now,
        detail={"claim": claim_id, "to": to_microseconds(target.start)},
        leased_until=uow.now + desk.settings.lease,
    )


def _place_again(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    row: BookingRow,
    start: datetime,
    personal: Personal | None,
    *,
    at_desk: bool,
) -> Entry:
    """A released booking finds a place after all; the alternatives kept for it are given back."""
    promised = at_desk or _is_kept(uow, row, start)
    drop_alternatives(uow, row.id)
    candidate, _ = _choose(desk, uow, offered, row, start, promised=promised)
    target = Shape.of(offered.service).period(start)
    key = _add_placement(uow, row, candidate, target)
    uow.bookings.change(
        row,
        now=uow.now,
        personal=personal,
        state=BookingState.PENDING.value,
        starts_at=target.start,
        ends_at=target.end,
        mailbox_id=candidate.mailbox_id,
        channel=offered.channel.channel.value,
        reason=Reason.NONE.value,
    )
    return uow.outbox.add(
        name=f"place:{key}",
        kind=Step.PLACE,
        booking_id=row.id,
        placement_key=key,
        now=uow.now,
        leased_until=uow.now + desk.settings.lease,
    )


def _add_placement(uow: UnitOfWork, row: BookingRow, candidate: Candidate, target: Period) -> str:
    return uow.placements.add(
        booking_id=row.id,
        mailbox_id=candidate.mailbox_id,
        starts_at=target.start,
        ends_at=target.end,
        reason=candidate.reason,
        now=uow.now,
    )


def _carry_out(desk: Desk, entry: Entry, deadline: Deadline) -> Moved:
    try:
        if entry.kind is Step.PLACE:
            place(desk, entry=entry, deadline=deadline, fresh=True)
            return Moved.DONE
        return move(desk, entry=entry, deadline=deadline, front=True)
    except Exception as error:  # noqa: BLE001 - it is written down: a worker goes on
        _log.error("rescheduling stopped: %s", type(error).__name__)
        return Moved.PENDING


def _taken(
    desk: Desk,
    booking_id: str,
    start: datetime | None,
    channel: Channel | None,
    *,
    at_desk: bool,
) -> SlotTaken:
    with desk.store.read() as uow:
        row = _row(uow, booking_id)
        return SlotTaken(
            nearest(
                desk,
                uow,
                service_id=row.service_id,
                channel=channel or Channel(row.channel),
                near=start or row.starts_at,
                without=row.id,
                promised=at_desk,
            )
        )
