"""What is offered now: free slots of a service by a channel, and how well that is known."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.calendars import view as viewing
from booking.catalogue import Offered
from booking.desk import Desk
from booking.model import Availability, NotOffered
from booking.offering.picture import (
    LONGEST,
    Picture,
    Span,
    computed_starts,
    nearest,
    picture,
    reasonable,
    within_bounds,
)
from booking.offering.slots import Shape, free_starts, starts_in
from connectors.contract import Period
from connectors.deadline import Deadline
from mapping.model import Channel, Municipality, Service, ServiceChannel
from mapping.policy import policy_of


def available(
    desk: Desk,
    *,
    service_id: str,
    channel: Channel,
    first: date,
    last: date,
    refresh: bool = True,
    exclude_booking: str | None = None,
    at_desk: bool = False,
) -> Availability:
    """Free slots of the local days ``first`` to ``last`` (both included, at most 62).

    With ``refresh``, mailboxes not read in the last ten seconds are read again, for at most
    ``settings.view_deadline``. What ``exclude_booking`` occupies counts as free (rescheduling).
    ``at_desk``: the office books, so the minimum notice is kept. Raises NotOffered.
    """
    view = None
    with desk.store.read() as uow:
        offered = catalogue.offered(desk, uow, service_id=service_id, channel=channel)
        first = reasonable(first, now=uow.now)
        last = min(last, first + timedelta(days=LONGEST - 1))
        rows = uow.replicas.for_offer(offered.mailbox_ids)
        stale = viewing.to_look_at(desk, rows, now=uow.now) if refresh else ()
        if not stale:
            view = picture(
                desk,
                uow,
                offered,
                first=first,
                last=last,
                without=exclude_booking,
                rows=rows,
                promised=at_desk,
            )
    if view is None:
        deadline = Deadline.after(desk.settings.view_deadline.total_seconds())
        viewing.refresh_view(desk, mailbox_ids=stale, deadline=deadline)
        with desk.store.read() as uow:
            view = picture(
                desk,
                uow,
                offered,
                first=first,
                last=last,
                without=exclude_booking,
                promised=at_desk,
            )
    return _availability(view, offered)


def alternatives(
    desk: Desk, *, service_id: str, channel: Channel, near: datetime, count: int = 3
) -> tuple[Period, ...]:
    """The ``count`` free slots nearest to ``near``, in order of time. Raises NotOffered."""
    with desk.store.read() as uow:
        return nearest(desk, uow, service_id=service_id, channel=channel, near=near, count=count)


def preview(
    desk: Desk | None,
    *,
    municipality: Municipality,
    service: Service,
    channel: Channel,
    first: date,
    last: date,
    now: datetime,
) -> tuple[Period, ...]:
    """Slots that a mapping would offer: by its rules, and by what is known of mailboxes that
    exist already. Writes nothing. Raises NotOffered for a channel that the service has not."""
    delivered = service.channel(channel)
    if delivered is None:
        raise NotOffered("this service is not offered by this channel")
    span = Span(first, last, ZoneInfo(municipality.time_zone))
    allowed = within_bounds(service, now=now, span=span)
    known = {} if desk is None else _known_busy(desk, municipality, delivered, span)
    union = 0
    for address in delivered.mailboxes:
        mailbox = municipality.mailbox(address)
        member = municipality.staff_member(mailbox.staff) if mailbox else None
        if member is not None:
            candidates = computed_starts(municipality, service, delivered, member, span)
            union |= free_starts(candidates & allowed, known.get(address, 0), Shape.of(service))
    return tuple(Shape.of(service).period(start) for start in starts_in(union, base=span.base))


def _known_busy(
    desk: Desk, municipality: Municipality, delivered: ServiceChannel, span: Span
) -> dict[str, int]:
    """Busy mask of each mailbox that exists already, by address."""
    policy = policy_of(municipality, delivered)
    known = {}
    with desk.store.read() as uow:
        addresses = {
            mailbox_id: address
            for address, mailbox_id in uow.mailboxes.ids(municipality.slug).items()
            if address in delivered.mailboxes
        }
        claims = uow.claims.living(tuple(addresses), from_cell=span.base, now=uow.now)
        for row in uow.replicas.for_offer(tuple(addresses)):
            mask = span.mask(claims.get(row.mailbox_id, ()))
            if row.masks is not None:
                shift = row.masks.base - span.base
                blocked = row.masks.blocked(policy)
                mask |= blocked << shift if shift >= 0 else blocked >> -shift
            known[addresses[row.mailbox_id]] = mask
    return known


def _availability(view: Picture, offered: Offered) -> Availability:
    shape = Shape.of(offered.service)
    read_at = (
        row.last_success
        for row in view.rows
        if row.mailbox_id in view.free and row.last_success is not None
    )
    return Availability(
        slots=tuple(shape.period(start) for start in view.starts()),
        readable=len(view.free),
        total=len(offered.pool),
        oldest_read_at=min(read_at, default=None),
    )
