"""What an administrator is told: which mailboxes call us, since when, and what keeps the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.store import UnitOfWork
from booking.store.subscription_rows import SubscriptionState


@dataclass(frozen=True, slots=True)
class Notified:
    """How a mailbox calls us. ``error_code`` and ``error_text``: of the last try, where it failed;
    a subscription that could not be renewed calls us until it ends."""

    calls: bool
    until: datetime | None
    last_at: datetime | None  #: when it called last
    next_at: datetime  #: when it is renewed or tried again
    error_code: str
    error_text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Mailboxes whose provider calls or is asked to; ``failing`` ones were tried in vain."""

    wanted: int
    active: int
    failing: int


def by_mailbox(uow: UnitOfWork) -> dict[str, Notified]:
    """Of every mailbox that is to call us, by its id; those that are only polled are not in it."""
    now = uow.now
    return {
        row.mailbox_id: Notified(
            calls=row.state is SubscriptionState.ACTIVE
            and row.expires_at is not None
            and now < row.expires_at,
            until=row.expires_at,
            last_at=row.last_notified_at,
            next_at=row.renew_at,
            error_code=row.error_code,
            error_text=row.error_text,
        )
        for row in uow.subscriptions.all()
        if row.state is not SubscriptionState.ENDING
    }


def counts(uow: UnitOfWork) -> Counts:
    found = uow.subscriptions.counts()

    def total(*states: SubscriptionState, failing: bool | None = None) -> int:
        return sum(
            count
            for (state, bad), count in found.items()
            if state in states and failing in (None, bad)
        )

    living = (SubscriptionState.WANTED, SubscriptionState.ACTIVE)
    return Counts(
        wanted=total(*living),
        active=total(SubscriptionState.ACTIVE),
        failing=total(*living, failing=True),
    )
