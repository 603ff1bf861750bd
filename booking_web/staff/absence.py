"""What somebody's absence means for their appointments, in words, and what the form says."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from booking import catalogue
from booking.model import BookingView
from booking.office import absences, leaving
from booking.words import dates
from booking_web.current import desk, gettext, language
from booking_web.staff.shown import CHANNELS

#: More than anybody has in the weeks that are read.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One appointment. ``colleague``: who takes it over; "": nobody is free."""

    reference: str
    when: str
    service: str
    channel: str
    name: str = field(repr=False)
    colleague: str


@dataclass(frozen=True, slots=True)
class Shown:
    """``acts_at``: when it is carried out by itself; "" where nothing is left to do."""

    away: str
    lines: tuple[Line, ...]
    acts_at: str


def shown(task_id: int, *, municipality: str | None, zone: ZoneInfo) -> Shown:
    """Raises NotOffered."""
    found = absences.preview(desk(), task_id=task_id, municipality=municipality)
    return Shown(
        away=found.away,
        lines=tuple(_line(each.booking, colleague=each.colleague or "") for each in found.affected),
        acts_at=dates.day_and_clock(found.acts_at, zone=zone, language=language(), year=False)
        if found.acts_at
        else "",
    )


def decide(task_id: int, *, municipality: str | None, by: str, form: MultiDict[str, str]) -> None:
    """What the form shows is carried out, except what is ticked, or everything where that was
    the button. Raises NotOffered."""
    on_the_page = set(form.getlist("shown")[:_MOST])
    stand = on_the_page if form.get("all") else on_the_page & set(form.getlist("stands"))
    absences.decide(
        desk(),
        task_id=task_id,
        municipality=municipality,
        by=by,
        carry_out=on_the_page - stand,
        stand=stand,
    )


def left_behind(task_id: int, *, municipality: str | None) -> tuple[Line, ...]:
    """What stands in a calendar that nobody follows any more. Raises NotOffered."""
    found = leaving.appointments(desk(), task_id=task_id, municipality=municipality)
    return tuple(_line(view) for view in found)


def _line(view: BookingView, *, colleague: str = "") -> Line:
    municipality, service = catalogue.service(desk(), view.service_id)
    zone = ZoneInfo(municipality.time_zone)
    return Line(
        reference=view.reference,
        when=dates.day_and_range(view.period, zone=zone, language=language()),
        service=service.title.in_language(language()),
        channel=gettext(CHANNELS[view.channel]),
        name=view.citizen.name,
        colleague=colleague,
    )
