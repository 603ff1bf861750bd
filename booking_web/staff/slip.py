"""What a visitor takes home: one small page, in the language of the booking."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import g, render_template

from booking import catalogue
from booking.model import BookingState, BookingView, NotOffered
from booking.office import staff_view
from booking.words import dates
from booking_web import sign_in
from booking_web.calling import we_call
from booking_web.current import desk, gettext, language
from booking_web.staff.shown import CHANNELS
from mapping.model import LocalText, Municipality, Service, ServiceChannel

_STANDS = {BookingState.CONFIRMED, BookingState.CONFLICT}


@dataclass(frozen=True, slots=True)
class Slip:
    """Nothing personal but the name. ``called``: how a telephone appointment begins, else empty."""

    reference: str
    municipality: str
    name: str = field(repr=False)
    service: str
    channel: str
    weekday: str
    day: str
    time: str
    duration: str
    place: str
    called: str
    documents: tuple[str, ...]
    instructions: tuple[str, ...]
    office: str
    phone: str
    manage_url: str
    stands: bool
    pending: bool


def slip(reference: str) -> str:
    """Printed by whoever books, and again from the page of the booking."""
    view = staff_view.booking_for_staff(desk(), reference=reference, account=sign_in.signed_in())
    if view.erased_at is not None:
        raise NotOffered("nothing personal is known of this booking any more")
    g.language = view.language
    return render_template("staff/slip.html", slip=_slip(view))


def _slip(view: BookingView) -> Slip:
    within = catalogue.municipality(desk(), view.municipality)
    service, delivered = _offer(within, view)
    zone = ZoneInfo(within.time_zone)
    day = dates.local(view.period.start, zone=zone).date()
    minutes = int(view.period.duration.total_seconds() // 60)
    return Slip(
        reference=view.reference,
        municipality=_say(within.name),
        name=view.citizen.name,
        service=_say(service.title) if service else "",
        channel=gettext(CHANNELS[view.channel]),
        weekday=dates.weekday(day, language=language()),
        day=dates.day_of_month(day, language=language()),
        time=dates.clock(view.period.start, zone=zone, language=language()),
        duration=dates.duration(minutes, language=language()),
        place=_say(delivered.place) if delivered else "",
        called=we_call(delivered),
        documents=_texts(service.documents) if service else (),
        instructions=_texts(delivered.instructions) if delivered else (),
        office=_say(within.contact.office),
        phone=within.contact.phone.replace(" ", "\u00a0"),
        manage_url=f"{desk().settings.public_url}/booking/find".removeprefix("https://"),
        stands=view.state in _STANDS,
        pending=view.state is BookingState.PENDING,
    )


def _offer(within: Municipality, view: BookingView) -> tuple[Service | None, ServiceChannel | None]:
    service = within.service(view.service_id.partition(".")[2])
    return service, service.channel(view.channel) if service else None


def _say(text: LocalText) -> str:
    return text.in_language(language())


def _texts(texts: tuple[LocalText, ...]) -> tuple[str, ...]:
    return tuple(_say(each) for each in texts)
