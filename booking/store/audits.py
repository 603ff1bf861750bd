"""What the database knows of events: for comparing all of a calendar with all bookings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from booking.model import BookingState
from booking.store.placements import PlacementRow, PlacementState
from booking.store.tables import booking, placement

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Expected:
    """A placement with what its booking says."""

    placement: PlacementRow
    reference: str
    state: BookingState


class Audits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, keys: Sequence[str]) -> dict[str, Expected]:
        """Placements of these keys."""
        found: dict[str, Expected] = {}
        for first in range(0, len(keys), _CHUNK):
            rows = self._connection.execute(
                _SELECT.where(placement.c.key.in_(keys[first : first + _CHUNK]))
            )
            found |= {row.key: _expected(row) for row in rows}
        return found

    def standing(self, mailbox_id: str, *, after: datetime) -> tuple[Expected, ...]:
        """Whose event should stand in this mailbox, of appointments that end after that."""
        rows = self._connection.execute(
            _SELECT.where(
                placement.c.mailbox_id == mailbox_id,
                placement.c.state == PlacementState.PLACED.value,
                placement.c.ends_at > after,
                booking.c.state.in_([BookingState.CONFIRMED.value, BookingState.CONFLICT.value]),
            ).order_by(placement.c.starts_at, placement.c.key)
        )
        return tuple(_expected(row) for row in rows)

    def put_placement(self, **values: Any) -> None:
        """A placement whose event stands already, with the key that the event has."""
        self._connection.execute(
            insert(placement).values(
                state=PlacementState.PLACED.value, outcome="found in the calendar", **values
            )
        )


def _expected(row: Any) -> Expected:
    values = dict(row._mapping)
    reference, state = values.pop("reference"), BookingState(values.pop("booking_state"))
    return Expected(PlacementRow(**values), reference, state)


_SELECT = select(placement, booking.c.reference, booking.c.state.label("booking_state")).join(
    booking, booking.c.id == placement.c.booking_id
)
