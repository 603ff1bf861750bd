"""Taking an event out of a calendar: of a cancelled booking, of a place left, or a late twin."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

from booking.calendars.connecting import Reach, reach
from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.placement.owing import postpone
from booking.placement.own_events import drop_event
from booking.placement.patience import REMOVE
from booking.placement.writing import admitted
from booking.store import UnitOfWork
from booking.store.outbox import Entry
from booking.store.placements import PlacementRow, PlacementState
from connectors.contract import EventRef
from connectors.deadline import Deadline
from connectors.errors import Conflict, ConnectorError, MailboxNotFound, TryLater


class Removed(enum.StrEnum):
    DONE = "done"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class _Deleted:
    """An event that is not there any more. ``known``: its etag in the replica before it went."""

    place: Reach
    event_id: str
    known: str | None


#: An event may only go while its placement is in one of these states.
_MAY_GO = (PlacementState.REMOVING, PlacementState.REFUSED, PlacementState.REMOVED)
#: Nobody is helped by an event that goes later than this after its appointment.
_TOO_LATE = timedelta(days=1)


def remove(desk: Desk, *, entry: Entry, deadline: Deadline) -> Removed:
    """Carry out a leased outbox entry of kind REMOVE. "Already gone" is success."""
    place: Reach | None = None
    placement: PlacementRow | None = None
    try:
        with desk.store.read() as uow:
            placement = uow.placements.get(entry.placement_key or "")
            if placement is None or placement.state not in _MAY_GO:
                return _finish(desk, entry, None, None, outcome="not to be removed")
            try:
                # Staff may have carried it into somebody else's calendar.
                place = reach(desk, uow, str(entry.detail.get("mailbox", placement.mailbox_id)))
            except MailboxNotFound:
                # Not the calendar says so but our mapping: that can be put right.
                if placement.ends_at > uow.now:
                    return _postpone(desk, entry, "out_of_reach", timedelta(seconds=REMOVE.longest))
                return _finish(desk, entry, None, None, outcome="out of reach")
        with admitted(desk, place, deadline) as may_go:
            if not may_go:
                at_once = entry.tries <= 1
                wait = timedelta(0) if at_once else REMOVE.wait(entry.tries)
                return _postpone(desk, entry, "turned away", wait)
            deleted = _delete(desk, place, placement, deadline)
            if desk.bulkhead is not None:
                desk.bulkhead.report(place.row.server_id, ok=True)
    except MailboxNotFound:
        return _finish(desk, entry, None, placement, outcome="the mailbox is gone")
    except ConnectorError as error:
        after = error.retry_after if isinstance(error, TryLater) else None
        if desk.bulkhead is not None and place is not None and isinstance(error, TryLater):
            desk.bulkhead.report(place.row.server_id, ok=False)
        # The entry was due at ``not_before``, so it is at least that late.
        if placement is not None and placement.ends_at + _TOO_LATE <= entry.not_before:
            return _finish(desk, entry, None, None, outcome=f"given up: {code_of(error)}")
        wait = REMOVE.wait(entry.tries, retry_after=after)
        return _postpone(desk, entry, code_of(error), wait)
    return _finish(desk, entry, deleted, placement, outcome="removed")


def _delete(
    desk: Desk, place: Reach, placement: PlacementRow, deadline: Deadline
) -> _Deleted | None:
    """None where there is no event to delete."""
    connector = place.connector(desk)
    here = place.row.id == placement.mailbox_id
    if here and placement.event_id and placement.state != PlacementState.REMOVED:
        ref = EventRef(placement.event_id, placement.etag)
    else:
        found = connector.find(mailbox=place.ref, key=placement.key, deadline=deadline)
        if found is None:
            return None
        ref = found.ref
    with desk.store.read() as uow:
        known = uow.replicas.etag(place.row.id, ref.id)
    try:
        connector.delete(mailbox=place.ref, ref=ref, deadline=deadline)
    except Conflict:
        # Somebody edited it; the appointment does not take place all the same.
        connector.delete(mailbox=place.ref, ref=EventRef(ref.id, ""), deadline=deadline)
    return _Deleted(place, ref.id, known)


def _finish(
    desk: Desk,
    entry: Entry,
    deleted: _Deleted | None,
    placement: PlacementRow | None,
    *,
    outcome: str,
) -> Removed:
    def work(uow: UnitOfWork) -> None:
        if not uow.outbox.finish(entry, now=uow.now, outcome=outcome):
            return
        if placement is not None:
            uow.placements.move(
                placement.key, was=(PlacementState.REMOVING,), to=PlacementState.REMOVED
            )
        if deleted is not None:
            drop_event(uow, deleted.place, event_id=deleted.event_id, known=deleted.known)

    desk.store.transact(work)
    return Removed.DONE


def _postpone(desk: Desk, entry: Entry, code: str, wait: timedelta) -> Removed:
    postpone(desk, entry, wait=wait, outcome=code)
    desk.wake("drain")
    return Removed.PENDING
