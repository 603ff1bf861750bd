"""One mail of each kind, of both samples, in both languages, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib import resources

from booking.messages import MessageKind, OutgoingMail, links_for, render, verification
from mapping.file import read_mapping
from mapping.model import Channel, LocalText, Municipality, Service, service_id
from tests.messages.sample import BEFORE, BOOKING, PERIOD, STAMP

LINK = "https://rantevou.example.gr/v/kYw3Zq8kYw3Zq8kYw3Zq8"
FOLLOW_UP = LocalText("Ευχαριστούμε που ήρθατε.", "Thank you for coming.")
_OFFERING = {
    MessageKind.RELEASED,
    MessageKind.OFFICE_CANCELLED,
    MessageKind.OFFICE_CONFLICT,
    MessageKind.EARLIER,
}
_MOVED = {MessageKind.CHANGED, MessageKind.OFFICE_MOVED}


@dataclass(frozen=True, slots=True)
class Shelved:
    name: str
    kind: MessageKind | None  #: None: it belongs to no booking
    mail: OutgoingMail


@cache
def shelf() -> tuple[Shelved, ...]:
    return tuple(_all())


def _all() -> Iterator[Shelved]:
    for slug in ("kalamata", "kavala"):
        text = (resources.files("mapping") / "samples" / f"{slug}.yaml").read_text("utf-8")
        municipality = read_mapping(text, name=slug)
        service = replace(municipality.services[0], follow_up=FOLLOW_UP)
        for language in ("el", "en"):
            # In person at one municipality, by teleconference at the other.
            channel = service.channels[0].channel
            for kind in MessageKind:
                mail = _of(kind, municipality, service, channel, language)
                yield Shelved(f"{channel}-{kind}-{language}", kind, mail)
            yield Shelved(f"{slug}-code-{language}", None, _code(municipality, language))


def _of(
    kind: MessageKind,
    municipality: Municipality,
    service: Service,
    channel: Channel,
    language: str,
) -> OutgoingMail:
    return render(
        kind,
        booking=replace(
            BOOKING,
            municipality=municipality.slug,
            service_id=service_id(municipality, service),
            channel=channel,
            language=language,
            declarations={"housing-benefit": "yes-already"},
            sequence=2,
            undo_until=PERIOD.start if kind is MessageKind.CANCELLED else None,
        ),
        municipality=municipality,
        service=service,
        links=links_for(
            public_url="https://rantevou.example.gr",
            token="TOKEN",
            municipality=municipality,
            service=service,
            channel=channel,
        ),
        stamp=STAMP,
        previous=BEFORE if kind in _MOVED else None,
        alternatives=(BEFORE,) if kind in _OFFERING else (),
        until=STAMP + timedelta(hours=4) if kind is MessageKind.EARLIER else None,
    )


def _code(municipality: Municipality, language: str) -> OutgoingMail:
    return verification(
        municipality=municipality,
        recipient="maria@example.gr",
        code="482 913",
        link=LINK,
        until=STAMP + timedelta(minutes=30),
        language=language,
        stamp=STAMP,
    )
