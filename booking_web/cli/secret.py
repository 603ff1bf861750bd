"""``rantevou secret``: values of the secrets that mapping files only name."""

from __future__ import annotations

import os
import sys

import click

from booking.office import secrets
from booking.settings import Settings
from booking_web.wiring import desk_from
from mapping.checks.names import is_key

_LONGEST = 10_000


@click.group()
def secret() -> None:
    """Store the secrets that mappings name; they are encrypted and never shown again."""


@secret.command("set")
@click.argument("name")
def set_secret(name: str) -> None:
    """Store a secret under NAME: typed twice, or one line on standard input."""
    if not is_key(name):
        raise click.ClickException(
            "A name has small Latin letters, digits and single hyphens, as 'secret' in the "
            "mapping file: nothing was stored."
        )
    if sys.stdin.isatty():
        value = click.prompt("Value", hide_input=True, confirmation_prompt=True)
    else:
        value = sys.stdin.readline(_LONGEST).rstrip("\r\n")
    if not value:
        raise click.ClickException("The secret is empty: nothing was stored.")
    secrets.set_secret(desk_from(Settings.from_environment(os.environ)), name=name, value=value)
    click.echo(f"Stored {name}. Running processes use it from their next connection on.")


@secret.command("list")
def list_secrets() -> None:
    """Names of the secrets that are stored."""
    for name in secrets.names(desk_from(Settings.from_environment(os.environ))):
        click.echo(name)
