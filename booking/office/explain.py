"""Why a slot is offered or not, mailbox by mailbox: for administrators at eight in the morning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking import catalogue
from booking.busy import ones
from booking.catalogue import Offered
from booking.desk import Desk
from booking.offering.picture import (
    Span,
    computed_starts,
    usable,
    within_bounds,
    working_starts,
)
from booking.offering.slots import Shape, aligned
from booking.store import UnitOfWork
from booking.store.offer_rows import OfferRow
from mapping.hours import closed_days
from mapping.model import Channel, HoursFrom, StaffMember


@dataclass(frozen=True, slots=True)
class Reason:
    mailbox: str  #: address
    offered: bool
    why: str


def explain(
    desk: Desk, *, service_id: str, channel: Channel, starts_at: datetime
) -> tuple[Reason, ...]:
    """One reason for each mailbox of the pool. Raises NotOffered."""
    with desk.store.read() as uow:
        offered = catalogue.offered(desk, uow, service_id=service_id, channel=channel)
        rows = {row.mailbox_id: row for row in uow.replicas.for_offer(offered.mailbox_ids)}
        reasons = []
        for mailbox_id, mailbox, staff in offered.pool:
            why = _why_not(desk, uow, offered, rows.get(mailbox_id), staff, starts_at)
            reasons.append(Reason(mailbox.address, not why, why or "free"))
        return tuple(reasons)


def _why_not(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    row: OfferRow | None,
    staff: StaffMember,
    start: datetime,
) -> str:
    by_rules = _by_rules(uow, offered, staff, start)
    if by_rules:
        return by_rules
    unreadable = _unreadable(desk, uow, row)
    if unreadable or row is None or row.masks is None:
        return unreadable
    if staff.working_hours is HoursFrom.CALENDAR:
        outside = _outside_hours(offered, row, start)
        if outside:
            return outside
    first, end = Shape.of(offered.service).cells(start)
    whole = ones(0, end - first)
    claims = uow.claims.living([row.mailbox_id], from_cell=first, now=uow.now)
    if any(since < end and until > first for since, until in claims.get(row.mailbox_id, ())):
        return "kept or booked by a citizen, buffers included"
    blocked = row.masks.blocked(offered.policy)
    if aligned(row.masks, blocked, base=first, cells=end - first) & whole:
        return "the calendar is busy at that time, buffers included"
    return ""


def _by_rules(uow: UnitOfWork, offered: Offered, staff: StaffMember, start: datetime) -> str:
    horizon = timedelta(days=offered.service.horizon_days + 2)
    if not uow.now - horizon < start < uow.now + horizon:
        return "too soon for the minimum notice, or beyond the horizon"
    day = start.astimezone(offered.entry.zone).date()
    span = Span(day, day, offered.entry.zone)
    first, _ = Shape.of(offered.service).cells(start)
    bit = 1 << (first + Shape.of(offered.service).before - span.base)
    if closed_days(offered.municipality, offered.service, staff, first=day, last=day):
        return "closed on that day: a holiday or a closure"
    starts = computed_starts(offered.municipality, offered.service, offered.channel, staff, span)
    if not starts & bit:
        return "not a start by the opening hours and the step of the service"
    if not within_bounds(offered.service, now=uow.now, span=span) & bit:
        return "too soon for the minimum notice, or beyond the horizon"
    return ""


def _outside_hours(offered: Offered, row: OfferRow, start: datetime) -> str:
    if row.working_hours is None:
        return "the calendar has not told its working hours yet, which the mapping asks for"
    day = start.astimezone(offered.entry.zone).date()
    span, shape = Span(day, day, offered.entry.zone), Shape.of(offered.service)
    bit = 1 << (shape.cells(start)[0] + shape.before - span.base)
    if not working_starts(row, shape, span) & bit:
        return "outside the working hours that the calendar tells"
    return ""


def _unreadable(desk: Desk, uow: UnitOfWork, row: OfferRow | None) -> str:
    if row is None or not row.active:
        return "this mailbox is not active"
    if row.masks is None or row.last_success is None:
        return f"the calendar was never read ({row.error_code or 'not tried yet'})"
    if row.braked:
        return "the calendar suddenly read empty: a person must look"
    if row.refuses:
        return "the calendar refuses our events: see 'rantevou mailbox check'"
    if row.masks.degraded:
        return "an entry of the calendar is not understood: change it, or accept it"
    if usable(row, now=uow.now, settings=desk.settings):
        return ""
    age = (uow.now - row.last_success) // timedelta(seconds=1)
    waits = uow.mailboxes.server(row.server_id).waits_until(uow.now)
    asked = f"; the provider asked us to wait until {waits:%H:%M:%S} UTC" if waits else ""
    reason = f"{row.error_code or 'stale'}; last read {age} s ago{asked}"
    return f"the calendar cannot be read now ({reason})"
