"""Where and when a citizen joins a teleconference."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from booking.desk import Desk
from booking.model import BookingState, NotOffered, WrongState
from booking.placement.linking import ask_now
from booking.store.bookings import BookingRow
from connectors.deadline import Deadline
from mapping.model import Channel

_OPENS = timedelta(minutes=10)
#: After the end of the appointment: meetings run over, and connections break.
CLOSES = timedelta(minutes=30)
#: What a look into the calendar may take of the citizen's time (seconds).
_LOOK = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JoinTarget:
    url: str = field(repr=False)  #: as it is now; empty where none is known (yet)
    opens_at: datetime
    closes_at: datetime
    now_open: bool


def join_target(desk: Desk, *, booking_id: str, look: bool = False) -> JoinTarget:
    """Opens ten minutes before the appointment, closes half an hour after its end.

    Raises NotOffered for an unknown booking or another channel, WrongState while there is
    nothing to join (not confirmed, or cancelled). Where no link is known, the calendar is asked
    whether somebody added one meanwhile; with ``look`` also where it may be another one by now.
    """
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        now = uow.now
    if row is None or row.channel != Channel.TELECONFERENCE:
        raise NotOffered("there is no such meeting")
    if row.state is not BookingState.CONFIRMED:
        raise WrongState("this booking is not confirmed")
    opens_at, closes_at = row.starts_at - _OPENS, row.ends_at + CLOSES
    in_doubt = not row.personal.meeting_url or (look and opens_at <= now)
    if in_doubt and now < row.ends_at:
        row = _asked(desk, row)
    return JoinTarget(
        url=row.personal.meeting_url,
        opens_at=opens_at,
        closes_at=closes_at,
        now_open=opens_at <= now < closes_at and bool(row.personal.meeting_url),
    )


def _asked(desk: Desk, row: BookingRow) -> BookingRow:
    """The booking after a short look into the calendar; as it was where that fails."""
    try:
        ask_now(desk, booking_id=row.id, deadline=Deadline.after(_LOOK))
    except Exception as error:  # noqa: BLE001 - the page is shown without the link
        _log.error("looking for a link stopped: %s", type(error).__name__)
    with desk.store.read() as uow:
        return uow.bookings.get(row.id) or row
