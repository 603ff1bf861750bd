"""What was noticed of a booking's event, for the people of the office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.desk import Desk
from booking.model import NotOffered
from booking.references import normalised
from booking.store.placements import PlacementState
from connectors.contract import Period


@dataclass(frozen=True, slots=True)
class Noticed:
    """``seen``: "moved", "vanished", "overlapped", "edited" or "" (``booking.calendars.noticing``).

    ``stands_at``: where the event stood when the calendar was last read; None where it has no one
    time there. ``shared``: staff said that it takes place whatever else lies over it.
    """

    seen: str
    seen_at: datetime | None
    stands_at: Period | None
    shared: bool


def noticed(desk: Desk, *, reference: str) -> Noticed | None:
    """None where no event of the booking should stand anywhere. Callers check rights first.

    Raises NotOffered where there is no such booking.
    """
    known = normalised(reference)
    with desk.store.read() as uow:
        row = uow.bookings.by_reference(known) if known else None
        if row is None:
            raise NotOffered("there is no such booking")
        placed = [
            each
            for each in uow.placements.of_booking(row.id)
            if each.state == PlacementState.PLACED
        ]
        if not placed:
            return None
        placement = placed[-1]
        found = [
            each.period
            for each in uow.replicas.own_intervals(placement.mailbox_id)
            if each.key == placement.key and not each.all_day
        ]
        return Noticed(
            seen=placement.seen,
            seen_at=placement.seen_at,
            stands_at=found[0] if len(found) == 1 else None,
            shared=placement.shared,
        )
