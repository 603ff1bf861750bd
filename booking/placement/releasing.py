"""A booking that no calendar could take: its claim is dropped, alternatives are kept for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking import catalogue
from booking.catalogue import Offered
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, NotOffered, Reason
from booking.offering.assignment import candidates
from booking.offering.picture import nearest
from booking.offering.slots import Shape
from booking.placement.owing import owe_mail
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.claims import Cells, Holder
from booking.store.columns import to_microseconds
from booking.store.holds import HoldRow
from connectors.contract import Period
from mapping.model import Channel

#: How long alternatives are kept for somebody who was let down …
_KEPT = timedelta(hours=24)
#: … but never up to the appointment itself.
_BEFORE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Kept:
    """A time that nobody else can take before ``until``."""

    period: Period
    until: datetime


def kept_for(desk: Desk, *, booking_id: str) -> tuple[Kept, ...]:
    """The alternatives that are still kept for a released booking, in order of time."""
    with desk.store.read() as uow:
        return tuple(
            Kept(Period(hold.starts_at, hold.ends_at), hold.expires_at)
            for hold in uow.holds.for_booking(booking_id)
            if hold.expires_at > uow.now
        )


def release(desk: Desk, uow: UnitOfWork, row: BookingRow, *, tell: bool) -> None:
    """End a pending booking as released; with ``tell``, by mail with alternatives held for it."""
    uow.claims.release_booking(row.id)
    uow.bookings.change(
        row, now=uow.now, state=BookingState.RELEASED.value, reason=Reason.NOT_PLACED.value
    )
    if tell:
        tell_with_alternatives(desk, uow, row, kind=MessageKind.RELEASED)


def let_go(desk: Desk, uow: UnitOfWork, row: BookingRow) -> None:
    """End a booking whose event staff deleted; the citizen is told, with alternatives held."""
    uow.claims.release_booking(row.id)
    drop_alternatives(uow, row.id)
    uow.bookings.change(
        row,
        now=uow.now,
        state=BookingState.RELEASED.value,
        reason=Reason.OFFICE_DELETED.value,
        sequence=row.sequence + 1,
    )
    tell_with_alternatives(desk, uow, row, kind=MessageKind.OFFICE_CANCELLED)


def tell_with_alternatives(
    desk: Desk, uow: UnitOfWork, row: BookingRow, *, kind: MessageKind
) -> None:
    """Owe a mail about ``row`` as it was just changed, with times that are kept for it."""
    starts = keep_alternatives(desk, uow, row)
    owe_mail(
        uow,
        booking_id=row.id,
        kind=kind,
        version=row.version + 1,
        detail={"alternatives": [to_microseconds(start) for start in starts]},
    )


def drop_alternatives(uow: UnitOfWork, booking_id: str) -> None:
    """Give back the times that were kept for a booking."""
    for kept in uow.holds.for_booking(booking_id):
        uow.claims.release_hold(kept.id)
        uow.holds.remove(kept.id)


def keep_alternatives(desk: Desk, uow: UnitOfWork, row: BookingRow) -> list[datetime]:
    """Hold the nearest free times for a booking; their starts."""
    channel = Channel(row.channel)
    try:
        offered = catalogue.offered(desk, uow, service_id=row.service_id, channel=channel)
        periods = nearest(desk, uow, service_id=row.service_id, channel=channel, near=row.starts_at)
    except NotOffered:
        return []
    kept = []
    for period in periods:
        expires_at = min(uow.now + _KEPT, period.start - _BEFORE)
        if expires_at <= uow.now or keep_time(
            desk, uow, row, offered, start=period.start, expires_at=expires_at
        ):
            kept.append(period.start)
    return kept


def keep_time(
    desk: Desk,
    uow: UnitOfWork,
    row: BookingRow,
    offered: Offered,
    *,
    start: datetime,
    expires_at: datetime,
    withheld: bool = False,
) -> str | None:
    """Hold ``start`` for this booking alone; id of the hold, None where the time is not free.

    ``withheld``: a time that is not offered to everybody yet may be had too.
    """
    shape = Shape.of(offered.service)
    first, end = shape.cells(start)
    hold_id = secrets.token_urlsafe(18)
    for candidate in candidates(desk, uow, offered, start=start, withheld=withheld):
        cells = Cells(candidate.mailbox_id, first, end)
        if withheld:
            uow.claims.end_withholding(cells)
        if uow.claims.take(
            claim_id=secrets.token_urlsafe(18),
            cells=cells,
            holder=Holder(hold_id=hold_id, for_booking=row.id, expires_at=expires_at),
            now=uow.now,
        ):
            period = shape.period(start)
            uow.holds.add(
                HoldRow(
                    id=hold_id,
                    service_id=row.service_id,
                    channel=row.channel,
                    starts_at=period.start,
                    ends_at=period.end,
                    mailbox_id=candidate.mailbox_id,
                    session_hash=None,
                    for_booking=row.id,
                    reason=candidate.reason,
                    expires_at=expires_at,
                    extendable_until=expires_at,
                )
            )
            return hold_id
    return None
