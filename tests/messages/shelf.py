"""One mail of each kind, of both samples, in both languages."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from booking.messages.specimens import Specimen, specimens
from mapping.file import read_mapping
from mapping.model import LocalText
from mapping.samples import SAMPLES, sample_text
from tests.messages.sample import STAMP

PUBLIC_URL = "https://rantevou.example.gr"


@cache
def shelf() -> tuple[Specimen, ...]:
    """In person at one municipality, by teleconference at the other."""
    found: list[Specimen] = []
    for name in SAMPLES:
        municipality = read_mapping(sample_text(name), name=name)
        service = replace(
            municipality.services[0],
            channels=municipality.services[0].channels[:1],
            reminder_minutes=(1440,),
            follow_up=LocalText("Ευχαριστούμε που ήρθατε.", "Thank you for coming."),
            waiting_list=True,
        )
        within = replace(municipality, verify_email=True)
        found += specimens(within, service, now=STAMP, public_url=PUBLIC_URL)
    return tuple(found)
