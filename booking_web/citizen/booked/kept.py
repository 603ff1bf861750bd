"""Times that are kept for who was let down, or waits for an earlier one, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from booking import waiting
from booking.model import BookingState, BookingView
from booking.placement import releasing
from booking.words import dates
from booking_web.citizen.booked.appointment import written
from booking_web.citizen.chosen import municipality_of
from booking_web.citizen.hours.picker import value_of
from booking_web.current import desk, language

#: In these the citizen is offered other times.
LET_DOWN = frozenset({BookingState.RELEASED, BookingState.CONFLICT})


@dataclass(frozen=True, slots=True)
class KeptTime:
    """``value``: what the button sends; ``until``: in words, how long the time is kept."""

    value: str
    when: str
    until: str


def kept_times(view: BookingView) -> list[KeptTime]:
    """The times that are kept for this booking, in order."""
    if view.state not in LET_DOWN:
        return []
    return [_in_words(view, kept) for kept in releasing.kept_for(desk(), booking_id=view.id)]


@dataclass(frozen=True, slots=True)
class Earlier:
    """How it stands with an earlier time, for who has one already."""

    can_wait: bool
    waits: bool = False
    offer: KeptTime | None = None


def earlier(view: BookingView) -> Earlier:
    wait = waiting.waits(desk(), booking_id=view.id)
    if wait is None:
        return Earlier(waiting.may_wait(desk(), booking_id=view.id))
    offer = _in_words(view, wait.offer) if wait.offer is not None else None
    return Earlier(True, waits=True, offer=offer)


def may_take(view: BookingView, start: datetime) -> bool:
    """Whether one press takes this time, with the details that were given when it was booked."""
    if view.state in LET_DOWN:
        return True
    wait = waiting.waits(desk(), booking_id=view.id)
    return wait is not None and wait.offer is not None and wait.offer.period.start == start


def _in_words(view: BookingView, kept: releasing.Kept) -> KeptTime:
    zone = ZoneInfo(municipality_of(view).time_zone)
    return KeptTime(
        value=value_of(kept.period.start),
        when=written(kept.period, zone),
        until=dates.day_and_clock(kept.until, zone=zone, language=language(), year=False),
    )
