"""Being called: what a provider says is never trusted, it only has a mailbox read again."""

from __future__ import annotations

import enum
import hmac
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.clock import not_past
from booking.store.subscription_rows import Called
from booking.subscriptions.rules import state_hash

_log = logging.getLogger(__name__)

#: The last call is kept no more exactly than this: a storm must not write a row each time.
_EXACT = timedelta(seconds=5)
_NOBODY = state_hash("")


class Matter(enum.StrEnum):
    """What a call is about."""

    CHANGED = "changed"  #: something in the mailbox
    REAUTHORIZE = "reauthorize"  #: the subscription is to be renewed now
    REMOVED = "removed"  #: the provider has dropped the subscription
    MISSED = "missed"  #: calls got lost


@dataclass(frozen=True, slots=True)
class Notice:
    """One entry of a delivery, as it came: nothing of it is believed."""

    subscription: str  #: the provider's id
    client_state: str
    matter: Matter = Matter.CHANGED


@dataclass(frozen=True, slots=True)
class Received:
    taken: int
    ignored: int  #: of unknown subscriptions, or without their secret


def receive(desk: Desk, *, provider: str, notices: Sequence[Notice]) -> Received:
    """Have the mailboxes read that active subscriptions of ``provider`` call about.

    One transaction at most, one change a mailbox, none where its reading is awaited already.
    Raises StoreUnavailable where nothing could be kept: the provider is to call again.
    """
    ids = sorted({notice.subscription for notice in notices} - {""})
    with desk.store.read() as uow:
        called = {each.row.remote_id: each for each in uow.subscriptions.called(ids)}
        now = uow.now
    genuine = [
        (called[notice.subscription], notice.matter)
        for notice in notices
        if _is_genuine(notice, called.get(notice.subscription), provider=provider)
    ]
    matters: dict[str, set[Matter]] = {}
    for each, matter in genuine:
        matters.setdefault(each.row.remote_id, set()).add(matter)
    if any(_says_news(called[name], found, now=now) for name, found in matters.items()):
        desk.store.transact(lambda uow: _keep(uow, [(called[n], m) for n, m in matters.items()]))
    if genuine:
        desk.wake("poll")
    if any(found & {Matter.REAUTHORIZE, Matter.REMOVED} for found in matters.values()):
        desk.wake("subscriptions")
    received = Received(len(genuine), len(notices) - len(genuine))
    if received.ignored:
        _log.warning("%d notifications taken, %d ignored", received.taken, received.ignored)
    return received


def _is_genuine(notice: Notice, called: Called | None, *, provider: str) -> bool:
    # Compared all the same where nobody is known: the answer's time tells nothing.
    kept = called.row.client_state_hash if called else _NOBODY
    same = hmac.compare_digest(kept, state_hash(notice.client_state))
    return same and called is not None and called.row.provider == provider


def _says_news(called: Called, matters: Collection[Matter], *, now: datetime) -> bool:
    """Whether a row has to be changed: not where a reading that has yet to begin sees it all."""
    if set(matters) != {Matter.CHANGED}:
        return True
    noted = called.row.last_notified_at
    if noted is None or not now - _EXACT < noted <= not_past(now):
        return True
    dirty = called.dirty_at
    return dirty is None or (called.last_attempt is not None and dirty <= called.last_attempt)


def _keep(uow: UnitOfWork, calls: Sequence[tuple[Called, Collection[Matter]]]) -> None:
    now = uow.now
    full = {Matter.REMOVED, Matter.MISSED}
    changed = [each.row.mailbox_id for each, said in calls if not full & set(said)]
    missed = [each.row.mailbox_id for each, said in calls if full & set(said)]
    if changed:
        uow.mailboxes.mark_called(sorted(changed), at=now)
    if missed:
        uow.mailboxes.mark_called(sorted(missed), at=now, full=True)
    uow.subscriptions.note_called(sorted(each.row.id for each, _ in calls), now=now)
    uow.subscriptions.hasten(
        sorted(each.row.id for each, said in calls if Matter.REAUTHORIZE in said), now=now
    )
    for each, said in calls:
        if Matter.REMOVED in said:
            uow.subscriptions.lose(each.row.id, now=now)
