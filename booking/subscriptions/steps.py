"""One step of one subscription: taken under a lease, asked of the provider, recorded or not."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.subscription_rows import LOST, SubscriptionRow, SubscriptionState
from booking.subscriptions.rules import LIFE, lifecycle_of, pause, renewal, state_hash
from connectors.abilities import Pushing, Subscription
from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, Rejected, TryLater

_log = logging.getLogger(__name__)

#: How long one process may work on a row (the provider calls us back before it answers).
_LEASE = timedelta(seconds=40)
#: What was asked for and never told is gone from the provider after its longest life.
_LONGEST_LIFE = timedelta(days=7)
_DONE: dict[str, Any] = {"failures": 0, "error_code": "", "error_text": ""}


def subscribe(
    desk: Desk, pushing: Pushing, row: SubscriptionRow, mailbox: MailboxRef, *, deadline: Deadline
) -> bool:
    """Ask to be called. False where somebody else has taken it over."""
    client_state = secrets.token_urlsafe(32)
    taken = _take(desk, row, client_state_hash=state_hash(client_state))
    if taken is None:
        return False
    held, now = taken
    with _recording(desk, held):
        made = pushing.subscribe(
            mailbox=mailbox,
            notification_url=row.notification_url,
            lifecycle_url=lifecycle_of(row.notification_url),
            client_state=client_state,
            expires_at=now + LIFE,
            deadline=deadline,
        )
    if _record(desk, held, made, state=SubscriptionState.ACTIVE.value, remote_id=made.id):
        return True
    # Whoever took over may have looked for strays before this one was there.
    with suppress(ConnectorError):
        pushing.unsubscribe(subscription_id=made.id, deadline=deadline)
    return False


def renew(desk: Desk, pushing: Pushing, row: SubscriptionRow, *, deadline: Deadline) -> bool:
    """Prolong, and reauthorize; one that is gone is wanted anew and its mailbox read fully."""
    taken = _take(desk, row)
    if taken is None:
        return False
    held, now = taken
    try:
        with _recording(desk, held):
            prolonged = pushing.renew(
                subscription_id=row.remote_id, expires_at=now + LIFE, deadline=deadline
            )
    except EventGone:
        return _lost(desk, held)
    return _record(desk, held, prolonged)


def give_up(desk: Desk, pushing: Pushing, row: SubscriptionRow, *, deadline: Deadline) -> bool:
    """End it at the provider, then forget it. One without an id was removed as a stray."""
    taken = _take(desk, row)
    if taken is None:
        return False
    held, _ = taken
    if row.remote_id:
        with _recording(desk, held):
            pushing.unsubscribe(subscription_id=row.remote_id, deadline=deadline)
    return desk.store.transact(lambda uow: uow.subscriptions.forget(held, now=uow.now))


@contextmanager
def _recording(desk: Desk, held: SubscriptionRow) -> Iterator[None]:
    """Whatever goes wrong is recorded; it leaves as ConnectorError. A loss is no failure."""
    try:
        yield
    except EventGone:
        raise
    except ConnectorError as error:
        fail(desk, held, error)
        raise
    except Exception as fault:
        unknown = ConnectorError(type(fault).__name__)
        fail(desk, held, unknown)
        raise unknown from fault


def refuse(desk: Desk, row: SubscriptionRow, error: ConnectorError) -> None:
    """``fail`` for a row that nobody has taken."""
    taken = _take(desk, row)
    if taken is not None:
        fail(desk, taken[0], error)


def fail(desk: Desk, held: SubscriptionRow, error: ConnectorError) -> None:
    """Record what went wrong and when it is tried again; the pauses grow."""
    retry_after = error.retry_after if isinstance(error, TryLater) else None

    def work(uow: UnitOfWork) -> None:
        now = uow.now
        if held.state is SubscriptionState.ENDING and _is_over(held, now):
            uow.subscriptions.forget(held, now=now)
            return
        values: dict[str, Any] = {}
        if held.state is SubscriptionState.ACTIVE and _is_over(held, now):
            values = dict(LOST)
            uow.mailboxes.mark_called([held.mailbox_id], at=now, full=True)
        values |= {
            "renew_at": now + pause(held, retry_after=retry_after),
            "failures": held.failures + 1,
            "error_code": "rejected" if isinstance(error, Rejected) else code_of(error),
            "error_text": str(error)[:500],
        }
        uow.subscriptions.record(held, now=now, **values)

    desk.store.transact(work)
    _log.warning(
        "subscription of mailbox %s (%s): %s", held.mailbox_id, held.state, type(error).__name__
    )


def _take(
    desk: Desk, row: SubscriptionRow, **values: Any
) -> tuple[SubscriptionRow, datetime] | None:
    """The row under its new fence, and the instant."""

    def work(uow: UnitOfWork) -> tuple[SubscriptionRow, datetime] | None:
        now = uow.now
        held = uow.subscriptions.take(row, now=now, until=now + _LEASE, **values)
        return None if held is None else (held, now)

    return desk.store.transact(work)


def _record(desk: Desk, held: SubscriptionRow, told: Subscription, **values: Any) -> bool:
    def work(uow: UnitOfWork) -> bool:
        now = uow.now
        return uow.subscriptions.record(
            held,
            now=now,
            expires_at=told.expires_at,
            renew_at=renewal(held.id, now=now, expires_at=told.expires_at),
            seen_at=now,
            **values,
            **_DONE,
        )

    return desk.store.transact(work)


def _lost(desk: Desk, held: SubscriptionRow) -> bool:
    def work(uow: UnitOfWork) -> bool:
        now = uow.now
        if not uow.subscriptions.record(held, now=now, **LOST | {"renew_at": now}):
            return False
        uow.mailboxes.mark_called([held.mailbox_id], at=now, full=True)
        return True

    kept = desk.store.transact(work)
    desk.wake("poll")
    return kept


def _is_over(row: SubscriptionRow, now: datetime) -> bool:
    """Whether the provider must have dropped it by itself."""
    return (row.expires_at or row.created_at + _LONGEST_LIFE) <= now
