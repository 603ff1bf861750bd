"""Live look at exactly one time in a calendar that can be asked for it; the replica stays as is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.busy import Masks, masks_of, moment_of, ones, stretch_of
from booking.calendars.connecting import Reach
from booking.calendars.readings import code_of
from booking.catalogue import Offered
from booking.desk import Desk
from booking.offering.slots import Shape, aligned
from booking.store import UnitOfWork
from booking.store.offer_rows import OfferRow
from connectors.contract import BusyInterval, BusyReading, Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater


@dataclass(frozen=True, slots=True)
class Look:
    """``code``: why the time is not free, "" if it is. ``error``: the calendar did not say."""

    code: str = ""
    error: ConnectorError | None = None


def look_exactly(
    desk: Desk,
    place: Reach,
    offered: Offered,
    *,
    booking_id: str,
    start: datetime,
    deadline: Deadline,
) -> Look | None:
    """Ask the calendar for a start and its buffers, in one request. None where that is not
    enough to judge by: the calendar holds something there that is not understood.

    Events of the booking itself are not in the way; those of others are. How old the replica is
    does not matter; where it says otherwise, the mailbox is read again soon.
    """
    with desk.store.read() as uow:
        code, known = _known(uow, place, offered, booking_id=booking_id, start=start)
    if code:
        return Look(code)
    first, end = Shape.of(offered.service).cells(start)
    period = Period(moment_of(first), moment_of(end))
    try:
        found = place.connector(desk).read_busy(
            mailboxes=[place.ref], window=period, deadline=deadline
        )
        said = found.get(place.ref) or ConnectorError("nothing was said of this mailbox")
    except ConnectorError as error:
        said = error
    if not isinstance(said, BusyReading):
        if not isinstance(said, TryLater):
            _read_soon(desk, place)  # what is wrong is noted with the mailbox there
        return Look(code_of(said), said)
    if not said.understood:
        return None
    masks = _masks(said.intervals, place, booking_id=booking_id, window=period)
    blocked = masks.blocked(offered.policy)
    if known is not None and known != blocked:
        _read_soon(desk, place)
    return Look("busy" if blocked else "")


def blocked_at(
    uow: UnitOfWork,
    row: OfferRow,
    masks: Masks,
    place: Reach,
    offered: Offered,
    *,
    booking_id: str,
    start: datetime,
) -> int:
    """Cells of a start and its buffers that the replica says are taken, as a mask; events of the
    booking itself are not in the way."""
    first, end = Shape.of(offered.service).cells(start)
    own = None
    if masks.own:
        window = Period(moment_of(masks.base), moment_of(masks.base + masks.cells))
        intervals = uow.replicas.own_intervals(row.mailbox_id)
        own = _masks(intervals, place, booking_id=booking_id, window=window).own
    blocked = aligned(masks, masks.blocked(offered.policy, own=own), base=first, cells=end - first)
    return blocked & ones(0, end - first)


def _known(
    uow: UnitOfWork, place: Reach, offered: Offered, *, booking_id: str, start: datetime
) -> tuple[str, int | None]:
    """What forbids writing whatever the calendar says now, and what the replica says."""
    row = next(iter(uow.replicas.for_offer([place.row.id])), None)
    if row is None or not row.active or row.refuses:
        return "unreadable", None
    if row.braked:
        return "braked", None
    if row.masks is None:
        return "", None
    if row.masks.degraded:
        return "unreadable", None
    return "", blocked_at(uow, row, row.masks, place, offered, booking_id=booking_id, start=start)


def _masks(
    intervals: tuple[BusyInterval, ...], place: Reach, *, booking_id: str, window: Period
) -> Masks:
    others = [
        stretch
        for interval in intervals
        if not (interval.key or "").startswith(f"{booking_id}-")
        for stretch in stretch_of(interval, place.zone)
    ]
    return masks_of(others, window=window)


def _read_soon(desk: Desk, place: Reach) -> None:
    desk.store.transact(lambda uow: uow.mailboxes.mark_dirty([place.row.id], at=uow.now))
    desk.wake("poll")
