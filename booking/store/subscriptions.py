"""Subscriptions: what calls us when a mailbox changes, worked on under leases and fences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal_column, not_, or_, select, update
from sqlalchemy.engine import Connection

from booking.store.mailboxes import MailboxRow
from booking.store.subscription_rows import (
    LOST,
    Called,
    SubscriptionRow,
    SubscriptionState,
    is_astray,
    is_due,
    is_free,
    is_held,
    is_uncovered,
    is_unseen,
    row_from,
    subscription_from,
)
from booking.store.tables import mailbox, subscription

#: Ids named in one statement.
_SOME = 500


class Subscriptions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        subscription_id: str,
        mailbox_id: str,
        place: str,
        connection: str,
        notification_url: str,
        now: datetime,
    ) -> None:
        """Raises IntegrityError where this mailbox has a living one; ``transact`` repeats then."""
        self._connection.execute(
            insert(subscription).values(
                id=subscription_id,
                mailbox_id=mailbox_id,
                place=place,
                connection=connection,
                state=SubscriptionState.WANTED.value,
                notification_url=notification_url,
                renew_at=now,
                created_at=now,
            )
        )

    def get(self, subscription_id: str) -> SubscriptionRow | None:
        query = select(subscription).where(subscription.c.id == subscription_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else row_from(row)

    def all(self) -> tuple[SubscriptionRow, ...]:
        query = select(subscription).order_by(subscription.c.created_at, subscription.c.id)
        return tuple(row_from(row) for row in self._connection.execute(query))

    def uncovered(self) -> tuple[MailboxRow, ...]:
        """Active mailboxes without a living subscription."""
        query = select(mailbox).where(is_uncovered()).order_by(mailbox.c.id)
        return tuple(MailboxRow(**row._mapping) for row in self._connection.execute(query))

    def any_uncovered(self) -> bool:
        query = select(mailbox.c.id).where(is_uncovered()).limit(1)
        return self._connection.execute(query).scalar() is not None

    def astray(self, *, origin: str) -> tuple[SubscriptionRow, ...]:
        """Living ones whose mailbox is mapped no more or elsewhere, or that call another address
        than one of ``origin`` (empty: none is wanted)."""
        query = (
            select(subscription)
            .join(mailbox, mailbox.c.id == subscription.c.mailbox_id)
            .where(is_astray(origin))
            .order_by(subscription.c.id)
        )
        return tuple(row_from(row) for row in self._connection.execute(query))

    def any_due(self, *, now: datetime, seen_before: datetime, origin: str) -> bool:
        """Whether anything is to be done now, planning of new ones aside."""
        if self.due(now=now, seen_before=seen_before, limit=1):
            return True
        query = (
            select(subscription.c.id)
            .join(mailbox, mailbox.c.id == subscription.c.mailbox_id)
            .where(is_astray(origin))
            .limit(1)
        )
        return self._connection.execute(query).scalar() is not None

    def due(
        self, *, now: datetime, seen_before: datetime, limit: int
    ) -> tuple[SubscriptionRow, ...]:
        """Those with a step to be taken, and active ones not seen at the provider since."""
        query = (
            select(subscription)
            .where(is_free(now), or_(is_due(now), is_unseen(now, seen_before)))
            .order_by(subscription.c.renew_at, subscription.c.id)
            .limit(limit)
        )
        return tuple(row_from(row) for row in self._connection.execute(query))

    def take(
        self, row: SubscriptionRow, *, now: datetime, until: datetime, **values: Any
    ) -> SubscriptionRow | None:
        """Lease it as it was read; None where somebody else was faster."""
        taken = self._connection.execute(
            update(subscription)
            .where(
                subscription.c.id == row.id,
                subscription.c.fence == row.fence,
                subscription.c.state == row.state.value,
                is_free(now),
            )
            .values(lease_until=until, fence=subscription.c.fence + 1, **values)
            .returning(subscription)
        ).one_or_none()
        return None if taken is None else row_from(taken)

    def record(self, row: SubscriptionRow, *, now: datetime, **values: Any) -> bool:
        """Give the lease back and record; False where it was lost, by time or to somebody else."""
        changed = self._connection.execute(
            update(subscription).where(is_held(row, now)).values(lease_until=None, **values)
        )
        return changed.rowcount == 1

    def end(self, row: SubscriptionRow, *, now: datetime) -> None:
        """Give up a living one as it was read; whoever works on it may not record any more."""
        if row.state is SubscriptionState.WANTED and row.fence == 0:
            self._connection.execute(
                delete(subscription).where(
                    subscription.c.id == row.id, subscription.c.fence == row.fence
                )
            )
            return
        self._connection.execute(
            update(subscription)
            .where(subscription.c.id == row.id, subscription.c.fence == row.fence)
            .values(
                state=SubscriptionState.ENDING.value,
                renew_at=now,
                failures=0,
                error_code="",
                error_text="",
                fence=subscription.c.fence + 1,
            )
        )

    def forget(self, row: SubscriptionRow, *, now: datetime) -> bool:
        """Delete one that has ended, under its lease."""
        return self._connection.execute(delete(subscription).where(is_held(row, now))).rowcount == 1

    def lose(self, subscription_id: str, *, now: datetime) -> None:
        """The provider has it no more: another one is wanted."""
        self._connection.execute(
            update(subscription)
            .where(
                subscription.c.id == subscription_id,
                subscription.c.state == SubscriptionState.ACTIVE.value,
            )
            .values(**LOST, renew_at=now, lease_until=None, fence=subscription.c.fence + 1)
        )

    def hasten(self, subscription_ids: Sequence[str], *, now: datetime) -> None:
        """Have the next step of active ones taken now."""
        self._connection.execute(
            update(subscription)
            .where(
                subscription.c.id.in_(subscription_ids),
                subscription.c.state == SubscriptionState.ACTIVE.value,
            )
            .values(renew_at=now)
        )

    def note_seen(self, remote_ids: Sequence[str], *, now: datetime) -> None:
        """The provider's listing names them."""
        for start in range(0, len(remote_ids), _SOME):
            self._connection.execute(
                update(subscription)
                .where(subscription.c.remote_id.in_(remote_ids[start : start + _SOME]))
                .values(seen_at=now)
            )

    def known(self, remote_ids: Sequence[str]) -> frozenset[str]:
        """Which of the provider's ids are those of a row."""
        found: set[str] = set()
        for start in range(0, len(remote_ids), _SOME):
            query = select(subscription.c.remote_id).where(
                subscription.c.remote_id.in_(remote_ids[start : start + _SOME])
            )
            found.update(self._connection.execute(query).scalars())
        return frozenset(found)

    def any_in_the_making(self, *, now: datetime) -> bool:
        """Whether somebody may have one at the provider that he has not recorded yet."""
        query = select(subscription.c.id).where(
            subscription.c.remote_id == "",
            subscription.c.lease_until.is_not(None),
            not_(is_free(now)),
        )
        return self._connection.execute(query.limit(1)).scalar() is not None

    def called(self, remote_ids: Sequence[str]) -> tuple[Called, ...]:
        """Active subscriptions that a delivery names."""
        rows = self._connection.execute(
            select(subscription, mailbox.c.dirty_at, mailbox.c.last_attempt)
            .join(mailbox, mailbox.c.id == subscription.c.mailbox_id)
            .where(
                subscription.c.remote_id.in_(remote_ids),
                subscription.c.state == SubscriptionState.ACTIVE.value,
            )
        )
        found = []
        for row in rows:
            values = dict(row._mapping)
            dirty_at, last_attempt = values.pop("dirty_at"), values.pop("last_attempt")
            found.append(Called(subscription_from(values), dirty_at, last_attempt))
        return tuple(found)

    def note_called(self, subscription_ids: Sequence[str], *, now: datetime) -> None:
        self._connection.execute(
            update(subscription)
            .where(subscription.c.id.in_(subscription_ids))
            .values(last_notified_at=now)
        )

    def counts(self) -> dict[tuple[str, bool], int]:
        """How many there are, by state and by whether the last step failed."""
        failing = subscription.c.failures > literal_column("0")  # the same twice in one statement
        query = select(subscription.c.state, failing, func.count()).group_by(
            subscription.c.state, failing
        )
        return {(state, bool(bad)): count for state, bad, count in self._connection.execute(query)}
