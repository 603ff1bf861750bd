"""What stands in the staff's calendar: who, what, where to read more; never contact data."""

from __future__ import annotations

import json

from booking.model import BookingView
from booking.settings import Settings
from connectors.contract import EventDraft, Period
from mapping.model import Channel, Service

CHANNELS = {
    Channel.IN_PERSON: "Φυσική παρουσία",
    Channel.TELECONFERENCE: "Τηλεδιάσκεψη",
    Channel.TELEPHONE: "Τηλέφωνο",
}


def about_of(service_id: str, channel: Channel) -> str:
    """What an event says of its booking beside the reference, so that a lost one can be made
    again: ``kavala.taxes/teleconference``."""
    return f"{service_id}/{channel.value}"


def draft_of(
    booking: BookingView,
    *,
    service: Service,
    period: Period,
    settings: Settings,
    private: bool,
    meeting_url: str,
    wants_meeting: bool,
) -> EventDraft:
    """The event of a booking at ``period`` (UTC), in Greek."""
    link = f"{settings.public_url}/staff/bookings/{booking.reference}"
    lines = [
        f"Όνομα: {booking.citizen.name}",
        f"Υπηρεσία: {service.title.el}",
        f"Τρόπος εξυπηρέτησης: {CHANNELS[booking.channel]}",
        f"Κωδικός ραντεβού: {booking.reference}",
        f"Στοιχεία και απαντήσεις: {link}",
    ]
    delivered = service.channel(booking.channel)
    return EventDraft(
        period=period,
        subject=f"{service.title.el} #{booking.reference}",
        body="\n".join(lines),
        reference=booking.reference,
        about=about_of(booking.service_id, booking.channel),
        location=delivered.place.el if delivered and not meeting_url else "",
        link=link,
        meeting_url=meeting_url,
        wants_meeting=wants_meeting,
        private=private,
        sequence=booking.sequence,
        categories=("Ραντεβού",),
    )


def keeps_private(check_outcome: str) -> bool:
    """Whether the last check could read a private event back; not private where unknown."""
    if not check_outcome:
        return False
    return any(
        finding["name"] == "private_readable" and finding["ok"]
        for finding in json.loads(check_outcome)
    )
