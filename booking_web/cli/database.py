"""``rantevou database``: the tables of this version."""

from __future__ import annotations

import os

import click

from booking.settings import Settings
from booking.store import upgrade as upgrade_tables


@click.group()
def database() -> None:
    """Bring the database to this version."""


@database.command()
def upgrade() -> None:
    """Create or migrate the tables of RANTEVOU_DATABASE_URL; safe to repeat."""
    settings = Settings.from_environment(os.environ)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    upgrade_tables(settings.database_url)
    click.echo("The database has the tables of this version.")
