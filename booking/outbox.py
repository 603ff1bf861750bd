"""Draining the outbox: whatever is owed and due is carried out, by whoever comes first."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from booking import undelivered
from booking.desk import Desk, Mailer
from booking.mails import send
from booking.placement.forgetting import forget
from booking.placement.linking import look_for_link
from booking.placement.moving import Moved, move
from booking.placement.patience import OUR_FAULT
from booking.placement.placing import Placed, place
from booking.placement.removing import Removed, remove
from booking.placement.securing import secure
from booking.reconciling.reviewing import review
from booking.store import UnitOfWork
from booking.store.outbox import Entry, Step
from connectors.deadline import Deadline

_log = logging.getLogger(__name__)

#: What one step may take at most (seconds); less than the lease, so that it cannot outlive it.
_EACH = 15.0
#: … and what a mail may, of its lease; whatever is left for the others of its drain.
_MAIL_SHARE = 0.8
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class DrainReport:
    """``done`` steps, ``failed`` ones (due again later), and what is due but was not reached."""

    done: int
    failed: int
    left: int


def drain(desk: Desk, *, mailer: Mailer, limit: int, deadline: Deadline) -> DrainReport:
    """Carry out at most ``limit`` due steps until the deadline.

    A step that fails, in whatever way, does not keep the others; its row says when it is due
    again. Two drains at a time never do the same step: leases with fencing numbers.
    """
    done = failed = 0
    while done + failed < limit and deadline.remaining() > _ENOUGH:
        with desk.store.read() as uow:
            due = uow.outbox.due(now=uow.now, limit=min(20, limit - done - failed))
        if not due:
            break
        progress = False
        for entry_id in due:
            if deadline.remaining() <= _ENOUGH:
                break
            entry = _take(desk, entry_id)
            if entry is None:
                continue
            progress = True
            if _carry_out(desk, entry, mailer, deadline):
                done += 1
            else:
                failed += 1
        if not progress:
            break
    return DrainReport(done=done, failed=failed, left=due_count(desk))


def due_count(desk: Desk) -> int:
    with desk.store.read() as uow:
        return uow.outbox.due_count(now=uow.now)


def _take(desk: Desk, entry_id: int) -> Entry | None:
    def work(uow: UnitOfWork) -> Entry | None:
        return uow.outbox.take(entry_id, now=uow.now, until=uow.now + desk.settings.lease)

    return desk.store.transact(work)


def _carry_out(desk: Desk, entry: Entry, mailer: Mailer, deadline: Deadline) -> bool:
    own = deadline.sooner(min(_EACH, desk.settings.lease.total_seconds() * 0.7))
    try:
        if entry.kind is Step.PLACE:
            return place(desk, entry=entry, deadline=own) is not Placed.PENDING
        if entry.kind is Step.UPDATE:
            return move(desk, entry=entry, deadline=own) is not Moved.PENDING
        if entry.kind is Step.REMOVE:
            return remove(desk, entry=entry, deadline=own) is not Removed.PENDING
        if entry.kind is Step.LINK:
            return look_for_link(desk, entry=entry, deadline=own)
        if entry.kind is Step.REVIEW:
            return review(desk, entry=entry, deadline=own)
        if entry.kind is Step.SECURE:
            return secure(desk, entry=entry, deadline=own)
        if entry.kind is Step.FORGET:
            return forget(desk, entry=entry, deadline=own)
        conversation = Deadline.after(desk.settings.lease.total_seconds() * _MAIL_SHARE)
        return send(desk, entry=entry, mailer=mailer, deadline=conversation)
    except Exception as error:  # noqa: BLE001 - one step that fails must not keep the others
        kind = type(error).__name__
        _log.error("step %s (%s) failed: %s", entry.id, entry.kind.value, kind)
        if entry.kind is Step.MAIL:
            undelivered.try_later(desk, entry, outcome=f"error: {kind}", sent=True)
        else:
            desk.store.transact(lambda uow: _again(uow, entry, kind))
        return False


def _again(uow: UnitOfWork, entry: Entry, kind: str) -> None:
    until = uow.now + OUR_FAULT.wait(entry.tries)
    uow.outbox.postpone(entry, until=until, outcome=f"error: {kind}")
