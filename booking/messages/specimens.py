"""Every mail that a service's citizens may get, about an appointment that is made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.messages.model import MessageKind, OutgoingMail, links_for
from booking.messages.render import render
from booking.messages.verification import verification
from booking.model import BookingState, BookingView, Citizen
from booking.words.translation import LANGUAGES
from connectors.contract import Period
from mapping.model import Channel, Municipality, Service, ServiceChannel, service_id

#: Stands in the links, and opens nothing.
_NOTHING = "specimen"
_REFERENCE = "ABC-123"
_NAMES = {"el": "Μαρία Παπαδοπούλου", "en": "Maria Papadopoulou"}
_CODE = "123 456"
_SATURDAY = 5
_OFFERING = {
    MessageKind.RELEASED,
    MessageKind.OFFICE_CANCELLED,
    MessageKind.OFFICE_CONFLICT,
    MessageKind.EARLIER,
}
_MOVED = {MessageKind.CHANGED, MessageKind.OFFICE_MOVED}
_OF_MEETINGS = {MessageKind.MEETING_READY, MessageKind.MEETING_MISSING}


@dataclass(frozen=True, slots=True)
class Specimen:
    """``kind`` and ``channel`` are None of the mail that proves an address: no booking is yet."""

    kind: MessageKind | None
    channel: Channel | None
    language: str
    mail: OutgoingMail

    @property
    def name(self) -> str:
        """Tells it apart from the others of its service; fit for a file."""
        kind = self.kind.value if self.kind else "verification"
        return "-".join([kind, *([self.channel.value] if self.channel else []), self.language])


def specimens(
    municipality: Municipality, service: Service, *, now: datetime, public_url: str
) -> Iterator[Specimen]:
    """In both languages, by every channel; what the mapping never lets leave is left out.

    Raises ValueError for a sender that is not one valid address.
    """
    for language in LANGUAGES:
        if municipality.verify_email:
            mail = _proof(municipality, language, now, public_url)
            yield Specimen(None, None, language, mail)
        for delivered in service.channels:
            for kind in MessageKind:
                if _leaves(kind, service, delivered.channel):
                    mail = _mail(kind, municipality, service, delivered, language, now, public_url)
                    yield Specimen(kind, delivered.channel, language, mail)


def _leaves(kind: MessageKind, service: Service, channel: Channel) -> bool:
    if kind in _OF_MEETINGS:
        return channel is Channel.TELECONFERENCE
    return {
        MessageKind.REMINDER: bool(service.reminder_minutes),
        MessageKind.FOLLOW_UP: bool(service.follow_up.el),
        MessageKind.EARLIER: service.waiting_list,
    }.get(kind, True)


def _proof(
    municipality: Municipality, language: str, now: datetime, public_url: str
) -> OutgoingMail:
    return verification(
        municipality=municipality,
        recipient="maria@example.gr",
        code=_CODE,
        link=f"{public_url.rstrip('/')}/{_NOTHING}",
        until=now + timedelta(minutes=30),
        language=language,
        stamp=now,
    )


def _mail(
    kind: MessageKind,
    municipality: Municipality,
    service: Service,
    delivered: ServiceChannel,
    language: str,
    now: datetime,
    public_url: str,
) -> OutgoingMail:
    booking = _booking(kind, municipality, service, delivered.channel, language, now)
    hour_before = Period(
        booking.period.start - timedelta(hours=1), booking.period.end - timedelta(hours=1)
    )
    return render(
        kind,
        booking=booking,
        municipality=municipality,
        service=service,
        links=links_for(
            public_url=public_url,
            token=_NOTHING,
            municipality=municipality,
            service=service,
            channel=delivered.channel,
        ),
        stamp=now,
        previous=hour_before if kind in _MOVED else None,
        alternatives=(hour_before,) if kind in _OFFERING else (),
        until=now + timedelta(hours=4) if kind is MessageKind.EARLIER else None,
    )


def _booking(
    kind: MessageKind,
    municipality: Municipality,
    service: Service,
    channel: Channel,
    language: str,
    now: datetime,
) -> BookingView:
    zone = ZoneInfo(municipality.time_zone)
    day = now.astimezone(zone).date() + timedelta(days=7)
    day += timedelta(days=7 - day.weekday() if day.weekday() >= _SATURDAY else 0)
    start = datetime.combine(day, time(10), zone)
    return BookingView(
        id=_NOTHING,
        reference=_REFERENCE,
        state=BookingState.CONFIRMED,
        municipality=municipality.slug,
        service_id=service_id(municipality, service),
        channel=channel,
        period=Period(start, start + timedelta(minutes=service.duration_minutes)),
        citizen=Citizen(_NAMES[language], "maria@example.gr", "+306900000000"),
        answers={},
        declarations=_declared(municipality, service),
        consent_version="",
        language=language,
        mailbox="",
        version=1,
        sequence=0,
        created_at=now,
        undo_until=now + timedelta(minutes=30) if kind is MessageKind.CANCELLED else None,
    )


def _declared(municipality: Municipality, service: Service) -> dict[str, str]:
    """Answers after which most is said."""
    found = {}
    for key in service.declarations:
        declaration = municipality.declaration(key)
        for answer in declaration.answers if declaration else ():
            if answer.bookable and (key not in found or answer.confirmation.el):
                found[key] = answer.value
    return found
