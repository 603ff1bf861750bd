"""``rantevou secret``: values of the secrets that mapping files only name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from booking.office import secrets
from booking.settings import Settings
from booking_web.wiring import desk_from
from mapping.checks.names import is_key

#: Characters; a chain of certificates with its key has less than half of that.
_LONGEST = 40_000
_PEM = "-----BEGIN "
_FILE = click.option(
    "--file",
    "source",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Read the value from FILE, for example a certificate with its private key (PEM)",
)


@click.group()
def secret() -> None:
    """Store the secrets that mappings name; they are encrypted and never shown again."""


@secret.command("set")
@click.argument("name")
@_FILE
def set_secret(name: str, source: Path | None) -> None:
    """Store a secret under NAME: typed twice, from standard input, or from a file."""
    if not is_key(name):
        raise click.ClickException(
            "A name has small Latin letters, digits and single hyphens, as 'secret' in the "
            "mapping file: nothing was stored."
        )
    value = _clean(_given(source))
    secrets.set_secret(desk_from(Settings.from_environment(os.environ)), name=name, value=value)
    click.echo(f"Stored {name}. Running processes use it from their next connection on.")


def _given(source: Path | None) -> str:
    if source is not None:
        try:
            with source.open(encoding="utf-8") as file:
                return file.read(_LONGEST + 1)
        except OSError as error:
            message = f"{source} cannot be read ({error.strerror}): nothing was stored."
            raise click.ClickException(message) from None
        except UnicodeDecodeError:
            raise click.ClickException(
                f"{source} is no text: export certificate and key as PEM (for a .pfx file: "
                "'openssl pkcs12 -in FILE -nodes -out certificate-with-key.pem'). "
                "Nothing was stored."
            ) from None
    if sys.stdin.isatty():
        return str(click.prompt("Value", hide_input=True, confirmation_prompt=True))
    return sys.stdin.read(_LONGEST + 1)


def _clean(value: str) -> str:
    """A password on one line, or a certificate with its key. Raises ClickException."""
    if len(value) > _LONGEST:
        raise click.ClickException("This is too long for a secret: nothing was stored.")
    value = value.replace("\r\n", "\n").strip("\r\n")
    if not value.strip():
        raise click.ClickException("The secret is empty: nothing was stored.")
    if _PEM in value:
        return _certificate(value)
    if "\n" in value:
        raise click.ClickException(
            "A secret is one line, or a certificate with its private key in PEM form: nothing was "
            "stored."
        )
    return value


def _certificate(pem: str) -> str:
    if "ENCRYPTED PRIVATE KEY-----" in pem or "Proc-Type: 4,ENCRYPTED" in pem:
        raise click.ClickException(
            "The private key is protected by a password: store it without one, it is encrypted "
            "here ('openssl pkey -in FILE -out key.pem'). Nothing was stored."
        )
    if "PRIVATE KEY-----" not in pem or "-----BEGIN CERTIFICATE-----" not in pem:
        raise click.ClickException(
            "A certificate must come with its private key, both in PEM form in one text "
            "('cat certificate.pem key.pem'): nothing was stored."
        )
    return pem + "\n"


@secret.command("list")
def list_secrets() -> None:
    """Names of the secrets that are stored."""
    for name in secrets.names(desk_from(Settings.from_environment(os.environ))):
        click.echo(name)
