"""``rantevou account``: who may sign in to the staff and administration pages."""

from __future__ import annotations

import os
import sys

import click

from booking.desk import Desk
from booking.office import accounts, importing
from booking.settings import Settings
from booking_web.wiring import desk_from

_LONGEST = 1_000


@click.group()
def account() -> None:
    """Make the accounts of staff and administrators."""


@account.command()
@click.argument("user")
@click.option("--name", required=True, help="As the pages show it.")
@click.option("--municipality", metavar="SLUG", help="Whose bookings a staff account may see.")
@click.option("--admin", is_flag=True, help="An administrator sees every municipality.")
def create(user: str, name: str, municipality: str | None, admin: bool) -> None:
    """Make the account USER, or replace it; its password is typed twice, or one line of input."""
    if admin == bool(municipality):
        raise click.UsageError("Give either --admin or --municipality SLUG.")
    desk = desk_from(Settings.from_environment(os.environ))
    if municipality is not None:
        _require(desk, municipality)
    try:
        accounts.create(
            desk,
            user=user,
            password=_password(),
            role="admin" if admin else "staff",
            name=name,
            municipality=municipality,
        )
    except accounts.AccountError as error:
        raise click.ClickException(f"Nothing was changed: {error}.") from None
    click.echo(f"{user} can sign in at {'/admin/' if admin else '/staff/'}.")


def _require(desk: Desk, municipality: str) -> None:
    if importing.current(desk, municipality) is None:
        raise click.ClickException(
            f"There is no municipality {municipality}: 'rantevou mapping import' its file first."
        )


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline(_LONGEST).rstrip("\r\n")
