"""Placements: each attempt to put a booking into one mailbox, with the key of its event."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from booking.store.tables import placement
from connectors.contract import Period


class PlacementState(enum.StrEnum):
    PLANNED = "planned"  #: to be written; whether it was is for ``find`` to say
    PLACED = "placed"  #: the event was read back
    REFUSED = "refused"  #: busy or refused; nothing is there (see ``outcome_unknown``)
    REMOVING = "removing"  #: its event is to go
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class PlacementRow:
    key: str
    booking_id: str
    n: int
    mailbox_id: str
    state: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    outcome: str
    outcome_unknown: bool
    not_found: int
    event_id: str
    etag: str
    seen: str
    seen_at: datetime | None
    shared: bool
    created_at: datetime


class Placements:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        booking_id: str,
        mailbox_id: str,
        starts_at: datetime,
        ends_at: datetime,
        reason: str,
        now: datetime,
    ) -> str:
        """A new attempt with its own key, which is returned."""
        n = len(self.of_booking(booking_id)) + 1
        key = f"{booking_id}-{n}"
        self._connection.execute(
            insert(placement).values(
                key=key,
                booking_id=booking_id,
                n=n,
                mailbox_id=mailbox_id,
                state=PlacementState.PLANNED.value,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=reason[:200],
                created_at=now,
            )
        )
        return key

    def get(self, key: str) -> PlacementRow | None:
        row = self._connection.execute(
            select(placement).where(placement.c.key == key)
        ).one_or_none()
        return None if row is None else PlacementRow(**row._mapping)

    def of_booking(self, booking_id: str) -> tuple[PlacementRow, ...]:
        rows = self._connection.execute(
            select(placement).where(placement.c.booking_id == booking_id).order_by(placement.c.n)
        )
        return tuple(PlacementRow(**row._mapping) for row in rows)

    def change(self, key: str, **values: Any) -> None:
        self._connection.execute(update(placement).where(placement.c.key == key).values(**values))

    def move(self, key: str, *, was: Sequence[PlacementState], to: PlacementState) -> bool:
        """Change the state, only if it is one of ``was``."""
        changed = self._connection.execute(
            update(placement)
            .where(placement.c.key == key, placement.c.state.in_([each.value for each in was]))
            .values(state=to.value)
        )
        return changed.rowcount == 1

    def hand_over(self, mailbox_id: str, *, to: str) -> None:
        """Every event that was written for one mailbox is reached through another from now on."""
        self._connection.execute(
            update(placement).where(placement.c.mailbox_id == mailbox_id).values(mailbox_id=to)
        )

    def placed_in(self, mailbox_id: str, event_ids: Sequence[str]) -> tuple[PlacementRow, ...]:
        """Placements whose event is one of these and should stand there."""
        rows = self._connection.execute(
            select(placement).where(
                placement.c.mailbox_id == mailbox_id,
                placement.c.state == PlacementState.PLACED.value,
                placement.c.event_id.in_(event_ids),
            )
        )
        return tuple(PlacementRow(**row._mapping) for row in rows)

    def standing(self, mailbox_id: str, *, since: datetime) -> tuple[PlacementRow, ...]:
        """Placements whose event should stand there and ends after ``since``, in order."""
        rows = self._connection.execute(
            select(placement)
            .where(
                placement.c.mailbox_id == mailbox_id,
                placement.c.state == PlacementState.PLACED.value,
                placement.c.ends_at > since,
                placement.c.event_id != "",
            )
            .order_by(placement.c.starts_at, placement.c.key)
        )
        return tuple(PlacementRow(**row._mapping) for row in rows)

    def expected_in(self, mailbox_id: str, period: Period) -> tuple[PlacementRow, ...]:
        """Placements whose event should stand within ``period``; of those that are known to be
        deleted, none. What nobody has moved comes first."""
        rows = self._connection.execute(
            select(placement)
            .where(
                placement.c.mailbox_id == mailbox_id,
                placement.c.state == PlacementState.PLACED.value,
                placement.c.starts_at < period.end,
                placement.c.ends_at > period.start,
                placement.c.event_id != "",
                placement.c.seen != "vanished",
            )
            .order_by(placement.c.seen, placement.c.starts_at)
        )
        return tuple(PlacementRow(**row._mapping) for row in rows)

    def count_seen(self) -> dict[str, dict[str, int]]:
        """How many events of ours differ from what we wrote, by mailbox and by what was seen."""
        rows = self._connection.execute(
            select(placement.c.mailbox_id, placement.c.seen, func.count())
            .where(placement.c.state == PlacementState.PLACED.value, placement.c.seen != "")
            .group_by(placement.c.mailbox_id, placement.c.seen)
        )
        found: dict[str, dict[str, int]] = {}
        for mailbox_id, seen, count in rows:
            found.setdefault(mailbox_id, {})[seen] = count
        return found
