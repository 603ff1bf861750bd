"""Times that are kept for somebody who was let down, in words."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from booking.model import BookingState, BookingView
from booking.placement import releasing
from booking.words import dates
from booking_web.citizen.appointment import written
from booking_web.citizen.chosen import municipality_of
from booking_web.citizen.picker import value_of
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
    zone = ZoneInfo(municipality_of(view).time_zone)
    return [
        KeptTime(
            value=value_of(kept.period.start),
            when=written(kept.period, zone),
            until=dates.day_and_clock(kept.until, zone=zone, language=language(), year=False),
        )
        for kept in releasing.kept_for(desk(), booking_id=view.id)
    ]
