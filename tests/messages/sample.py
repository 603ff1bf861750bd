"""One municipality, one booking and its links, as values; tests change what they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from booking.messages import Links, MessageKind, OutgoingMail, links_for, render
from booking.model import BookingState, BookingView, Citizen
from connectors.contract import Period
from mapping.model import (
    Channel,
    Consent,
    ConsentKind,
    Contact,
    LocalText,
    Municipality,
    Service,
    ServiceChannel,
    ServiceGroup,
)

STAMP = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
#: Wednesday, 10:00 in Athens, winter time.
START = datetime(2026, 12, 16, 8, 0, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(minutes=10))
BEFORE = Period(START - timedelta(days=2), START - timedelta(days=2) + timedelta(minutes=10))
#: Values that must never stand in a mail.
PHONE, AFM, SUBJECT_MATTER = "+306901234567", "094259216", "Διαφορά με τον γείτονα"

SERVICE = Service(
    key="dimarchos",
    group="grafeio",
    title=LocalText("Αυτοτελές Τμήμα Διοικητικής Υποστήριξης Δημάρχου", "Office of the Mayor"),
    duration_minutes=10,
    step_minutes=30,
    consent="oroi",
    documents=(LocalText("ταυτότητα ή διαβατήριο", "identity card or passport"),),
    channels=(
        ServiceChannel(
            channel=Channel.TELECONFERENCE,
            mailboxes=("a@kavala.example",),
            title=LocalText("Ραντεβού με τον Δήμαρχο με Τηλεδιάσκεψη", "The Mayor by video"),
            instructions=(LocalText("κάμερα και μικρόφωνο σε λειτουργία", "camera on"),),
        ),
        ServiceChannel(
            channel=Channel.IN_PERSON,
            mailboxes=("a@kavala.example",),
            title=LocalText("Ραντεβού με τον Δήμαρχο με Φυσική Παρουσία", "The Mayor in person"),
            place=LocalText("Κύπρου 10, 1ος όροφος", "Kyprou 10, first floor"),
        ),
        ServiceChannel(
            channel=Channel.TELEPHONE,
            mailboxes=("a@kavala.example",),
            title=LocalText("Ραντεβού με τον Δήμαρχο στο τηλέφωνο", "The Mayor on the telephone"),
        ),
    ),
)
MUNICIPALITY = Municipality(
    slug="kavala",
    name=LocalText("Δήμος Καβάλας", "Municipality of Kavala"),
    list_name=LocalText("ΔΗΜΟΣ ΚΑΒΑΛΑΣ"),
    genitive=LocalText("ΚΑΒΑΛΑΣ"),
    contact=Contact(
        office=LocalText("Γραφείο"), phone="251 035 0100", email="rantevou@kavala.example"
    ),
    groups=(ServiceGroup("grafeio", LocalText("Γραφείο Δημάρχου")),),
    services=(SERVICE,),
    consents=(Consent("oroi", "1", ConsentKind.CONSENT, LocalText("Συναινώ")),),
    connections=(),
    staff=(),
    mailboxes=(),
    opening_hours=(),
)
BOOKING = BookingView(
    id="b7f3",
    reference="P2W-9HD",
    state=BookingState.CONFIRMED,
    municipality="kavala",
    service_id="kavala.dimarchos",
    channel=Channel.TELECONFERENCE,
    period=PERIOD,
    citizen=Citizen("Μαρία Παππά", "maria@example.gr", PHONE),
    answers={"afm": AFM, "subject": SUBJECT_MATTER},
    declarations={},
    consent_version="1",
    language="el",
    mailbox="a@kavala.example",
    version=3,
    sequence=0,
    created_at=STAMP,
)


def links(channel: Channel = Channel.TELECONFERENCE) -> Links:
    return links_for(
        public_url="https://rantevou.example.gr",
        token="TOKEN",
        municipality=MUNICIPALITY,
        service=SERVICE,
        channel=channel,
    )


def mail(
    kind: MessageKind = MessageKind.CONFIRMATION,
    *,
    municipality: Municipality = MUNICIPALITY,
    service: Service = SERVICE,
    previous: Period | None = None,
    alternatives: tuple[Period, ...] = (),
    fallback_sender: str = "",
    **changes: Any,
) -> OutgoingMail:
    """The mail of ``kind`` about the sample booking with ``changes``."""
    name, email = changes.pop("name", None), changes.pop("email", None)
    booking = replace(BOOKING, **changes)
    citizen = replace(
        booking.citizen, name=name or booking.citizen.name, email=email or booking.citizen.email
    )
    booking = replace(booking, citizen=citizen)
    return render(
        kind,
        booking=booking,
        municipality=municipality,
        service=service,
        links=links(booking.channel),
        stamp=STAMP,
        previous=previous,
        alternatives=alternatives,
        fallback_sender=fallback_sender,
    )
