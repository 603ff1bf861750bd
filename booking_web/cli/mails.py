"""``rantevou mails``: the mails of a mapping file, as its citizens will get them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import click

from booking.messages import as_email
from booking.messages.specimens import Specimen, specimens
from mapping.file import MappingFileError, read_mapping
from mapping.model import Municipality, Service

#: Where the links of the specimens lead: nowhere.
_PUBLIC_URL = "https://rantevou.example.gr"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--service", "keys", metavar="KEY", multiple=True, help="This one only; repeatable.")
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where they are written; made if it is not there.",
)
def mails(file: Path, keys: tuple[str, ...], output: Path) -> None:
    """Write every mail that citizens may get by the mapping FILE, about a made-up appointment.

    index.html lists them; each is there as a page, as plain text, and as .eml, which mail programs
    open as the real one. Nothing is sent, no database is needed.
    """
    municipality = _read(file)
    services = [each for each in municipality.services if not keys or each.key in keys]
    if unknown := set(keys) - {each.key for each in services}:
        known = ", ".join(each.key for each in municipality.services)
        click.echo(f"there is no service {', '.join(sorted(unknown))}; known: {known}", err=True)
        sys.exit(1)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        output.mkdir(parents=True, exist_ok=True)
        rows = [row for each in services for row in _written(municipality, each, now, output)]
        (output / "index.html").write_text(_index(municipality, rows), encoding="utf-8")
    except OSError as error:
        click.echo(f"{output}: cannot be written: {error.strerror}", err=True)
        sys.exit(1)
    click.echo(f"{len(rows)} mails: open {output / 'index.html'}")


def _read(file: Path) -> Municipality:
    try:
        return read_mapping(file.read_text(encoding="utf-8"), name=str(file))
    except MappingFileError as error:
        click.echo(str(error), err=True)
    except OSError as error:
        click.echo(f"{file}: cannot be read: {error.strerror}", err=True)
    except UnicodeDecodeError:
        click.echo(f"{file}: is not UTF-8; save it as UTF-8", err=True)
    sys.exit(1)


def _written(
    municipality: Municipality, service: Service, now: datetime, output: Path
) -> list[tuple[str, Specimen]]:
    rows = []
    for each in specimens(municipality, service, now=now, public_url=_PUBLIC_URL):
        name = f"{service.key}-{each.name}"
        (output / f"{name}.html").write_text(each.mail.html, encoding="utf-8")
        (output / f"{name}.txt").write_text(each.mail.text, encoding="utf-8")
        (output / f"{name}.eml").write_bytes(as_email(each.mail).as_bytes())
        rows.append((name, each))
    return rows


def _index(municipality: Municipality, rows: list[tuple[str, Specimen]]) -> str:
    title = escape(municipality.name.el)
    listed = "\n".join(
        f'<tr lang="{each.language}"><th scope="row"><a href="{escape(name)}.html">'
        f"{escape(each.mail.subject)}</a></th><td>{escape(each.name)}</td>"
        f'<td><a href="{escape(name)}.txt">.txt</a> <a href="{escape(name)}.eml">.eml</a></td></tr>'
        for name, each in rows
    )
    return (
        '<!DOCTYPE html>\n<html lang="el">'
        f'<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1>\n<table>\n{listed}\n</table></body></html>\n"
    )
