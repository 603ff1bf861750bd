"""The citizen's calendar file of a booking, for the mail and for the download on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from booking.messages.facts import channel_name
from booking.messages.model import Links
from booking.messages.plain import address, line
from booking.model import BookingView
from booking.words.translation import words
from connectors.vevent.invitation import invitation
from mapping.model import Channel, Municipality, Service

Method = Literal["REQUEST", "CANCEL"]


def calendar_file(
    *,
    booking: BookingView,
    municipality: Municipality,
    service: Service,
    links: Links,
    sender: str,
    stamp: datetime,
    method: Method = "REQUEST",
) -> bytes:
    """iTIP message (RFC 5546) for the citizen's own calendar.

    The UID stays the same for the life of the booking, SEQUENCE is the booking's. ``sender`` is
    the organiser; it is the address the mail comes from, else mail programs refuse the update.
    """
    language, say = booking.language, words(booking.language)
    channel = service.channel(booking.channel)
    title = line((channel.title if channel else service.title).in_language(language))
    place = line(channel.place.in_language(language)) if channel else ""
    join = links.join if booking.channel is Channel.TELECONFERENCE else ""
    office = line(municipality.name.in_language(language))
    joining, managing = (
        say.gettext("Συμμετοχή στη συνάντηση"),
        say.gettext("Διαχείριση της κράτησης"),
    )
    described = [
        title,
        say.gettext("Κωδικός κράτησης: %(reference)s") % {"reference": line(booking.reference)},
    ]
    if join and method == "REQUEST":
        described.append(f"{joining}: {join}")
    described.append(f"{managing}: {links.manage}")
    return invitation(
        uid=f"{booking.id}@{links.host}",
        sequence=booking.sequence,
        method=method,
        period=booking.period,
        summary=say.gettext("Ραντεβού: %(office)s") % {"office": office},
        description="\n".join(described),
        location=place or channel_name(booking.channel, say),
        url=join or links.manage,
        organizer=sender,
        organizer_name=office,
        attendee=address(booking.citizen.email),
        attendee_name=line(booking.citizen.name),
        stamp=stamp,
    )
