"""Placing a booking into a calendar: the protocol of submit, for the front end and for workers.

Find by key, look at the calendar now, create, read back, confirm together with the mail. Busy or
refused: the next mailbox of the pool under a new placement. After an unknown outcome nothing is
handed over until ``find`` has said no twice.
"""

from __future__ import annotations

import enum
import logging
import secrets
from dataclasses import replace
from datetime import timedelta

from booking import catalogue
from booking.calendars.noticing import owe_review
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, NotOffered
from booking.offering.assignment import candidates
from booking.offering.slots import Shape
from booking.placement.meetings import link_of, owe_meeting
from booking.placement.owing import owe_audits, owe_mail, owe_removal
from booking.placement.patience import NOES, PLACE_LATER
from booking.placement.releasing import release
from booking.placement.writing import (
    Attempt,
    Outcome,
    Task,
    load_task,
    record_written,
    write_event,
)
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.claims import Cells, Holder
from booking.store.outbox import Entry
from booking.store.placements import PlacementRow, PlacementState
from connectors.deadline import Deadline
from connectors.errors import ConnectorError
from mapping.model import Channel

_log = logging.getLogger(__name__)


class Placed(enum.StrEnum):
    CONFIRMED = "confirmed"
    PENDING = "pending"  #: a worker goes on
    RELEASED = "released"  #: no mailbox of the pool can take it
    DROPPED = "dropped"  #: nothing to place (any more)


def place(
    desk: Desk, *, entry: Entry, deadline: Deadline, fresh: bool = False, front: bool = False
) -> Placed:
    """Place the booking of a leased outbox entry of kind PLACE.

    ``fresh``: the entry was written a moment ago by the caller. ``front``: the citizen is
    waiting for the answer, so a release is told on the page and not by mail.
    """
    while True:
        task = _load(desk, entry)
        if task is None:
            return Placed.DROPPED
        if isinstance(task, Task):
            attempt = write_event(desk, task, fresh=fresh, deadline=deadline)
            booking, placement = task.booking, task.placement
        else:
            booking, placement, attempt = task
        if attempt.outcome is Outcome.WRITTEN and isinstance(task, Task) and attempt.event:
            return _confirm(desk, entry, task, attempt)
        if attempt.outcome is Outcome.LATER:
            return _postpone(desk, entry, booking, placement, attempt, front=front)
        handed = _hand_over(desk, entry, booking, placement, attempt, front=front)
        if not isinstance(handed, Entry):
            return handed
        entry, fresh = handed, True


def _load(desk: Desk, entry: Entry) -> Task | tuple[BookingRow, PlacementRow, Attempt] | None:
    """What is to be done; None (and the entry finished) where nothing is."""
    with desk.store.read() as uow:
        booking = uow.bookings.get(entry.booking_id)
        placement = uow.placements.get(entry.placement_key or "")
        if booking is not None and placement is not None and _wanted(booking, placement):
            try:
                return load_task(desk, uow, booking, placement)
            except NotOffered:
                return booking, placement, Attempt(Outcome.REFUSED, code="not_offered")
            except ConnectorError as error:
                _log.warning("mailbox %s is out of reach: %s", placement.mailbox_id, error)
                return booking, placement, Attempt(Outcome.REFUSED, code="out_of_reach")

    def work(uow: UnitOfWork) -> None:
        uow.outbox.finish(entry, now=uow.now, outcome="nothing to place")

    desk.store.transact(work)
    return None


def _wanted(booking: BookingRow | None, placement: PlacementRow | None) -> bool:
    """Whether this placement is still the one that is to become the booking's event."""
    return (
        booking is not None
        and placement is not None
        and booking.state is BookingState.PENDING
        and placement.state == PlacementState.PLANNED
    )


def _confirm(desk: Desk, entry: Entry, task: Task, attempt: Attempt) -> Placed:
    """Record the event and owe the mail in one transaction, unless things changed meanwhile."""
    event = attempt.event
    if event is None:
        raise ValueError("nothing was written")
    link = link_of(desk, task, event)

    def work(uow: UnitOfWork) -> Placed:
        if not uow.outbox.holds(entry):
            return Placed.PENDING
        row = uow.bookings.get(task.booking.id, lock=True)
        wanted = _wanted(row, uow.placements.get(task.placement.key))
        moved = event.period is not None and event.period != task.period
        uow.placements.change(
            task.placement.key,
            state=PlacementState.PLACED.value,
            event_id=event.ref.id,
            etag=event.ref.etag,
            outcome="written",
            outcome_unknown=False,
            seen="moved" if moved else "",
            seen_at=uow.now if moved else None,
        )
        record_written(uow, task, attempt, event)
        if moved:
            # The replica knows it where it stands: no reading will find that it differs.
            owe_review(uow, task.placement)
        uow.outbox.finish(entry, now=uow.now, outcome="written")
        if row is None or not wanted:
            # Cancelled while the calendar was being written.
            written = uow.placements.get(task.placement.key)
            if written is not None:
                owe_removal(uow, written, again=f"entry{entry.id}")
            return Placed.DROPPED
        personal = None
        if link != row.personal.meeting_url:
            personal = replace(row.personal, meeting_url=link)
        uow.bookings.change(row, now=uow.now, personal=personal, state=BookingState.CONFIRMED.value)
        owe_meeting(uow, task.place, row, task.placement, link=link)
        owe_mail(
            uow,
            booking_id=row.id,
            kind=MessageKind(entry.detail.get("mail", MessageKind.CONFIRMATION.value)),
            version=row.version + 1,
        )
        return Placed.CONFIRMED

    result = desk.store.transact(work)
    desk.wake("drain")
    return result


def _postpone(
    desk: Desk,
    entry: Entry,
    booking: BookingRow,
    placement: PlacementRow,
    attempt: Attempt,
    *,
    front: bool,
) -> Placed:
    def work(uow: UnitOfWork) -> Placed:
        _note(uow, placement, attempt)
        over = PLACE_LATER.over(now=uow.now, since=entry.created_at, starts_at=booking.starts_at)
        if over and not front:
            return _give_up(desk, uow, entry, booking, placement, attempt)
        # The front end's turn is over at once; a worker that was turned away comes back later.
        at_once = attempt.turned_away and entry.tries <= 1
        patience = PLACE_LATER.wait(entry.tries, retry_after=attempt.retry_after)
        wait = timedelta(0) if at_once else patience
        uow.outbox.postpone(entry, until=uow.now + wait, outcome=attempt.code)
        return Placed.PENDING

    result = desk.store.transact(work)
    desk.wake("drain")
    return result


def _note(uow: UnitOfWork, placement: PlacementRow, attempt: Attempt) -> None:
    """Keep count of what is unknown about a placement's event."""
    if attempt.unknown:
        uow.placements.change(
            placement.key, outcome_unknown=True, not_found=0, outcome=attempt.code[:60]
        )
    elif attempt.said_no and placement.outcome_unknown:
        uow.placements.change(placement.key, not_found=placement.not_found + 1)


def _give_up(
    desk: Desk,
    uow: UnitOfWork,
    entry: Entry,
    booking: BookingRow,
    placement: PlacementRow,
    attempt: Attempt,
) -> Placed:
    if not uow.outbox.holds(entry):
        return Placed.PENDING
    row = uow.bookings.get(booking.id, lock=True)
    current = uow.placements.get(placement.key)
    uow.outbox.finish(entry, now=uow.now, outcome=f"given up: {attempt.code}")
    if row is None or current is None or not _wanted(row, current):
        return Placed.DROPPED
    # Whatever we believe about it: an event that turns up later has no booking.
    owe_audits(uow, current)
    uow.placements.change(
        current.key, state=PlacementState.REFUSED.value, outcome=attempt.code[:60]
    )
    release(desk, uow, row, tell=True)
    return Placed.RELEASED


def _hand_over(
    desk: Desk,
    entry: Entry,
    booking: BookingRow,
    placement: PlacementRow,
    attempt: Attempt,
    *,
    front: bool,
) -> Entry | Placed:
    """To the next mailbox of the pool: the entry to go on with, or how it ended."""

    def work(uow: UnitOfWork) -> Entry | Placed:
        if not uow.outbox.holds(entry):
            return Placed.PENDING
        row = uow.bookings.get(booking.id, lock=True)
        if row is None or row.state is not BookingState.PENDING:
            uow.outbox.finish(entry, now=uow.now, outcome="nothing to place")
            return Placed.DROPPED
        _note(uow, placement, attempt)
        current = uow.placements.get(placement.key)
        if current is None or current.state != PlacementState.PLANNED:
            # Cancelled and taken back meanwhile: another step places it under another key.
            uow.outbox.finish(entry, now=uow.now, outcome="nothing to place")
            return Placed.DROPPED
        if current.outcome_unknown and current.not_found < NOES:
            since, starts_at = entry.created_at, row.starts_at
            if not front and PLACE_LATER.over(now=uow.now, since=since, starts_at=starts_at):
                return _give_up(desk, uow, entry, row, current, attempt)
            uow.outbox.postpone(
                entry,
                until=uow.now + PLACE_LATER.wait(entry.tries),
                outcome="waiting for a second no",
            )
            return Placed.PENDING
        uow.placements.change(
            current.key, state=PlacementState.REFUSED.value, outcome=attempt.code[:60]
        )
        if current.outcome_unknown or entry.tries > 1:
            # Whoever had the entry before us may have written the event, and never said so.
            owe_audits(uow, current)
        following = _next_placement(desk, uow, row)
        if following is None:
            uow.outbox.finish(entry, now=uow.now, outcome=f"released: {attempt.code}")
            release(desk, uow, row, tell=not front)
            return Placed.RELEASED
        uow.outbox.point_at(
            entry, placement_key=following, lease_until=uow.now + desk.settings.lease
        )
        return uow.outbox.get(entry.id) or Placed.PENDING

    result = desk.store.transact(work)
    if result is Placed.RELEASED:
        desk.wake("drain")
    return result


def _next_placement(desk: Desk, uow: UnitOfWork, row: BookingRow) -> str | None:
    """Claim the same time in another mailbox and plan a placement there; its key."""
    try:
        offered = catalogue.offered(
            desk, uow, service_id=row.service_id, channel=Channel(row.channel)
        )
    except NotOffered:
        return None
    tried = [
        each.mailbox_id
        for each in uow.placements.of_booking(row.id)
        if each.state == PlacementState.REFUSED and each.starts_at == row.starts_at
    ]
    first, end = Shape.of(offered.service).cells(row.starts_at)
    for candidate in candidates(
        desk, uow, offered, start=row.starts_at, without=row.id, leave_out=tried, promised=True
    ):
        claim_id = secrets.token_urlsafe(18)
        if not uow.claims.take(
            claim_id=claim_id,
            cells=Cells(candidate.mailbox_id, first, end),
            holder=Holder(booking_id=row.id),
            now=uow.now,
            owned_by=row.id,
        ):
            continue
        uow.claims.release_booking(row.id, keep=claim_id)
        uow.bookings.change(row, now=uow.now, mailbox_id=candidate.mailbox_id)
        return uow.placements.add(
            booking_id=row.id,
            mailbox_id=candidate.mailbox_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason=f"handed over; {candidate.reason}",
            now=uow.now,
        )
    return None
