"""``rantevou keys``: what each encryption key is needed for; sealing everything with another."""

from __future__ import annotations

import os
from datetime import timedelta

import click

from booking.managing import LINK_LIFE
from booking.settings import Settings
from booking.store import KeyUse, key_uses, open_store
from booking.store import rotate as seal_anew
from booking.words import dates
from booking_web.wiring import OFFICE_ZONE

#: How often progress is told (values).
_EVERY = 1000


@click.group()
def keys() -> None:
    """Look after RANTEVOU_ENCRYPTION_KEYS: which are needed, and how to retire one."""


@keys.command()
def status() -> None:
    """Say what each key is needed for. Exit status 1 where one that is needed is missing."""
    settings = Settings.from_environment(os.environ)
    uses = key_uses(open_store(settings.database_url, encryption_keys=settings.encryption_keys))
    for each in uses:
        click.echo(_line(each))
    if any(each.needed and not each.known for each in uses):
        raise click.exceptions.Exit(1)


def _line(use: KeyUse) -> str:
    sealed = ", ".join(f"{count} of {table}" for table, count in use.sealed.items() if count)
    parts = [f"{use.name}: {'seals what is written now; ' if use.writes else ''}"]
    if not use.known:
        parts = [f"{use.name}: MISSING, add it to RANTEVOU_ENCRYPTION_KEYS again; "]
    parts.append(f"has sealed {sealed}" if sealed else "nothing is sealed with it")
    if use.links and use.links_until is not None:
        until = dates.day(
            (use.links_until.astimezone(OFFICE_ZONE) + timedelta(days=1)).date(), language="en"
        )
        parts.append(f"; links of {use.links} appointments ahead were made with it, until {until}")
    elif not use.needed:
        parts.append(", it may be removed")
    return "".join(parts)


@keys.command()
def rotate() -> None:
    """Seal everything anew with the first key of RANTEVOU_ENCRYPTION_KEYS.

    Everything else may be running. Stopped in between it is simply run again. Afterwards an old key
    may be removed; links that were made with it go on working until a mail with a new one leaves.
    """
    settings = Settings.from_environment(os.environ)
    store = open_store(settings.database_url, encryption_keys=settings.encryption_keys)
    told = {"at": 0}

    def tell(table: str, count: int) -> None:
        if count - told["at"] >= _EVERY or count < told["at"]:
            told["at"] = count
            click.echo(f"{table}: {count}", err=True)

    count = seal_anew(store, tell=tell)
    click.echo(f"{count} values were sealed anew with {store.keys.current}.")
    for each in key_uses(store):
        if not each.writes:
            click.echo(_line(each))
    click.echo(
        "Backups keep what was sealed before: keep an old key as long as a backup may be needed. "
        f"A mailed link opens its booking until {LINK_LIFE.days} days after the appointment."
    )
