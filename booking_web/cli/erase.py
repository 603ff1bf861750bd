"""``rantevou erase``: personal data of single bookings, as a citizen does on the booking's page."""

from __future__ import annotations

import os

import click

from booking import erasing, managing
from booking.model import NotOffered, WrongState
from booking.settings import Settings
from booking_web.wiring import desk_from


@click.command()
@click.argument("references", nargs=-1, required=True, metavar="REFERENCE…")
def erase(references: tuple[str, ...]) -> None:
    """Erase everything personal of the bookings REFERENCE….

    For somebody who asks in writing, and after a restored backup for whoever had asked since (the
    log names them). An appointment ahead is cancelled first; its data go when that cannot be undone
    any more. Exit status 1 where one could not be erased.
    """
    desk = desk_from(Settings.from_environment(os.environ))
    failed = False
    for reference in references:
        try:
            booking = managing.by_reference(desk, reference=reference)
            after = erasing.ask(desk, booking_id=booking.id)
        except NotOffered:
            failed = True
            click.echo(f"{reference}: there is no such booking")
        except WrongState as error:
            failed = True
            click.echo(f"{reference}: {error}")
        else:
            done = after.erased_at is not None
            later = "cancelled; erased when that cannot be undone any more"
            click.echo(f"{after.reference}: {'erased' if done else later}")
    if failed:
        raise click.exceptions.Exit(1)
