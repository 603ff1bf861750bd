"""The outbox: steps that are owed, with leases and fencing numbers, retry times as rows."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection

from booking.store.clock import no_lease, no_wait
from booking.store.columns import Moment
from booking.store.tables import booking, outbox, placement

#: A mail that failed more often keeps the newer ones of its booking waiting no longer.
TRIED_IN_VAIN = 4
#: Outcome of a mail that was handed over.
SENT = "sent"
_TAKEN_OVER = "taken over"


class Step(enum.StrEnum):
    PLACE = "place"  #: write the booking's event
    UPDATE = "update"  #: bring the event into line with a reschedule
    REMOVE = "remove"  #: take a placement's event away
    MAIL = "mail"
    LINK = "link"  #: look whether the event has a meeting link (now)
    REVIEW = "review"  #: look what staff made of the event, and act on it
    SECURE = "secure"  #: set lobby and recording of the event's meeting
    FORGET = "forget"  #: take the name out of the event of a booking that was erased


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    name: str
    kind: Step
    booking_id: str  #: empty: the step belongs to no booking (yet)
    placement_key: str | None
    detail: Mapping[str, Any]
    not_before: datetime
    lease_until: datetime | None
    fence: int  #: only who holds the entry under this number may finish it
    tries: int
    done_at: datetime | None
    outcome: str
    created_at: datetime

    @property
    def taken_over(self) -> bool:
        """Whoever had it before never said what became of it."""
        return self.outcome == _TAKEN_OVER


class Outbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        name: str,
        kind: Step,
        booking_id: str,
        now: datetime,
        placement_key: str | None = None,
        detail: Mapping[str, Any] | None = None,
        not_before: datetime | None = None,
        leased_until: datetime | None = None,
    ) -> Entry:
        """Owe a step; with ``leased_until``, the caller is the one who takes it first."""
        row = self._connection.execute(
            insert(outbox)
            .values(
                name=name,
                kind=kind.value,
                booking_id=booking_id or None,
                placement_key=placement_key,
                detail=json.dumps(dict(detail or {})),
                not_before=not_before or now,
                lease_until=leased_until,
                fence=1 if leased_until else 0,
                tries=1 if leased_until else 0,
                created_at=now,
            )
            .returning(outbox)
        ).one()
        return _entry(row)

    def known(self, name: str) -> bool:
        query = select(outbox.c.id).where(outbox.c.name == name)
        return self._connection.execute(query).scalar() is not None

    def get(self, entry_id: int) -> Entry | None:
        row = self._connection.execute(select(outbox).where(outbox.c.id == entry_id)).one_or_none()
        return None if row is None else _entry(row)

    def due(self, *, now: datetime, limit: int) -> tuple[int, ...]:
        rows = self._connection.execute(_due(), {"some": limit, **_instants(now)})
        return tuple(rows.scalars())

    def due_count(self, *, now: datetime) -> int:
        count: int = self._connection.execute(_due_count(), _instants(now)).scalar_one()
        return count

    def open(self, *, limit: int = 500) -> tuple[Entry, ...]:
        rows = self._connection.execute(
            select(outbox).where(outbox.c.done_at.is_(None)).order_by(outbox.c.id).limit(limit)
        )
        return tuple(_entry(row) for row in rows)

    def open_of_kind(self, kind: Step, *, limit: int = 500) -> tuple[Entry, ...]:
        rows = self._connection.execute(
            select(outbox)
            .where(outbox.c.done_at.is_(None), outbox.c.kind == kind.value)
            .order_by(outbox.c.id)
            .limit(limit)
        )
        return tuple(_entry(row) for row in rows)

    def of_booking(self, booking_id: str, *, kinds: Sequence[Step]) -> tuple[Entry, ...]:
        """Open entries of a booking."""
        rows = self._connection.execute(
            select(outbox)
            .where(
                outbox.c.booking_id == booking_id,
                outbox.c.done_at.is_(None),
                outbox.c.kind.in_([kind.value for kind in kinds]),
            )
            .order_by(outbox.c.id)
        )
        return tuple(_entry(row) for row in rows)

    def mails_of(self, booking_id: str) -> tuple[Entry, ...]:
        """Mails of a booking, sent or not, the oldest first; those long sent are forgotten."""
        rows = self._connection.execute(
            select(outbox)
            .where(outbox.c.booking_id == booking_id, outbox.c.kind == Step.MAIL.value)
            .order_by(outbox.c.id)
        )
        return tuple(_entry(row) for row in rows)

    def take(self, entry_id: int, *, now: datetime, until: datetime) -> Entry | None:
        """Lease an entry that is due; None where somebody else was faster."""
        # One at a time of each booking's mails: what ``_is_due`` asks of the others holds then.
        self._connection.execute(_lock_booking(), {"entry": entry_id})
        row = self._connection.execute(
            _take(), {"entry": entry_id, "until": until, **_instants(now)}
        ).one_or_none()
        return None if row is None else _entry(row)

    def finish(self, entry: Entry, *, now: datetime, outcome: str) -> bool:
        """False where the lease was lost to another holder: then nothing of it may be recorded."""
        return self._change(entry, done_at=now, lease_until=None, outcome=outcome[:200])

    def postpone(self, entry: Entry, *, until: datetime, outcome: str) -> bool:
        """Give the lease back; the entry is due again at ``until``."""
        return self._change(entry, not_before=until, lease_until=None, outcome=outcome[:200])

    def hurry(self, entry: Entry, *, now: datetime, detail: Mapping[str, Any]) -> bool:
        """A step that waits is due now; False where somebody is at it, or it is done."""
        changed = self._connection.execute(
            update(outbox)
            .where(
                outbox.c.id == entry.id,
                outbox.c.done_at.is_(None),
                outbox.c.lease_until.is_(None),
            )
            .values(not_before=now, detail=json.dumps(dict(detail)))
        )
        return changed.rowcount == 1

    def withdraw(self, entry: Entry, *, now: datetime, outcome: str) -> None:
        """Nobody needs this step any more; whoever is at it records nothing of it."""
        self._connection.execute(
            update(outbox)
            .where(outbox.c.id == entry.id, outbox.c.done_at.is_(None))
            .values(done_at=now, lease_until=None, fence=outbox.c.fence + 1, outcome=outcome[:200])
        )

    def hasten_mails(self, booking_id: str, *, now: datetime) -> None:
        """Mails of a booking that were tried in vain are due now; newer ones wait for them."""
        self._connection.execute(
            update(outbox)
            .where(
                outbox.c.booking_id == booking_id,
                outbox.c.kind == Step.MAIL.value,
                outbox.c.done_at.is_(None),
                outbox.c.tries > 0,
                outbox.c.not_before > now,
            )
            .values(not_before=now)
        )

    def hasten(self, mailbox_id: str, *, now: datetime) -> None:
        """Steps that were tried in vain and wait for another try in this mailbox are due now.

        Those that wait for their first time do so with a reason.
        """
        keys = select(placement.c.key).where(placement.c.mailbox_id == mailbox_id)
        self._connection.execute(
            update(outbox)
            .where(
                outbox.c.done_at.is_(None),
                outbox.c.not_before > now,
                outbox.c.tries > 0,
                outbox.c.kind != Step.MAIL.value,
                outbox.c.placement_key.in_(keys),
            )
            .values(not_before=now)
        )

    def holds(self, entry: Entry) -> bool:
        """Whether the lease is still ours; locks the row until the end of the unit."""
        query = (
            select(outbox.c.id)
            .where(
                outbox.c.id == entry.id,
                outbox.c.fence == entry.fence,
                outbox.c.done_at.is_(None),
            )
            .with_for_update()
        )
        return self._connection.execute(query).scalar() is not None

    def point_at(self, entry: Entry, *, placement_key: str, lease_until: datetime) -> bool:
        """Go on with another placement under the same lease, prolonged."""
        return self._change(entry, placement_key=placement_key, lease_until=lease_until)

    def sweep(self, *, done_before: datetime, limit: int) -> int:
        """Forget steps that were done long ago."""
        old = (
            select(outbox.c.id)
            .where(outbox.c.done_at.is_not(None), outbox.c.done_at <= done_before)
            .limit(limit)
        )
        return self._connection.execute(
            delete(outbox).where(outbox.c.id.in_(old.scalar_subquery()))
        ).rowcount

    def _change(self, entry: Entry, **values: Any) -> bool:
        changed = self._connection.execute(
            update(outbox)
            .where(
                outbox.c.id == entry.id,
                outbox.c.fence == entry.fence,
                outbox.c.done_at.is_(None),
            )
            .values(**values)
        )
        return changed.rowcount == 1


_older = outbox.alias("older")
_AT = bindparam("at", type_=Moment())
_NO_LEASE = bindparam("no_lease", type_=Moment())
_NO_WAIT = bindparam("no_wait", type_=Moment())


def _instants(now: datetime) -> dict[str, datetime]:
    """What ``_is_due`` asks for."""
    return {"at": now, "no_lease": no_lease(now), "no_wait": no_wait(now)}


def _waits_for_an_older_mail() -> ColumnElement[bool]:
    """An older mail of the same booking is on its way or due, or was tried and may have left:
    whatever was heard of it, it must not leave after a newer one, or it would be the last that
    the citizen reads. One that fails again and again keeps nobody waiting between its tries."""
    return and_(
        outbox.c.kind == Step.MAIL.value,
        exists().where(
            _older.c.booking_id == outbox.c.booking_id,
            _older.c.kind == Step.MAIL.value,
            _older.c.id < outbox.c.id,
            _older.c.done_at.is_(None),
            or_(
                and_(_older.c.lease_until > _AT, _older.c.lease_until <= _NO_LEASE),
                and_(
                    or_(_older.c.tries > 0, _older.c.not_before <= _AT),
                    _older.c.tries <= TRIED_IN_VAIN,
                ),
            ),
        ),
    )


def _is_due() -> ColumnElement[bool]:
    """Its time has come, nobody holds it, and of mails it is its turn; waits and leases of a clock
    put back are over."""
    return and_(
        outbox.c.done_at.is_(None),
        not_(_waits_for_an_older_mail()),
        or_(outbox.c.not_before <= _AT, outbox.c.not_before > _NO_WAIT),
        or_(
            outbox.c.lease_until.is_(None),
            outbox.c.lease_until <= _AT,
            outbox.c.lease_until > _NO_LEASE,
        ),
    )


# Asked at every look and for every step, so made once: making them costs more than asking.


@cache
def _due() -> Select[Any]:
    return (
        select(outbox.c.id)
        .where(_is_due())
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(bindparam("some"))
    )


@cache
def _due_count() -> Select[Any]:
    return select(func.count()).select_from(outbox).where(_is_due())


@cache
def _lock_booking() -> Select[Any]:
    return (
        select(booking.c.id)
        .join(outbox, outbox.c.booking_id == booking.c.id)
        .where(outbox.c.id == bindparam("entry"), outbox.c.kind == Step.MAIL.value)
        .with_for_update(of=booking)
    )


@cache
def _take() -> Executable:
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("entry"), _is_due())
        .values(
            lease_until=bindparam("until", type_=Moment()),
            fence=outbox.c.fence + 1,
            tries=outbox.c.tries + 1,
            outcome=case((outbox.c.lease_until.is_not(None), _TAKEN_OVER), else_=outbox.c.outcome),
        )
        .returning(outbox)
    )


def _entry(row: Any) -> Entry:
    values = dict(row._mapping)
    values["kind"] = Step(values["kind"])
    values["detail"] = json.loads(values["detail"])
    values["booking_id"] = values["booking_id"] or ""
    return Entry(**values)
