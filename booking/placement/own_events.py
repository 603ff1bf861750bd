"""Our own events in the replica: recorded in the transaction that records the booking."""

from __future__ import annotations

from dataclasses import replace

from booking.busy import cells_over, ones
from booking.calendars.connecting import Reach
from booking.calendars.readings import rebuild
from booking.store import UnitOfWork
from connectors.contract import BusyInterval, Ours, Period, RemoteEvent, ResourceReading


def put_event(
    uow: UnitOfWork, place: Reach, *, event: RemoteEvent, key: str, over: str, disturbed: bool
) -> bool:
    """Take an event that we have just written into the replica; whether it is there now.

    The next reading finds its etag known and has nothing to do. ``over``: etag of the version that
    this one replaced, "" for a new event; whoever has stored yet another one has read it since,
    and nothing would tell of that a second time. ``disturbed``: the calendar may have been read
    since it was looked at; if nothing is stored then, the event may have been read to be gone.
    """
    if event.period is None:
        return False
    mailbox_id = place.row.id
    uow.sweeps.doubt(mailbox_id)
    known = uow.replicas.etag(mailbox_id, event.ref.id)
    if known == event.ref.etag:
        return True
    if (known is None and disturbed) or known not in {None, over}:
        return False
    uow.replicas.put(
        mailbox_id,
        [
            ResourceReading(
                id=event.ref.id,
                etag=event.ref.etag,
                intervals=(BusyInterval(event.period, ours=Ours.YES, key=key),),
            )
        ],
    )
    row = next(iter(uow.replicas.for_offer([mailbox_id])), None)
    if row is None or row.masks is None:
        return True
    if known is not None:
        _rebuild(uow, place)
        return True
    first, end = cells_over(event.period)
    masks = row.masks
    added = ones(max(first - masks.base, 0), min(end - masks.base, masks.cells))
    uow.replicas.put_masks(
        mailbox_id,
        replace(masks, own=masks.own | added),
        resources=uow.replicas.count(mailbox_id),
        at=uow.now,
    )
    return True


def drop_event(uow: UnitOfWork, place: Reach, *, event_id: str, known: str | None) -> None:
    """Take an event that we have just deleted out of the replica.

    ``known``: its etag there before it was deleted. Another one was read since, and may be that of
    an event that somebody took out of the bin at once: readings tell once whether it stands.
    """
    uow.sweeps.doubt(place.row.id)
    if uow.replicas.etag(place.row.id, event_id) != known:
        uow.mailboxes.mark_dirty([place.row.id], at=uow.now)
        return
    uow.replicas.remove(place.row.id, [event_id])
    _rebuild(uow, place)


def _rebuild(uow: UnitOfWork, place: Reach) -> None:
    row = uow.mailboxes.get(place.row.id)
    if row is not None and row.window_start is not None and row.window_end is not None:
        rebuild(uow, row.id, window=Period(row.window_start, row.window_end), place=place)
