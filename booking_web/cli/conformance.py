"""``rantevou conformance``: what we promise of calendars, tried on a real mailbox."""

from __future__ import annotations

import os
import platform
import signal
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from pathlib import Path

import click

from booking.desk import Desk
from booking.office import rehearsing
from booking.settings import Settings
from booking_web.wiring import OFFICE_ZONE, desk_from, stage_for
from connectors.conformance.live import PROMISES, Answer, Outcome, Record, Run, Verdict
from connectors.conformance.report import markdown, summary
from connectors.conformance.stage import Stage
from connectors.conformance.times import Times, around_change_of_clocks
from connectors.contract import Connection, MailboxRef
from connectors.errors import ConnectorError

#: Nobody is offered appointments that far ahead, or works in that calendar for those days.
_AHEAD = timedelta(weeks=4)
#: Promises speak of office hours; here they are hours of the night.
_EARLIER = 8
_MARKS = {
    Verdict.KEPT: "kept          ",
    Verdict.BROKEN: "BROKEN        ",
    Verdict.NOT_APPLICABLE: "not applicable",
}


@click.command()
@click.option("--live", "address", metavar="MAILBOX", required=True, help="Address to try it on.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the report, in Markdown, to this file.",
)
@click.option("--via", metavar="ADDRESS", help="Mapped mailbox whose connection leads to MAILBOX.")
@click.option("--calendar", metavar="PLACE", help="With --via: calendar of MAILBOX (CalDAV: URL).")
@click.option("--patience", type=float, help="Seconds until a change must have been told.")
def conformance(
    address: str,
    report: Path | None,
    via: str | None,
    calendar: str | None,
    patience: float | None,
) -> None:
    """Try what we promise of calendars on MAILBOX; exit status 1 if a promise is broken.

    Events called "Rantevou conformance" are written months ahead, in the night, and removed; an
    interrupted run removes them too. Events of others are left alone.
    """
    if report is not None and not report.parent.is_dir():
        raise click.UsageError(f"There is no folder {report.parent} to write the report to.")
    if calendar is not None and via is None:
        raise click.UsageError("--calendar needs --via: a mapped mailbox has its calendar.")
    desk = desk_from(Settings.from_environment(os.environ))
    times = times_of(datetime.now(UTC).date())
    connection, mailbox = _place(desk, address, via, calendar)
    try:
        stage = stage_for(desk, connection, mailbox=mailbox, times=times, patience=patience)
    except (ConnectorError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    record = _run(stage, times, address)
    click.echo(summary(record))
    if report is not None:
        text = markdown(
            record,
            mailbox=address,
            provider=connection.provider,
            capabilities=stage.connector.capabilities,
            versions=_versions(stage),
        )
        report.write_text(text, encoding="utf-8")
        click.echo(f"Report: {report}")
    if record.interrupted:
        raise click.exceptions.Exit(130)
    if not record.good:
        raise click.exceptions.Exit(1)


def times_of(today: date) -> Times:
    """The six weeks, some weeks from ``today`` at least, in which the clocks change."""
    return Times(around_change_of_clocks(today + _AHEAD, OFFICE_ZONE), OFFICE_ZONE, _EARLIER)


def _place(
    desk: Desk, address: str, via: str | None, calendar: str | None
) -> tuple[Connection, MailboxRef]:
    try:
        connection, mailbox = rehearsing.calendar_of(desk, address=via or address)
    except ConnectorError as error:
        advice = "" if via else "; a mailbox made for tests needs --via, with one that is mapped"
        raise click.ClickException(f"{error}{advice}") from None
    return connection, MailboxRef(address, calendar or "") if via else mailbox


def _run(stage: Stage, times: Times, address: str) -> Record:
    total = len(PROMISES)
    run = Run(
        stage,
        times,
        tell=lambda each: _tell(each, number=len(run.record.outcomes)),
        promises=PROMISES,
    )
    click.echo(f"{address}: {total} promises, in the weeks from {times.monday} on")
    # Whoever stops a service stops this like a person who presses Ctrl-C: it cleans up.
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run.go()
    finally:
        signal.signal(signal.SIGTERM, former)


def _tell(each: Outcome | Answer, *, number: int) -> None:
    if isinstance(each, Answer):
        click.echo(f"  {each.question}: {each.answer}")
        return
    line = f"{number:3}  {_MARKS[each.verdict]} {each.seconds:5.1f} s  {each.promise.sentence}"
    click.echo(line)
    if each.verdict is Verdict.BROKEN:
        click.echo(f"     {each.why}")


def _versions(stage: Stage) -> dict[str, str]:
    told = {name: _version(name) for name in ("rantevou", *stage.libraries)}
    return {**told, "Python": platform.python_version()}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "(not installed as a package)"
