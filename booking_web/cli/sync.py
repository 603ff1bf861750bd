"""``rantevou sync``: reads calendars now instead of when they are due."""

from __future__ import annotations

import os

import click

from booking.calendars import refresh
from booking.office import overview
from booking.settings import Settings
from booking_web.wiring import desk_from
from connectors.deadline import Deadline


@click.command()
@click.argument("addresses", nargs=-1)
@click.option("--full", is_flag=True, help="Compare everything instead of asking for changes.")
@click.option("--seconds", default=60.0, show_default=True, help="Time for each mailbox.")
def sync(addresses: tuple[str, ...], full: bool, seconds: float) -> None:
    """Read the mailboxes ADDRESSES, or all of them; exit status 1 if one cannot be read."""
    desk = desk_from(Settings.from_environment(os.environ))
    known = {each.address: each.id for each in overview.mailboxes(desk)}
    unknown = [each for each in addresses if each not in known]
    if unknown:
        raise click.ClickException(
            f"No mapping names {', '.join(unknown)}: 'rantevou mapping import' a file that does."
        )
    good = True
    for address in addresses or tuple(known):
        outcome = refresh.refresh_mailbox(
            desk, mailbox_id=known[address], deadline=Deadline.after(seconds), full=full
        )
        if outcome.read:
            click.echo(f"{address}: read, {'changed' if outcome.changed else 'unchanged'}")
        else:
            click.echo(f"{address}: NOT READ ({outcome.code}) {outcome.error or ''}".rstrip())
            good = False
    if not good:
        raise click.exceptions.Exit(1)
