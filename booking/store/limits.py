"""Counting what one person, mail address or network has booked, one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.engine import Connection

from booking.model import BookingState, Reason
from booking.store.bookings import ACTIVE
from booking.store.tables import booking


class Limits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait_turn(self, marks: Collection[str]) -> None:
        """Until the end of the unit nobody else passes who has one of these marks.

        A row to lock is not there before the first booking, so PostgreSQL locks the mark itself;
        with SQLite one writer goes at a time in any case.
        """
        if self._connection.dialect.name != "postgresql":
            return
        # In one order, so that two who share several marks do not wait for each other.
        for number in sorted(_number(mark) for mark in marks):
            self._connection.execute(select(func.pg_advisory_xact_lock(number)))

    def ahead(
        self,
        *,
        municipality: str,
        service_id: str | None,
        persons: Collection[str],
        emails: Collection[str],
        now: datetime,
    ) -> int:
        """Appointments that are still to come, of whoever has one of these marks."""
        same: list[ColumnElement[bool]] = []
        if persons:
            same.append(booking.c.person_hash.in_(persons))
        if emails:
            same.append(booking.c.email_hash.in_(emails))
        if not same:
            return 0
        query = (
            select(func.count())
            .select_from(booking)
            .where(
                or_(*same),
                booking.c.municipality == municipality,
                booking.c.state.in_([state.value for state in ACTIVE]),
                booking.c.starts_at > now,
            )
        )
        if service_id is not None:
            query = query.where(booking.c.service_id == service_id)
        return self._connection.execute(query).scalar_one()

    def of_networks(self, networks: Collection[str], *, municipality: str, since: datetime) -> int:
        """What was booked from there, cancelled or not; what no calendar took does not count."""
        return self._connection.execute(
            select(func.count())
            .select_from(booking)
            .where(
                booking.c.network_hash.in_(networks),
                booking.c.municipality == municipality,
                booking.c.created_at >= since,
                or_(
                    booking.c.state != BookingState.RELEASED.value,
                    booking.c.reason != Reason.NOT_PLACED.value,
                ),
            )
        ).scalar_one()


def _number(mark: str) -> int:
    """As PostgreSQL counts its locks: 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(mark.encode()).digest()[:8], "big", signed=True)
