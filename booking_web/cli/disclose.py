"""``rantevou disclose``: what is known of a citizen with one booking, for who asks in writing."""

from __future__ import annotations

import json
import os

import click

from booking import disclosing, managing
from booking.settings import Settings
from booking_web.wiring import desk_from


@click.command()
@click.argument("reference")
def disclose(reference: str) -> None:
    """Print everything that is known with the booking REFERENCE as JSON.

    It is what citizens download on their booking's page. Make sure first that whoever asks is
    whose booking it is.
    """
    desk = desk_from(Settings.from_environment(os.environ))
    booking = managing.by_reference(desk, reference=reference)
    known = disclosing.known_of(desk, booking_id=booking.id)
    click.echo(json.dumps(known, ensure_ascii=False, indent=2))
