"""Values and conditions of stored subscriptions."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from booking.store.clock import no_lease
from booking.store.tables import mailbox, subscription

#: Nothing is planned further ahead; more means that the clock was put back.
_AHEAD = timedelta(days=7)


class SubscriptionState(enum.StrEnum):
    WANTED = "wanted"  #: to be asked for; may be at the provider where an answer was lost
    ACTIVE = "active"
    ENDING = "ending"  #: to be given up


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    id: str
    mailbox_id: str
    place: str
    connection: str
    remote_id: str  #: of the provider; empty where it was not told
    state: SubscriptionState
    client_state_hash: str
    notification_url: str
    expires_at: datetime | None
    renew_at: datetime
    seen_at: datetime | None
    lease_until: datetime | None
    fence: int  #: only who holds it under this number may record; 0: nobody ever asked for it
    failures: int
    error_code: str
    error_text: str
    last_notified_at: datetime | None
    created_at: datetime

    @property
    def provider(self) -> str:
        return self.place.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Called:
    """A subscription that a notification names, with what is known of its mailbox."""

    row: SubscriptionRow
    dirty_at: datetime | None
    last_attempt: datetime | None


#: What is said of one that the provider has no more.
LOST: dict[str, Any] = {
    "state": SubscriptionState.WANTED.value,
    "remote_id": "",
    "client_state_hash": "",
    "expires_at": None,
    "seen_at": None,
    "failures": 0,
    "error_code": "",
    "error_text": "",
}


def is_living() -> ColumnElement[bool]:
    return subscription.c.state != SubscriptionState.ENDING.value


def is_uncovered() -> ColumnElement[bool]:
    covered = exists().where(subscription.c.mailbox_id == mailbox.c.id, is_living())
    return and_(mailbox.c.active.is_(True), not_(covered))


def is_astray(origin: str) -> ColumnElement[bool]:
    if not origin:
        return is_living()
    return and_(
        is_living(),
        or_(
            mailbox.c.active.is_(False),
            mailbox.c.place != subscription.c.place,
            mailbox.c.connection != subscription.c.connection,
            not_(subscription.c.notification_url.startswith(f"{origin}/", autoescape=True)),
        ),
    )


def is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        subscription.c.lease_until.is_(None),
        subscription.c.lease_until <= now,
        subscription.c.lease_until > no_lease(now),
    )


def is_held(row: SubscriptionRow, now: datetime) -> ColumnElement[bool]:
    return and_(
        subscription.c.id == row.id,
        subscription.c.fence == row.fence,
        subscription.c.lease_until > now,
    )


def is_due(now: datetime) -> ColumnElement[bool]:
    return or_(subscription.c.renew_at <= now, subscription.c.renew_at > now + _AHEAD)


def is_unseen(now: datetime, seen_before: datetime) -> ColumnElement[bool]:
    return and_(
        subscription.c.state == SubscriptionState.ACTIVE.value,
        subscription.c.failures == 0,  # else it waits for its next try
        or_(subscription.c.seen_at <= seen_before, subscription.c.seen_at > now + _AHEAD),
    )


def row_from(row: Any) -> SubscriptionRow:
    return subscription_from(dict(row._mapping))


def subscription_from(values: dict[str, Any]) -> SubscriptionRow:
    values["state"] = SubscriptionState(values["state"])
    return SubscriptionRow(**values)
