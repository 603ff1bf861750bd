"""``rantevou rebuild``: after a restored backup, brings back what stands only in the calendars."""

from __future__ import annotations

import os

import click

from booking.office.rebuilding import Line, Outcome, Report
from booking.office.rebuilding import rebuild as compare
from booking.settings import Settings
from booking.words import dates
from booking_web.wiring import OFFICE_ZONE, desk_from

_ORDER = (
    Outcome.RESTORED,
    Outcome.FOLLOWED,
    Outcome.MOVED,
    Outcome.LEFT,
    Outcome.MISSING,
    Outcome.LOST,
)


@click.command()
@click.option("--apply", is_flag=True, help="Carry it out. Without this, only say what would be.")
@click.option("--seconds", default=600.0, show_default=True, help="Time for each mailbox.")
def rebuild(apply: bool, seconds: float) -> None:
    """Compare every calendar with every booking, and make lost bookings again from their events.

    Run it after the database was restored from a backup, before workers and web start again.
    Exit status 1 where a mailbox could not be read or an event could not become a booking.
    """
    desk = desk_from(Settings.from_environment(os.environ))
    report = compare(desk, apply=apply, tell=lambda text: click.echo(text, err=True),
                     seconds=seconds)  # fmt: skip
    for outcome in _ORDER:
        lines = [line for line in report.lines if line.outcome is outcome]
        if lines:
            click.echo(f"{outcome.value}:")
        for line in lines:
            click.echo(f"  {_shown(line)}")
    _conclude(report)
    if report.unread or report.counts[Outcome.LOST]:
        raise click.exceptions.Exit(1)


def _shown(line: Line) -> str:
    when = (
        dates.day_and_clock(line.starts_at, zone=OFFICE_ZONE, language="en")
        if line.starts_at
        else "no time"
    )
    return "  ".join(filter(None, (line.reference or line.key, when, line.mailbox, line.why)))


def _conclude(report: Report) -> None:
    for address, why in report.unread.items():
        click.echo(f"NOT READ  {address}: {why}")
    counts = [f"{report.counts[each]} {each.value}" for each in (Outcome.MATCHED, *_ORDER)]
    click.echo(", ".join(counts))
    if report.counts[Outcome.RESTORED]:
        click.echo(
            "Phone, mail address and answers never stood in a calendar: the office has a task"
            " for each restored appointment that lies ahead."
        )
    if not report.applied and (report.counts[Outcome.RESTORED] or report.counts[Outcome.FOLLOWED]):
        click.echo("Nothing was changed. Run it again with --apply to carry this out.")
