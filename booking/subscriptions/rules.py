"""When a subscription is renewed or tried again, and by which address we are called."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from booking.settings import Settings
from booking.store import fingerprint
from booking.store.subscription_rows import SubscriptionRow

#: Life that is asked for; Graph gives at most 7 days (10,080 minutes).
LIFE = timedelta(days=6)
#: How often what we believe is compared with what the provider lists.
COMPARED_EVERY = timedelta(days=1)
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
#: Whatever life the provider gives, it is not asked more often.
_SOONEST = timedelta(minutes=5)
_LIFECYCLE = "/lifecycle"


def origin_of(settings: Settings) -> str:
    """Origin by which providers call us; empty where they are not asked to.

    Providers call by https only (Graph: ``notificationUrl``).
    """
    return settings.notification_url if settings.notification_url.startswith("https://") else ""


def address_of(settings: Settings, *, provider: str) -> str:
    """Where ``provider`` calls when a mailbox changes; empty where it is not asked to."""
    origin = origin_of(settings)
    return f"{origin}/notifications/{provider}" if origin else ""


def lifecycle_of(notification_url: str) -> str:
    """Where the provider calls when the subscription itself needs something."""
    return notification_url + _LIFECYCLE


def state_hash(client_state: str) -> str:
    """What is kept of the secret that the provider repeats with each call."""
    return fingerprint("client-state", client_state)


def renewal(row_id: str, *, now: datetime, expires_at: datetime) -> datetime:
    """Between 40 and 50 % of the life, spread so that many do not fall due at once."""
    return now + max((expires_at - now) * (0.4 + 0.1 * _spread(row_id)), _SOONEST)


def pause(row: SubscriptionRow, *, retry_after: float | None = None) -> timedelta:
    """How long to wait after a failure: 30 s, then twice as long each time, up to an hour."""
    grown: timedelta = min(_FIRST_PAUSE * 2 ** min(row.failures, 10), _LONGEST_PAUSE)
    asked = timedelta(seconds=min(retry_after or 0.0, _LONGEST_PAUSE.total_seconds()))
    return max(grown * (0.8 + 0.2 * _spread(row.id)), asked)


def _spread(row_id: str) -> float:
    """From 0 to 1, always the same for the same id."""
    return hashlib.sha256(row_id.encode()).digest()[0] / 255
