"""Claims: which five-minute cells of a mailbox a hold or a booking owns.

The primary key (mailbox, cell) is the referee. Cells are inserted in order by one statement, so
that two writers meet at the same first cell and never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Insert,
    Select,
    String,
    and_,
    bindparam,
    delete,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from booking.store.tables import claim, claim_cell


@dataclass(frozen=True, slots=True)
class Cells:
    """Half-open range of cells of one mailbox."""

    mailbox_id: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who claims: a hold (until it expires) or a booking (firm)."""

    hold_id: str | None = None
    booking_id: str | None = None
    for_booking: str | None = None
    expires_at: datetime | None = None


#: Of what was given up and is nobody's, but not offered to everybody yet.
_WITHHELD = and_(
    claim.c.hold_id.is_(None),
    claim.c.booking_id.is_(None),
    claim.c.for_booking.is_(None),
    claim.c.expires_at.is_not(None),
)


@lru_cache
def _living(*, until: bool, without_booking: bool, without_withheld: bool) -> Select[Any]:
    """The question of ``Claims.living``, built once: every view of a calendar asks it."""
    query = select(claim.c.mailbox_id, claim.c.first_cell, claim.c.end_cell).where(
        claim.c.mailbox_id.in_(bindparam("mailboxes", expanding=True)),
        claim.c.end_cell > bindparam("from_cell"),
        or_(claim.c.expires_at.is_(None), claim.c.expires_at > bindparam("now")),
    )
    if until:
        query = query.where(claim.c.first_cell < bindparam("until_cell"))
    if without_booking:
        own: BindParameter[str] = bindparam("without")
        query = query.where(
            or_(claim.c.booking_id.is_(None), claim.c.booking_id != own),
            or_(claim.c.for_booking.is_(None), claim.c.for_booking != own),
        )
    return query.where(not_(_WITHHELD)) if without_withheld else query


@lru_cache
def _inserted(*, around: bool) -> Insert:
    """A row for each cell from ``first`` to ``last``, ``around`` those that are its ``own``.

    Counted by the database: a statement that names every row differs with their number, and would
    be compiled anew for each claim.
    """
    number = claim_cell.c.cell.type
    counted = select(bindparam("first", type_=number).label("cell")).cte("counted", recursive=True)
    counted = counted.union_all(
        select(counted.c.cell + literal_column("1")).where(
            counted.c.cell < bindparam("last", type_=number)
        )
    )
    rows = select(
        bindparam("mailbox", type_=String), counted.c.cell, bindparam("claim", type_=String)
    )
    if around:
        rows = rows.where(counted.c.cell.not_in(bindparam("own", expanding=True)))
    return insert(claim_cell).from_select(["mailbox_id", "cell", "claim_id"], rows)


class Claims:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(
        self, *, claim_id: str, cells: Cells, holder: Holder, now: datetime, owned_by: str = ""
    ) -> bool:
        """Claim the cells; False, and nothing changed, where somebody else's claim is alive.

        Cells that booking ``owned_by`` owns already are not in the way: the new claim covers
        them, but they are not inserted again.
        """
        own = self._clear(cells, now=now, owned_by=owned_by)
        if own is None:
            return False
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(claim).values(
                        id=claim_id,
                        mailbox_id=cells.mailbox_id,
                        first_cell=cells.first,
                        end_cell=cells.end,
                        hold_id=holder.hold_id,
                        booking_id=holder.booking_id,
                        for_booking=holder.for_booking,
                        expires_at=holder.expires_at,
                    )
                )
                taken = {
                    "mailbox": cells.mailbox_id,
                    "first": cells.first,
                    "last": cells.end - 1,
                    "claim": claim_id,
                }
                self._connection.execute(
                    _inserted(around=bool(own)), {**taken, "own": sorted(own)} if own else taken
                )
        except IntegrityError:
            return False
        return True

    def _clear(self, cells: Cells, *, now: datetime, owned_by: str) -> frozenset[int] | None:
        """Take over what has expired; the cells that ``owned_by`` owns, or None if not free."""
        in_range = and_(
            claim_cell.c.mailbox_id == cells.mailbox_id,
            claim_cell.c.cell >= cells.first,
            claim_cell.c.cell < cells.end,
        )
        rows = self._connection.execute(
            select(claim_cell.c.cell, claim.c.id, claim.c.expires_at, claim.c.booking_id)
            .join(claim, claim.c.id == claim_cell.c.claim_id)
            .where(in_range)
            .order_by(claim_cell.c.cell)
        ).all()
        own = frozenset(row.cell for row in rows if owned_by and row.booking_id == owned_by)
        foreign = [row for row in rows if row.cell not in own]
        if any(row.expires_at is None or row.expires_at > now for row in foreign):
            return None
        # In order of their cells, which is the order in which everybody locks.
        for claim_id in dict.fromkeys(row.id for row in foreign):
            expired = self._connection.execute(
                select(claim.c.id)
                .where(claim.c.id == claim_id, claim.c.expires_at <= now)
                .with_for_update()
            ).scalar()
            if expired is not None:
                self.remove(claim_id)
        return own

    def firm(self, *, hold_id: str, booking_id: str, now: datetime) -> bool:
        """Turn a living hold's claim into a booking's; False where it has expired."""
        changed = self._connection.execute(
            update(claim)
            .where(claim.c.hold_id == hold_id, claim.c.expires_at > now)
            .values(hold_id=None, booking_id=booking_id, for_booking=None, expires_at=None)
        )
        return changed.rowcount == 1

    def extend(self, *, hold_id: str, expires_at: datetime, now: datetime) -> bool:
        changed = self._connection.execute(
            update(claim)
            .where(claim.c.hold_id == hold_id, claim.c.expires_at > now)
            .values(expires_at=expires_at)
        )
        return changed.rowcount == 1

    def remove(self, claim_id: str) -> None:
        self._connection.execute(delete(claim_cell).where(claim_cell.c.claim_id == claim_id))
        self._connection.execute(delete(claim).where(claim.c.id == claim_id))

    def give_back(self, claim_id: str) -> None:
        """Drop one claim of a booking; cells that another one of it covers pass over to that."""
        mine = self._connection.execute(
            select(claim.c.booking_id, claim.c.mailbox_id).where(claim.c.id == claim_id)
        ).one_or_none()
        if mine is not None and mine.booking_id is not None:
            others = self._connection.execute(
                select(claim.c.id, claim.c.first_cell, claim.c.end_cell).where(
                    claim.c.booking_id == mine.booking_id,
                    claim.c.mailbox_id == mine.mailbox_id,
                    claim.c.id != claim_id,
                )
            ).all()
            for other in others:
                self._connection.execute(
                    update(claim_cell)
                    .where(
                        claim_cell.c.claim_id == claim_id,
                        claim_cell.c.cell >= other.first_cell,
                        claim_cell.c.cell < other.end_cell,
                    )
                    .values(claim_id=other.id)
                )
        self.remove(claim_id)

    def release_hold(self, hold_id: str) -> None:
        for claim_id in self._ids(claim.c.hold_id == hold_id):
            self.remove(claim_id)

    def of_booking(self, booking_id: str) -> tuple[str, ...]:
        return self._ids(claim.c.booking_id == booking_id)

    def ranges_of(self, booking_id: str, *, without: str | None = None) -> tuple[Cells, ...]:
        """Stretches of cells that the booking owns, but those that claim ``without`` covers."""
        kept = self._connection.execute(
            select(claim.c.mailbox_id, claim.c.first_cell, claim.c.end_cell).where(
                claim.c.id == (without or "")
            )
        ).one_or_none()
        rows = self._connection.execute(
            select(claim_cell.c.mailbox_id, claim_cell.c.cell)
            .join(claim, claim.c.id == claim_cell.c.claim_id)
            .where(claim.c.booking_id == booking_id)
            .order_by(claim_cell.c.mailbox_id, claim_cell.c.cell)
        )
        found: list[Cells] = []
        for mailbox_id, cell in rows:
            there = kept if kept is not None and kept.mailbox_id == mailbox_id else None
            if there is not None and there.first_cell <= cell < there.end_cell:
                continue
            last = found[-1] if found else None
            if last is not None and (last.mailbox_id, last.end) == (mailbox_id, cell):
                found[-1] = Cells(mailbox_id, last.first, cell + 1)
            else:
                found.append(Cells(mailbox_id, cell, cell + 1))
        return tuple(found)

    def end_withholding(self, cells: Cells) -> None:
        """What was given up there and is not offered yet may be had."""
        withheld = self._connection.execute(
            select(claim.c.id)
            .distinct()
            .join(claim_cell, claim_cell.c.claim_id == claim.c.id)
            .where(
                claim_cell.c.mailbox_id == cells.mailbox_id,
                claim_cell.c.cell >= cells.first,
                claim_cell.c.cell < cells.end,
                _WITHHELD,
            )
            .order_by(claim.c.id)
        ).scalars()
        for claim_id in withheld.all():
            self.remove(claim_id)

    def release_booking(self, booking_id: str, *, keep: str | None = None) -> None:
        """Drop the booking's claims; cells that ``keep`` covers pass over to it."""
        others = [each for each in self.of_booking(booking_id) if each != keep]
        if keep is not None and others:
            row = self._connection.execute(
                select(claim.c.mailbox_id, claim.c.first_cell, claim.c.end_cell).where(
                    claim.c.id == keep
                )
            ).one()
            self._connection.execute(
                update(claim_cell)
                .where(
                    claim_cell.c.claim_id.in_(others),
                    claim_cell.c.mailbox_id == row.mailbox_id,
                    claim_cell.c.cell >= row.first_cell,
                    claim_cell.c.cell < row.end_cell,
                )
                .values(claim_id=keep)
            )
        for claim_id in others:
            self.remove(claim_id)

    def living(
        self,
        mailbox_ids: Sequence[str],
        *,
        from_cell: int,
        until_cell: int | None = None,
        now: datetime,
        without_booking: str = "",
        without_withheld: bool = False,
    ) -> dict[str, list[tuple[int, int]]]:
        """Claimed ranges (first cell, end cell) of each mailbox that end after ``from_cell`` and
        begin before ``until_cell``."""
        query = _living(
            until=until_cell is not None,
            without_booking=bool(without_booking),
            without_withheld=without_withheld,
        )
        values = {
            "mailboxes": list(mailbox_ids),
            "from_cell": from_cell,
            "until_cell": until_cell,
            "now": now,
            "without": without_booking,
        }
        found: dict[str, list[tuple[int, int]]] = {}
        for mailbox_id, first, end in self._connection.execute(query, values):
            found.setdefault(mailbox_id, []).append((first, end))
        return found

    def sweep(self, *, before_cell: int, limit: int) -> int:
        """Remove claims whose time is over."""
        past = self._ids(claim.c.end_cell <= before_cell, limit=limit)
        for claim_id in past:
            self.remove(claim_id)
        return len(past)

    def _ids(self, *where: object, limit: int = 1000) -> tuple[str, ...]:
        query = select(claim.c.id).where(*where).order_by(claim.c.id).limit(limit)  # type: ignore[arg-type]
        return tuple(self._connection.execute(query).scalars())
