"""The completer: whatever is in a state that is not its last is carried on by somebody.

Every step is written in the transaction that makes it necessary, so in theory there is nothing to
do here. It is for a restored backup, a hand in the database, and faults of our own.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta

from booking.busy import cell_of
from booking.desk import Desk
from booking.holds import drop
from booking.model import BookingState
from booking.placement import passing
from booking.placement.moving import say_it_stays
from booking.placement.owing import owe_audits, owe_removal
from booking.placement.patience import STUCK
from booking.placement.releasing import release
from booking.reminding import owe_due
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.columns import to_microseconds
from booking.store.outbox import Step
from booking.store.placements import PlacementState

_log = logging.getLogger(__name__)

#: How much one transaction tends to.
_SOME = 100
#: What was changed a moment ago is in somebody's hands.
_FORGOTTEN = timedelta(seconds=60)
#: An event that should not stand there is believed after this time.
_GRACE = timedelta(minutes=5)
#: So long after its time an event may stay where it is (as when it is removed).
_LATE = timedelta(days=1)
#: How often all of it is looked for.
EVERY = timedelta(seconds=60)


def complete_at_times(desk: Desk, *, owner: str = "housekeeping") -> int:
    """``complete``, and what has its time, at most once in ``EVERY`` over all processes."""

    def mine(uow: UnitOfWork) -> bool:
        # Prolonging is not taking: nobody owns it twice within its time.
        name = f"{owner}:{to_microseconds(uow.now)}"
        return uow.leases.take(name="complete", owner=name, now=uow.now, until=uow.now + EVERY)

    return complete(desk) + owe_due(desk) if desk.store.transact(mine) else 0


def complete(desk: Desk) -> int:
    """Carry on what nobody carries on; how many rows that were."""
    works: tuple[Callable[[UnitOfWork], int], ...] = (
        lambda uow: _stuck(desk, uow),
        lambda uow: _reschedules(desk, uow),
        lambda uow: _cancellations(desk, uow),
        _removals,
        _standing,
        _plans,
        _strays,
        _kept_times,
        _claims,
    )
    count = 0
    for work in works:
        done = desk.store.transact(work)
        if done:
            _log.warning("carried on what nobody did: %s rows", done)
        count += done
    if count:
        desk.wake("drain")
    return count


def _stuck(desk: Desk, uow: UnitOfWork) -> int:
    """A booking that is pending far too long, whatever its step says: its citizen is told."""
    count = 0
    for row in uow.bookings.in_state(
        BookingState.PENDING, changed_before=uow.now - STUCK, limit=_SOME
    ):
        entries = uow.outbox.of_booking(row.id, kinds=[Step.PLACE])
        if any(each.lease_until is not None and each.lease_until > uow.now for each in entries):
            continue
        for entry in entries:
            uow.outbox.finish(entry, now=uow.now, outcome="given up: pending for too long")
        for placement in uow.placements.of_booking(row.id):
            if placement.state == PlacementState.PLANNED:
                uow.placements.change(placement.key, state=PlacementState.REFUSED.value)
                owe_audits(uow, placement)
        release(desk, uow, row, tell=True)
        count += 1
    return count


def _reschedules(desk: Desk, uow: UnitOfWork) -> int:
    """Carried on where the new time is still claimed, else back to the old one."""
    found = uow.forgotten.reschedules(before=uow.now - _FORGOTTEN, limit=_SOME)
    for booking_id in found:
        row = uow.bookings.get(booking_id, lock=True)
        if row is not None and row.pending_starts_at is not None and not _carry_on(uow, row):
            _back(desk, uow, row)
    return len(found)


def _carry_on(uow: UnitOfWork, row: BookingRow) -> bool:
    start, mailbox = row.pending_starts_at, row.pending_mailbox_id
    assert start is not None
    claims = [
        each
        for each in uow.forgotten.claims_of(row.id)
        if each.mailbox_id == mailbox and each.first_cell <= cell_of(start) < each.end_cell
    ]
    # The old time's may cover it as well.
    claims.sort(key=lambda each: each.first_cell, reverse=start < row.starts_at)
    there = [
        each
        for each in uow.placements.of_booking(row.id)
        if each.mailbox_id == mailbox
        and (
            # Another channel is another event.
            (
                each.state == PlacementState.PLACED
                and each.seen != "vanished"
                and row.pending_channel is None
            )
            or (each.state == PlacementState.PLANNED and each.starts_at == start)
        )
    ]
    name = f"update:{row.id}:{row.version}:again"
    if not claims or not there or start <= uow.now or uow.outbox.known(name):
        return False
    uow.outbox.add(
        name=name,
        kind=Step.UPDATE,
        booking_id=row.id,
        placement_key=there[-1].key,
        now=uow.now,
        detail={"claim": claims[-1].id, "to": to_microseconds(start)},
    )
    return True


def _back(desk: Desk, uow: UnitOfWork, row: BookingRow) -> None:
    """To the time that it had; what was planned elsewhere is looked for and removed."""
    here = [
        each.id
        for each in uow.forgotten.claims_of(row.id)
        if each.mailbox_id == row.mailbox_id
        and each.first_cell <= cell_of(row.starts_at) < each.end_cell
    ]
    if here:
        uow.claims.release_booking(row.id, keep=here[0])
    uow.bookings.change(
        row,
        now=uow.now,
        pending_starts_at=None,
        pending_ends_at=None,
        pending_mailbox_id=None,
        pending_channel=None,
    )
    say_it_stays(desk, uow, row, tell=True)


def _cancellations(desk: Desk, uow: UnitOfWork) -> int:
    found = uow.forgotten.cancellations(before=uow.now - _FORGOTTEN, limit=_SOME)
    for booking_id in found:
        row = uow.bookings.get(booking_id, lock=True)
        if row is not None:
            uow.bookings.change(row, now=uow.now, state=BookingState.CANCELLED.value)
            freed = passing.give_up(desk, uow, row)
            passing.pass_on(desk, uow, municipality=row.municipality, freed=freed)
    return len(found)


def _removals(uow: UnitOfWork) -> int:
    found = uow.forgotten.removals(after=uow.now - _LATE, limit=_SOME)
    for placement in found:
        owe_removal(uow, placement, again=f"completed{to_microseconds(uow.now)}")
    return len(found)


def _standing(uow: UnitOfWork) -> int:
    found = uow.forgotten.standing(before=uow.now - _FORGOTTEN, after=uow.now - _LATE, limit=_SOME)
    for placement in found:
        owe_removal(uow, placement, again=f"completed{to_microseconds(uow.now)}")
    return len(found)


def _plans(uow: UnitOfWork) -> int:
    found = uow.forgotten.plans(before=uow.now - _FORGOTTEN, limit=_SOME)
    for placement in found:
        uow.placements.change(placement.key, state=PlacementState.REFUSED.value)
        owe_audits(uow, placement)
    return len(found)


def _strays(uow: UnitOfWork) -> int:
    """Once for each version of the event: removing it again would not help."""
    count = 0
    rows = uow.forgotten.strays(before=uow.now - _GRACE, after=uow.now, limit=_SOME)
    for stray in rows:
        placement = stray.placement
        version = hashlib.sha256(f"{stray.mailbox_id} {stray.etag}".encode()).hexdigest()[:16]
        name = f"remove:{placement.key}:stray{version}"
        if uow.outbox.known(name):
            continue
        uow.outbox.add(
            name=name,
            kind=Step.REMOVE,
            booking_id=placement.booking_id,
            placement_key=placement.key,
            now=uow.now,
            detail={"mailbox": stray.mailbox_id},
        )
        count += 1
    return count


def _kept_times(uow: UnitOfWork) -> int:
    found = uow.forgotten.kept_times(limit=_SOME)
    for hold_id in found:
        drop(uow, hold_id)
    return len(found)


def _claims(uow: UnitOfWork) -> int:
    found = uow.forgotten.claims(before=uow.now - _FORGOTTEN, limit=_SOME)
    if found:
        uow.forgotten.drop_claims(found)
    return len(found)
