"""What the provider lists, beside what we believe: strays are removed, missing ones noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.desk import Desk
from booking.store.subscription_rows import SubscriptionRow, SubscriptionState
from booking.subscriptions.rules import COMPARED_EVERY
from connectors.abilities import Pushing, Subscription
from connectors.deadline import Deadline

#: Strays that one run removes.
STRAYS = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """``compared``: ids that the provider listed just now. ``clean``: nothing of ours is there
    that no row knows. ``crowded``: strays are left for the next run; nothing is made meanwhile."""

    now: datetime
    compared: frozenset[str] = frozenset()
    clean: bool = False
    crowded: bool = False

    def is_renewal_due(self, row: SubscriptionRow) -> bool:
        return is_renewal_due(row, now=self.now)


def compare(
    desk: Desk, pushing: Pushing, rows: Sequence[SubscriptionRow], *, deadline: Deadline
) -> Seen:
    """Ask for the account's listing where a row needs it, and remove its strays.

    A stray calls an address of ours under an id that no row has: its process died, or its answer
    was lost. Its secret is not known to anybody, so it is removed. While somebody may have made
    one that is not recorded yet, unknown ones are left alone.
    """
    with desk.store.read() as uow:
        now = uow.now
    if not any(_needs_listing(row, now=now) for row in rows):
        return Seen(now)
    with desk.store.read() as uow:
        in_the_making = uow.subscriptions.any_in_the_making(now=uow.now)
    listed = pushing.subscriptions(deadline=deadline)
    ids = [each.id for each in listed]
    desk.store.transact(lambda uow: uow.subscriptions.note_seen(ids, now=uow.now))
    strays = _strays(desk, listed, addresses={row.notification_url for row in rows})
    removed = () if in_the_making else strays[:STRAYS]
    for stray in removed:
        pushing.unsubscribe(subscription_id=stray.id, deadline=deadline)
    left = len(strays) - len(removed)
    return Seen(
        now,
        compared=frozenset(ids),
        clean=left == 0 and not in_the_making,
        crowded=left > 0 and not in_the_making,
    )


def _needs_listing(row: SubscriptionRow, *, now: datetime) -> bool:
    if row.state is SubscriptionState.ACTIVE:
        return row.seen_at is None or not now - COMPARED_EVERY < row.seen_at <= now
    return not row.remote_id


def is_renewal_due(row: SubscriptionRow, *, now: datetime) -> bool:
    """Within its life; the clock may have been put back."""
    return row.renew_at <= now or row.expires_at is None or row.renew_at > row.expires_at


def _strays(
    desk: Desk, listed: Sequence[Subscription], *, addresses: set[str]
) -> list[Subscription]:
    ours = [each for each in listed if each.notification_url in addresses]
    with desk.store.read() as uow:
        known = uow.subscriptions.known([each.id for each in ours])
    return [each for each in ours if each.id not in known]
