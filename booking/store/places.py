"""Places for requests in flight to a provider, and how long the provider asked us to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from booking.store.clock import LONGEST_PAUSE, no_lease
from booking.store.tables import provider_place

_FREE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    account: str
    n: int
    owner: str


class Places:
    """Places of one account are found under the lock of its row number 0, so that two processes
    never count the same ones; giving a place back needs no lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(
        self,
        *,
        account: str,
        mailbox: str,
        owner: str,
        at_once: int,
        mailbox_at_once: int,
        now: datetime,
        until: datetime,
    ) -> Place | datetime | None:
        """A place; the instant until which the account is to wait; None where all are taken."""
        rows = self._rows(account, at_once=at_once)
        paused_until = self._pause_in(rows[0].until, now=now)
        if paused_until is not None:
            return paused_until
        living = {n: row for n, row in rows.items() if n and now < row.until <= no_lease(now)}
        same = sum(row.mailbox == mailbox for row in living.values()) if mailbox else 0
        free = next((n for n in range(1, at_once + 1) if n not in living), None)
        if free is None or len(living) >= at_once or same >= mailbox_at_once:
            return None
        self._connection.execute(
            _TAKE,
            {
                "b_account": account,
                "b_n": free,
                "b_mailbox": mailbox,
                "b_owner": owner,
                "b_until": until,
            },
        )
        return Place(account, free, owner)

    def give_back(self, place: Place) -> None:
        """Nothing happens where the place ran out and belongs to somebody else."""
        self._connection.execute(
            _GIVE_BACK,
            {"b_account": place.account, "b_n": place.n, "b_owner": place.owner, "b_free": _FREE},
        )

    def pause(self, *, account: str, until: datetime, now: datetime) -> None:
        """Nobody of this account gets a place until then; a longer pause stays."""
        row = self._rows(account, at_once=0)[0]
        before = self._pause_in(row.until, now=now)
        if before is None or before < until:
            self._connection.execute(
                _TAKE,
                {
                    "b_account": account,
                    "b_n": 0,
                    "b_mailbox": "",
                    "b_owner": "",
                    "b_until": min(until, now + LONGEST_PAUSE),
                },
            )

    def paused_until(self, account: str, *, now: datetime) -> datetime | None:
        until = self._connection.execute(
            select(provider_place.c.until).where(
                provider_place.c.account == account, provider_place.c.n == 0
            )
        ).scalar()
        return None if until is None else self._pause_in(until, now=now)

    def _pause_in(self, until: datetime, *, now: datetime) -> datetime | None:
        """A pause longer than any that is given was written by a clock that was put back."""
        return until if now < until <= now + LONGEST_PAUSE else None

    def _rows(self, account: str, *, at_once: int) -> Mapping[int, _Row]:
        rows = self._read(account)
        missing = [n for n in range(at_once + 1) if n not in rows]
        if missing:
            self._connection.execute(
                insert(provider_place),
                [
                    {"account": account, "n": n, "mailbox": "", "owner": "", "until": _FREE}
                    for n in missing
                ],
            )
            rows = self._read(account)
        return rows

    def _read(self, account: str) -> dict[int, _Row]:
        found = self._connection.execute(_ROWS, {"b_account": account})
        return {n: _Row(mailbox, until) for n, mailbox, until in found}


@dataclass(frozen=True, slots=True)
class _Row:
    mailbox: str
    until: datetime


# One pass is two short transactions: their statements are built once.
_ROWS = (
    select(provider_place.c.n, provider_place.c.mailbox, provider_place.c.until)
    .where(provider_place.c.account == bindparam("b_account"))
    .order_by(provider_place.c.n)
    .with_for_update()
)
_TAKE = (
    update(provider_place)
    .where(
        provider_place.c.account == bindparam("b_account"), provider_place.c.n == bindparam("b_n")
    )
    .values(mailbox=bindparam("b_mailbox"), owner=bindparam("b_owner"), until=bindparam("b_until"))
)
_GIVE_BACK = (
    update(provider_place)
    .where(
        provider_place.c.account == bindparam("b_account"),
        provider_place.c.n == bindparam("b_n"),
        provider_place.c.owner == bindparam("b_owner"),
    )
    .values(until=bindparam("b_free"))
)
