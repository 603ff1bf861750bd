"""What stands in the staff's calendar: who, what, where to read more; never contact data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from booking.model import BookingView
from booking.settings import Settings
from connectors.contract import EventDraft, Period, RemoteEvent
from mapping.model import Channel, Service

#: First words of the lines of an event's body, which ``booking.office.remaking`` reads again.
NAME, CHANNEL = "Όνομα: ", "Τρόπος εξυπηρέτησης: "
_ANSWERS = "Στοιχεία και απαντήσεις: "
#: First words of the lines that go when the booking is erased.
FORGETS = (NAME, _ANSWERS)
CHANNELS = {
    Channel.IN_PERSON: "Φυσική παρουσία",
    Channel.TELECONFERENCE: "Τηλεδιάσκεψη",
    Channel.TELEPHONE: "Τηλέφωνο",
}


@dataclass(frozen=True, slots=True)
class About:
    """What an event says of its booking beside the reference, so that a lost one can be made
    again: service, channel, and the start that we wrote, whatever staff made of it since."""

    service_id: str
    channel: Channel
    start: datetime

    def __str__(self) -> str:
        """``kavala.taxes/teleconference/2026-06-01T06:00Z``"""
        return (
            f"{self.service_id}/{self.channel.value}/{self.start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        )

    @classmethod
    def parse(cls, text: str) -> About | None:
        """None for what no version of ours has written."""
        parts = text.split("/")
        try:
            service_id, channel, start = parts
            return cls(service_id, Channel(channel), datetime.fromisoformat(start))
        except ValueError:
            return None


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
        f"{NAME}{booking.citizen.name}",
        f"Υπηρεσία: {service.title.el}",
        f"{CHANNEL}{CHANNELS[booking.channel]}",
        f"Κωδικός ραντεβού: {booking.reference}",
        f"{_ANSWERS}{link}",
    ]
    delivered = service.channel(booking.channel)
    return EventDraft(
        period=period,
        subject=f"{service.title.el} #{booking.reference}",
        body="\n".join(lines),
        reference=booking.reference,
        about=str(About(booking.service_id, booking.channel, period.start)),
        location=delivered.place.el if delivered and not meeting_url else "",
        link=link,
        meeting_url=meeting_url,
        wants_meeting=wants_meeting,
        private=private,
        sequence=booking.sequence,
        categories=("Ραντεβού",),
    )


def draft_without_name(
    booking: BookingView, *, seen: RemoteEvent, service: str, settings: Settings
) -> EventDraft:
    """The text of an event whose booking was erased, for the event as it was ``seen``.

    ``service``: its title in Greek; empty where it is not offered any more.
    """
    lines = [
        *([f"Υπηρεσία: {service}"] if service else []),
        f"{CHANNEL}{CHANNELS[booking.channel]}",
        f"Κωδικός ραντεβού: {booking.reference}",
        "Τα προσωπικά στοιχεία διαγράφηκαν.",
    ]
    return EventDraft(
        period=seen.period or booking.period,
        subject=f"{service or 'Ραντεβού'} #{booking.reference}",
        body="\n".join(lines),
        reference=booking.reference,
        about=seen.about,
        link=f"{settings.public_url}/staff/bookings/{booking.reference}",
        sequence=booking.sequence,
        forgets=FORGETS,
    )


def keeps_private(check_outcome: str) -> bool:
    """Whether the last check could read a private event back; not private where unknown."""
    if not check_outcome:
        return False
    return any(
        finding["name"] == "private_readable" and finding["ok"]
        for finding in json.loads(check_outcome)
    )
