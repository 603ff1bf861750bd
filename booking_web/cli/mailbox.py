"""``rantevou mailbox``: what our account may do in the calendars of the staff."""

from __future__ import annotations

import os

import click

from booking.office import overview
from booking.settings import Settings
from booking_web.wiring import desk_from
from connectors.contract import CheckReport


@click.group()
def mailbox() -> None:
    """Check what we may do in a mailbox."""


@mailbox.command()
@click.argument("addresses", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Check every mailbox that is mapped.")
def check(addresses: tuple[str, ...], everything: bool) -> None:
    """Read, write, read back and clean up in each mailbox; exit status 1 if something fails."""
    desk = desk_from(Settings.from_environment(os.environ))
    known = {each.address: each.id for each in overview.mailboxes(desk)}
    wanted = tuple(known) if everything else addresses
    if not wanted:
        raise click.UsageError("Name at least one address, or use --all.")
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise click.ClickException(
            f"No mapping names {', '.join(unknown)}: 'rantevou mapping import' a file that does."
        )
    good = True
    for address in wanted:
        click.echo(address)
        good &= _tell(overview.check_mailbox(desk, mailbox_id=known[address]))
    if not good:
        raise click.exceptions.Exit(1)


def _tell(report: CheckReport) -> bool:
    for finding in report.findings:
        mark = "ok    " if finding.ok else "FAILED"
        click.echo(f"  {mark}  {finding.name}{f': {finding.detail}' if finding.detail else ''}")
        if finding.remedy:
            click.echo(f"          {finding.remedy}")
    return all(finding.ok for finding in report.findings)
