"""``rantevou mapping``: check, plan, import and export what a municipality offers."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from mapping.diff import Change, ChangeKind, describe_changes, faults
from mapping.file import MappingFileError, Providers, Reading, decode, examine
from mapping.model import Municipality, Service, ServiceChannel

if TYPE_CHECKING:
    from booking.desk import Desk

PREVIEW_DAYS = 14
_SIGNS = {
    ChangeKind.ADDED: "+",
    ChangeKind.REMOVED: "-",
    ChangeKind.CHANGED: "~",
    ChangeKind.FAULT: "!",
}
_FILES = click.argument(
    "files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path)
)


@click.group()
def mapping() -> None:
    """Check, plan, import and export mapping files (docs/mapping-file.md)."""


@mapping.command()
@_FILES
def check(files: tuple[Path, ...]) -> None:
    """Report every fault of FILE with line, column and what to write instead."""
    for file, reading in zip(files, _read(files)[0], strict=True):
        municipality = reading.municipality
        click.echo(
            f"{file}: no faults (services: {len(municipality.services)}, "
            f"mailboxes: {len(municipality.mailboxes)})"
        )


@mapping.command()
@_FILES
def plan(files: tuple[Path, ...]) -> None:
    """Show what importing FILE would change, and the next two weeks' slots; write nothing."""
    readings, _ = _read(files)
    desk = _desk_if_any()
    refused = False
    for reading in readings:
        municipality = reading.municipality
        changes = describe_changes(_current(desk, municipality.slug), municipality)
        click.echo(f"{municipality.name.el} ({municipality.slug})")
        _show(changes)
        _show_left_behind(desk, municipality)
        refused |= bool(faults(changes))
        for service in municipality.services:
            for channel in service.channels:
                _show_slots(desk, municipality, service, channel)
    if refused:
        sys.exit(1)


@mapping.command(name="import")
@_FILES
def import_(files: tuple[Path, ...]) -> None:
    """Put FILE into the database. A broken file changes nothing, nor do the others with it."""
    from booking.office import importing
    from booking_web.cli import sign_in

    readings, texts = _read(files)
    desk = _desk()
    planned = [
        describe_changes(importing.current(desk, each.municipality.slug), each.municipality)
        for each in readings
    ]
    refused = False
    for file, changes in zip(files, planned, strict=True):
        for change in faults(changes):
            click.echo(f"{file}: {change.where}: {change.text}", err=True)
            refused = True
    if refused:
        sys.exit(1)
    for reading, text, changes in zip(readings, texts, planned, strict=True):
        municipality = reading.municipality
        importing.import_mapping(desk, text=text, municipality=municipality, by=_user())
        click.echo(f"{municipality.name.el} ({municipality.slug}): imported")
        for finding in sign_in.examine(desk.settings, [municipality]):
            if not finding.ok:
                click.echo(f"{finding.name}: warning: {finding.detail}. {finding.remedy}", err=True)
        _show(changes)


@mapping.command()
@click.argument("slug")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="Instead of stdout")
def export(slug: str, output: Path | None) -> None:
    """Write the mapping of SLUG exactly as it was imported, comments included."""
    from booking.office import importing

    data = importing.export_text(_desk(), slug).encode("utf-8")
    if output is None:
        click.echo(data, nl=False)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        click.echo(f"{output}: cannot be written: {error.strerror}", err=True)
        sys.exit(1)


def _read(files: Iterable[Path]) -> tuple[list[Reading], list[str]]:
    """Readings and texts of all files; ends the command where one of them has a fault."""
    readings: list[Reading] = []
    texts: list[str] = []
    slugs: dict[str, Path] = {}
    broken = False
    for file in files:
        try:
            text = decode(file.read_bytes(), name=str(file))
            reading = examine(text, name=str(file), providers=_providers())
        except MappingFileError as error:
            click.echo(str(error), err=True)
            broken = True
            continue
        except OSError as error:
            click.echo(f"{file}: cannot be read: {error.strerror}", err=True)
            broken = True
            continue
        for warning in reading.warnings:
            click.echo(
                f"{file}:{warning.line}:{warning.column}: warning: {warning.message}", err=True
            )
        slug = reading.municipality.slug
        if slug in slugs:
            click.echo(f"{file}: '{slug}' is also the slug of {slugs[slug]}; keep one", err=True)
            broken = True
        slugs[slug] = file
        readings.append(reading)
        texts.append(text)
    if broken:
        sys.exit(1)
    return readings, texts


def _providers() -> Providers:
    from booking_web.wiring import calendar_providers

    return calendar_providers()


def _desk() -> Desk:
    from booking.settings import Settings
    from booking_web.wiring import desk_from

    return desk_from(Settings.from_environment(os.environ))


def _desk_if_any() -> Desk | None:
    """No desk where the embedded database does not exist yet: looking must not create it."""
    from booking.settings import Settings

    url = Settings.from_environment(os.environ).database_url
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        return None
    return _desk()


def _current(desk: Desk | None, slug: str) -> Municipality | None:
    if desk is None:
        return None
    from booking.office import importing

    return importing.current(desk, slug)


def _show(changes: Iterable[Change]) -> None:
    empty = True
    for change in changes:
        empty = False
        click.echo(f"  {_SIGNS[change.kind]} {change.where}: {change.text}")
    if empty:
        click.echo("  nothing changes")


def _show_left_behind(desk: Desk | None, municipality: Municipality) -> None:
    """Appointments in calendars that would not be followed any more, by their references."""
    from booking.office.leaving import left_behind

    if desk is None:
        return
    zone = ZoneInfo(municipality.time_zone)
    for address, views in left_behind(desk, municipality=municipality).items():
        click.echo(f"  {len(views)} appointments stay behind in {address}:")
        for view in views:
            click.echo(f"    {view.period.start.astimezone(zone):%Y-%m-%d %H:%M} {view.reference}")


def _show_slots(
    desk: Desk | None, municipality: Municipality, service: Service, channel: ServiceChannel
) -> None:
    from booking import offer

    zone = ZoneInfo(municipality.time_zone)
    now = datetime.now(UTC)
    first = now.astimezone(zone).date()
    last = first + timedelta(days=PREVIEW_DAYS - 1)
    name = f"{service.key} {channel.channel.value}"
    click.echo(f"  slots of {name}, {first} to {last} …", err=True)
    slots = offer.preview(
        desk,
        municipality=municipality,
        service=service,
        channel=channel.channel,
        first=first,
        last=last,
        now=now,
    )
    click.echo(f"  {name}: {len(slots)} slots from {first} to {last}")
    for line in _by_day(slot.start.astimezone(zone) for slot in slots):
        click.echo(f"    {line}")


def _by_day(starts: Iterable[datetime]) -> Iterator[str]:
    for day, moments in groupby(starts, key=lambda each: each.date()):
        yield f"{day:%a %Y-%m-%d}  " + " ".join(f"{each:%H:%M}" for each in moments)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return "command line"
