"""What nobody carries on any more: rows in a state that is not their last, without a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, and_, delete, exists, or_, select
from sqlalchemy.engine import Connection

from booking.model import BookingState
from booking.store.outbox import Step
from booking.store.placements import PlacementRow, PlacementState
from booking.store.tables import (
    booking,
    claim,
    claim_cell,
    hold,
    outbox,
    placement,
    resource,
    waiting,
)

#: No event stands, and no time is taken, for a booking in one of these.
_OVER = (BookingState.CANCELLED.value, BookingState.RELEASED.value)
#: So long after its time an event may stay where it is.
_GONE = (PlacementState.REFUSED.value, PlacementState.REMOVED.value)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    id: str
    mailbox_id: str
    first_cell: int
    end_cell: int


@dataclass(frozen=True, slots=True)
class Stray:
    """An event of ours that should not stand where it does."""

    placement: PlacementRow
    mailbox_id: str  #: in whose calendar it stands
    etag: str


class Forgotten:
    """Each question is one query; nothing here changes anything but ``drop_claims``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reschedules(self, *, before: datetime, limit: int) -> tuple[str, ...]:
        """Bookings on their way to another time, and no step takes them there."""
        return self._ids(
            select(booking.c.id).where(
                booking.c.state.in_([BookingState.CONFIRMED.value, BookingState.CONFLICT.value]),
                booking.c.pending_starts_at.is_not(None),
                booking.c.changed_at <= before,
                ~_owed(outbox.c.booking_id == booking.c.id, Step.UPDATE),
            ),
            limit,
        )

    def cancellations(self, *, before: datetime, limit: int) -> tuple[str, ...]:
        """Bookings being cancelled without an end of the time to undo it."""
        return self._ids(
            select(booking.c.id).where(
                booking.c.state == BookingState.CANCELLING.value,
                booking.c.undo_until.is_(None),
                booking.c.changed_at <= before,
            ),
            limit,
        )

    def removals(self, *, after: datetime, limit: int) -> tuple[PlacementRow, ...]:
        """Placements whose event is to go, of appointments after that, and no step removes it."""
        return self._placements(
            select(placement).where(
                placement.c.state == PlacementState.REMOVING.value,
                placement.c.ends_at > after,
                ~_owed(outbox.c.placement_key == placement.c.key, Step.REMOVE),
            ),
            limit,
        )

    def standing(
        self, *, before: datetime, after: datetime, limit: int
    ) -> tuple[PlacementRow, ...]:
        """Events of bookings that do not take place, as far as nobody deleted them."""
        over = (*_OVER, BookingState.CANCELLING.value)
        return self._placements(
            select(placement)
            .join(booking, booking.c.id == placement.c.booking_id)
            .where(
                placement.c.state == PlacementState.PLACED.value,
                placement.c.seen != "vanished",
                placement.c.ends_at > after,
                booking.c.state.in_(over),
                booking.c.changed_at <= before,
            ),
            limit,
        )

    def plans(self, *, before: datetime, limit: int) -> tuple[PlacementRow, ...]:
        """Attempts that nobody makes any more; whether something was written is not known."""
        return self._placements(
            select(placement)
            .join(booking, booking.c.id == placement.c.booking_id)
            .where(
                placement.c.state == PlacementState.PLANNED.value,
                placement.c.created_at <= before,
                booking.c.state != BookingState.PENDING.value,
                booking.c.pending_starts_at.is_(None),
                booking.c.changed_at <= before,
                ~_owed(outbox.c.placement_key == placement.c.key, Step.PLACE, Step.UPDATE),
            ),
            limit,
        )

    def strays(self, *, before: datetime, after: datetime, limit: int) -> tuple[Stray, ...]:
        """Events that stand in a replica although their placement is over; staff may have carried
        them into another calendar."""
        rows = self._connection.execute(
            select(
                placement,
                resource.c.etag.label("stray_etag"),
                resource.c.mailbox_id.label("stray_mailbox"),
            )
            .join(resource, resource.c.own_key == placement.c.key)
            .join(booking, booking.c.id == placement.c.booking_id)
            .where(
                placement.c.state.in_(_GONE),
                placement.c.ends_at > after,
                booking.c.changed_at <= before,
                ~_owed(outbox.c.placement_key == placement.c.key, Step.REMOVE),
            )
            .limit(limit)
        )
        found = []
        for row in rows:
            values = dict(row._mapping)
            etag, mailbox_id = values.pop("stray_etag"), values.pop("stray_mailbox")
            found.append(Stray(PlacementRow(**values), mailbox_id, etag))
        return tuple(found)

    def kept_times(self, *, limit: int) -> tuple[str, ...]:
        """Holds of alternatives for a booking that needs none (any more)."""
        waits = [BookingState.RELEASED.value, BookingState.CONFLICT.value]
        return self._ids(
            select(hold.c.id)
            .join(booking, booking.c.id == hold.c.for_booking)
            .where(
                booking.c.state.not_in(waits),
                ~exists().where(waiting.c.hold_id == hold.c.id),
            ),
            limit,
        )

    def claims(self, *, before: datetime, limit: int) -> tuple[str, ...]:
        """Claims of bookings that are over, and of holds that are gone."""
        return self._ids(
            select(claim.c.id)
            .outerjoin(booking, booking.c.id == claim.c.booking_id)
            .where(
                or_(
                    and_(booking.c.state.in_(_OVER), booking.c.changed_at <= before),
                    and_(claim.c.booking_id.is_not(None), booking.c.id.is_(None)),
                    and_(
                        claim.c.expires_at <= before,
                        ~exists().where(hold.c.id == claim.c.hold_id),
                    ),
                )
            ),
            limit,
        )

    def drop_claims(self, claim_ids: Sequence[str]) -> None:
        self._connection.execute(delete(claim_cell).where(claim_cell.c.claim_id.in_(claim_ids)))
        self._connection.execute(delete(claim).where(claim.c.id.in_(claim_ids)))

    def claims_of(self, booking_id: str) -> tuple[ClaimRow, ...]:
        columns = (claim.c.id, claim.c.mailbox_id, claim.c.first_cell, claim.c.end_cell)
        rows = self._connection.execute(select(*columns).where(claim.c.booking_id == booking_id))
        return tuple(ClaimRow(**row._mapping) for row in rows)

    def _ids(self, query: Select[Any], limit: int) -> tuple[str, ...]:
        return tuple(self._connection.execute(query.limit(limit)).scalars())

    def _placements(self, query: Select[Any], limit: int) -> tuple[PlacementRow, ...]:
        rows = self._connection.execute(query.limit(limit))
        return tuple(PlacementRow(**row._mapping) for row in rows)


def _owed(of: ColumnElement[bool], *steps: Step) -> Exists:
    """An open step of these kinds."""
    return exists().where(
        of,
        outbox.c.done_at.is_(None),
        outbox.c.kind.in_([step.value for step in steps]),
    )
