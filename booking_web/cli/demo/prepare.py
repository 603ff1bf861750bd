"""Brings the data of an embedded run to a state in which the product can serve.

``python -m booking_web.cli.demo.prepare`` runs as a child of the supervisor, which itself stays
small. While it works, the supervisor starts whatever can be started already. It may be repeated.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from booking import catalogue
from booking.calendars import rounds
from booking.desk import Desk
from booking.model import BookingError
from booking.office import accounts, importing, overview
from booking.office import secrets as stored_secrets
from booking.settings import Settings, SettingsError
from booking.store import DatabaseUrlError, EncryptionError, upgrade
from booking_web.cli.demo import samples, servers, stand_in
from booking_web.cli.demo.place import ADMIN, TABLES_READY, Kept, Place, new_password
from booking_web.cli.demo.servers import LOOPBACK
from booking_web.cli.demo.trouble import StartError
from booking_web.wiring import desk_from
from connectors.deadline import Deadline
from mapping.file import read_mapping
from mapping.model import Municipality

READ_SECONDS = 20.0
SERVER_SECONDS = 60.0


def main() -> int:
    settings = Settings.from_environment(os.environ)
    place = Place(settings.data_dir)
    try:
        prepare_tables(settings, place)
        print(TABLES_READY, flush=True)
        make_calendars(place)
        prepare_samples(settings, place)
    except (
        SettingsError,
        StartError,
        BookingError,
        DatabaseUrlError,
        EncryptionError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare_tables(settings: Settings, place: Place) -> None:
    """Migrate the database, generate passwords, and list the mailboxes of each server."""
    upgrade(settings.database_url)
    kept = place.load()
    kept.accounts.setdefault(ADMIN, new_password())
    graph = not stand_in.missing()
    kept.outlook = {}
    for sample in samples.texts():
        text = sample if graph else samples.on_caldav(sample)
        municipality = read_mapping(text, name="sample")
        staff_user = f"staff-{municipality.slug}"
        kept.accounts.setdefault(staff_user, new_password())
        if staff_user not in kept.staff:
            kept.staff.append(staff_user)
        _list_mailboxes(municipality, kept)
    place.save(kept)
    servers.write_calendar_users(place, kept)


def _list_mailboxes(municipality: Municipality, kept: Kept) -> None:
    names = {person.key: person.name for person in municipality.staff}
    for mailbox in municipality.mailboxes:
        connection = municipality.connection(mailbox.connection)
        if connection is not None and connection.provider == "graph":
            kept.outlook[mailbox.address] = names[mailbox.staff]
        else:
            kept.calendars.setdefault(mailbox.address, new_password())
            kept.paths[mailbox.address] = f"/{mailbox.calendar.strip('/')}/"


def make_calendars(place: Place) -> None:
    """Make the calendars of the sample staff on the server that is starting meanwhile."""
    kept, end = place.load(), time.monotonic() + SERVER_SECONDS
    while servers.status("GET", kept.ports["caldav"], "/.well-known/caldav") is None:
        if time.monotonic() > end:
            raise StartError("The calendar server does not answer.")
        time.sleep(0.05)
    for address, password in kept.calendars.items():
        servers.make_calendar(
            kept.ports["caldav"],
            path=kept.paths[address],
            name=address,
            user=address,
            password=password,
        )


def prepare_samples(settings: Settings, place: Place) -> None:
    """Import the samples where they are not, make the accounts, read the calendars once."""
    desk = desk_from(settings)
    kept = place.load()
    graph = stand_in.wait_for(place, kept, seconds=SERVER_SECONDS) if kept.outlook else None
    url = f"http://{LOOPBACK}:{kept.ports['caldav']}/"
    at = samples.Addresses.of(url, graph)
    stored_secrets.set_secret(desk, name=samples.CALDAV_SECRET, value=kept.service_password)
    if graph is not None:
        certificate = Path(graph.certificate_file).read_text()
        stored_secrets.set_secret(desk, name=samples.GRAPH_SECRET, value=certificate)
    _account(desk, ADMIN, kept, role="admin", name="Διαχείριση", municipality=None)
    fresh = False
    for text in samples.texts():
        municipality = read_mapping(text, name="sample")
        fresh |= _import(desk, municipality, text, kept, at)
        _account(
            desk,
            f"staff-{municipality.slug}",
            kept,
            role="staff",
            name=municipality.name.el,
            municipality=municipality.slug,
        )
    samples.keep_addresses(kept, at)
    place.save(kept)
    _read_calendars(desk, check=fresh)


def _import(
    desk: Desk, municipality: Municipality, text: str, kept: Kept, at: samples.Addresses
) -> bool:
    """Import a sample that is not there; one that is there keeps what was changed in it.

    True where something was imported.
    """
    slug = municipality.slug
    wanted = fitted = samples.fitted(text, at)
    if importing.current(desk, slug) is not None:
        stored = importing.export_text(desk, slug)
        before, digest = samples.addresses_of(kept), kept.imported.get(slug, "")
        wanted = samples.renewed(fitted, stored=stored, before=before, at=at, digest=digest)
        if wanted == stored:
            return False
    importing.import_mapping(
        desk, text=wanted, municipality=read_mapping(wanted, name=f"{slug}.yaml"), by="embedded run"
    )
    if wanted == fitted:
        kept.imported[slug] = samples.digest_of(fitted)
    return True


def _account(
    desk: Desk, user: str, kept: Kept, *, role: accounts.Role, name: str, municipality: str | None
) -> None:
    if accounts.get(desk, user) is None:
        accounts.create(
            desk,
            user=user,
            password=kept.accounts[user],
            role=role,
            name=name,
            municipality=municipality,
        )


def _read_calendars(desk: Desk, *, check: bool) -> None:
    """So that the first visitor finds slots. What cannot be read shows on the admin page."""
    mailboxes = [status.id for status in overview.mailboxes(desk)]
    if check:
        for mailbox_id in mailboxes:
            overview.check_mailbox(desk, mailbox_id=mailbox_id)
    rounds.poll(desk, mailbox_ids=mailboxes, deadline=Deadline.after(READ_SECONDS))
    catalogue.municipalities(desk)


if __name__ == "__main__":
    sys.exit(main())
