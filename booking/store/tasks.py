"""Tasks of the office: rows that say what a person has to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.engine import Connection

from booking.store.tables import booking, mailbox, task


@dataclass(frozen=True, slots=True)
class TaskRow:
    id: int
    name: str
    kind: str
    municipality: str
    booking_id: str | None
    mailbox_id: str | None
    detail: Mapping[str, Any]
    created_at: datetime
    done_at: datetime | None
    done_by: str
    reference: str | None  #: of the booking
    starts_at: datetime | None  #: of the booking
    address: str | None  #: of the mailbox


class Tasks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def owe(
        self,
        *,
        name: str,
        kind: str,
        municipality: str,
        booking_id: str | None,
        mailbox_id: str | None,
        detail: Mapping[str, Any],
        now: datetime,
        again: bool,
    ) -> bool:
        """Whether the task is new; with ``again``, one that was done is opened anew."""
        row = self._connection.execute(
            select(task.c.id, task.c.done_at).where(task.c.name == name)
        ).one_or_none()
        values = {"detail": json.dumps(dict(detail)), "created_at": now}
        if row is None:
            self._connection.execute(
                insert(task).values(
                    name=name,
                    kind=kind,
                    municipality=municipality,
                    booking_id=booking_id,
                    mailbox_id=mailbox_id,
                    done_by="",
                    **values,
                )
            )
            return True
        if row.done_at is None or not again:
            return False
        self._connection.execute(
            update(task).where(task.c.id == row.id).values(done_at=None, done_by="", **values)
        )
        return True

    def done(self, task_id: int, *, at: datetime, by: str) -> bool:
        """False where it was done already, or is none."""
        return self._finish(task.c.id == task_id, at=at, by=by) == 1

    def settle(self, name: str, *, at: datetime, by: str) -> bool:
        """The matter has settled itself; False where there was nothing to settle."""
        return self._finish(task.c.name == name, at=at, by=by) == 1

    def settle_of_bookings(self, *, kind: str, states: list[str], at: datetime, by: str) -> int:
        """Finish tasks of bookings that are over, or in none of ``states`` any more."""
        moot = select(booking.c.id).where(
            or_(booking.c.state.not_in(states), booking.c.ends_at <= at)
        )
        return self._finish(
            (task.c.kind == kind) & task.c.booking_id.in_(moot.scalar_subquery()), at=at, by=by
        )

    def open(self, *, municipality: str | None, limit: int = 200) -> tuple[TaskRow, ...]:
        """Open tasks of a municipality (None: of all), those of the nearest bookings first."""
        query = _SELECT.where(task.c.done_at.is_(None))
        if municipality is not None:
            query = query.where(task.c.municipality == municipality)
        nearest = func.coalesce(booking.c.starts_at, task.c.created_at)
        rows = self._connection.execute(query.order_by(nearest, task.c.id).limit(limit))
        return tuple(_row(each) for each in rows)

    def get(self, task_id: int) -> TaskRow | None:
        row = self._connection.execute(_SELECT.where(task.c.id == task_id)).one_or_none()
        return None if row is None else _row(row)

    def count_open(self, *, municipality: str | None = None) -> int:
        query = select(func.count()).select_from(task).where(task.c.done_at.is_(None))
        if municipality is not None:
            query = query.where(task.c.municipality == municipality)
        count: int = self._connection.execute(query).scalar_one()
        return count

    def sweep(self, *, done_before: datetime) -> int:
        """Forget tasks that were done long ago."""
        old = (task.c.done_at.is_not(None)) & (task.c.done_at <= done_before)
        return self._connection.execute(task.delete().where(old)).rowcount

    def _finish(self, where: Any, *, at: datetime, by: str) -> int:
        return self._connection.execute(
            update(task).where(where, task.c.done_at.is_(None)).values(done_at=at, done_by=by[:200])
        ).rowcount


def _row(row: Any) -> TaskRow:
    values = dict(row._mapping)
    values["detail"] = json.loads(values["detail"])
    return TaskRow(**values)


_SELECT = (
    select(task, booking.c.reference, booking.c.starts_at, mailbox.c.address)
    .outerjoin(booking, booking.c.id == task.c.booking_id)
    .outerjoin(mailbox, mailbox.c.id == task.c.mailbox_id)
)
