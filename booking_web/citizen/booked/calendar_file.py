"""The .ics of an appointment: the same that the confirmation carries."""

from __future__ import annotations

from dataclasses import replace

from booking import managing
from booking.messages import Links, MessageKind, render
from booking.model import BookingView
from booking_web.citizen.chosen import chosen_of
from booking_web.current import desk, now


def links_of(view: BookingView) -> Links:
    """Absolute addresses on the public URL, never on the host that a request claims."""
    origin = desk().settings.public_url
    mailed = f"{origin}/r/{managing.token_for(desk(), booking_id=view.id)}"
    return Links(
        manage=mailed,
        reschedule=f"{mailed}/reschedule",
        cancel=f"{mailed}/cancel",
        join=f"{mailed}/join",
        book_again=f"{origin}/d/{view.municipality}/",
    )


def calendar_file(view: BookingView) -> bytes:
    chosen = chosen_of(view)
    if not view.citizen.email:
        # A rebuilt booking: how to reach the citizen is lost, so nobody is named as invited.
        contact = chosen.municipality.contact.email or desk().settings.mail_from
        view = replace(view, citizen=replace(view.citizen, email=contact))
    mail = render(
        MessageKind.CONFIRMATION,
        booking=view,
        municipality=chosen.municipality,
        service=chosen.service,
        links=links_of(view),
        stamp=now(),
    )
    return mail.calendar or b""
