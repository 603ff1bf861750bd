"""Where and when a citizen joins a teleconference."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from booking.desk import Desk
from booking.model import BookingState, NotOffered, WrongState
from mapping.model import Channel

_OPENS = timedelta(minutes=10)
#: After the end of the appointment: meetings run over, and connections break.
CLOSES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class JoinTarget:
    url: str = field(repr=False)  #: empty where no meeting room is known (yet)
    opens_at: datetime
    closes_at: datetime
    now_open: bool


def join_target(desk: Desk, *, booking_id: str) -> JoinTarget:
    """Opens ten minutes before the appointment, closes half an hour after its end.

    Raises NotOffered for an unknown booking or another channel, WrongState while there is
    nothing to join (not confirmed, or cancelled).
    """
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        now = uow.now
    if row is None or row.channel != Channel.TELECONFERENCE:
        raise NotOffered("there is no such meeting")
    if row.state is not BookingState.CONFIRMED:
        raise WrongState("this booking is not confirmed")
    opens_at, closes_at = row.starts_at - _OPENS, row.ends_at + CLOSES
    return JoinTarget(
        url=row.personal.meeting_url,
        opens_at=opens_at,
        closes_at=closes_at,
        now_open=opens_at <= now < closes_at and bool(row.personal.meeting_url),
    )
