"""Taking a mapping file into the database, and giving it back exactly as it was."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from booking import catalogue
from booking.desk import Desk
from booking.model import BookingError, NotOffered
from booking.store import UnitOfWork
from mapping.model import CalendarConnection, Mailbox, Municipality


class ImportRefused(BookingError):
    """The mapping contradicts what is stored already; nothing was changed."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. Mailboxes are named by their addresses."""

    slug: str
    revision: int
    changed: bool  #: False: this very text was current already
    mailboxes_added: tuple[str, ...] = ()
    mailboxes_moved: tuple[str, ...] = ()  #: stand in another calendar now: read anew
    mailboxes_retired: tuple[str, ...] = ()


def import_mapping(desk: Desk, *, text: str, municipality: Municipality, by: str) -> ImportReport:
    """Make ``text`` the current mapping; ``municipality`` is what it reads as.

    Raises ImportRefused where a mailbox belongs to another municipality.
    """

    def work(uow: UnitOfWork) -> ImportReport:
        current = uow.catalogue.revision(municipality.slug)
        unchanged = current is not None and uow.catalogue.text(current) == text
        revision = (
            current
            if unchanged and current is not None
            else uow.catalogue.add(slug=municipality.slug, text=text, by=by, at=uow.now)
        )
        added, moved = _put_mailboxes(uow, municipality)
        retired = uow.mailboxes.deactivate(
            municipality.slug, but=[mailbox.address for mailbox in municipality.mailboxes]
        )
        return ImportReport(municipality.slug, revision, not unchanged, added, moved, retired)

    report = desk.store.transact(work)
    catalogue.prime(desk.store, municipality=municipality, revision=report.revision)
    desk.wake("poll")
    return report


def export_text(desk: Desk, slug: str) -> str:
    """The current mapping file, byte for byte as imported. Raises NotOffered."""
    with desk.store.read() as uow:
        revision = uow.catalogue.revision(slug)
        if revision is None:
            raise NotOffered("there is no such municipality")
        return uow.catalogue.text(revision)


def current(desk: Desk, slug: str) -> Municipality | None:
    try:
        return catalogue.municipality(desk, slug)
    except NotOffered:
        return None


def origin_of(connection: CalendarConnection) -> str:
    """What one server is known by: provider, scheme, host and port."""
    parts = urlsplit(connection.url)
    return f"{connection.provider} {parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _put_mailboxes(
    uow: UnitOfWork, municipality: Municipality
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    added, moved = [], []
    for mailbox in municipality.mailboxes:
        connection = municipality.connection(mailbox.connection)
        if connection is None:
            raise ImportRefused(f"mailbox {mailbox.address} names an unknown connection")
        known = uow.mailboxes.by_address(mailbox.address)
        if known is not None and known.municipality != municipality.slug:
            raise ImportRefused(
                f"mailbox {mailbox.address} belongs to {known.municipality}: one address can"
                " deliver the services of one municipality; remove it from one of the files"
            )
        values = _values(uow, municipality, mailbox, connection)
        if known is None:
            added.append(mailbox.address)
        elif known.place != values["place"]:
            moved.append(mailbox.address)
            uow.replicas.forget(known.id)
            values |= _UNREAD | {"fence": known.fence + 1}
        uow.mailboxes.put(mailbox_id=secrets.token_hex(8), address=mailbox.address, **values)
    return tuple(added), tuple(moved)


def _values(
    uow: UnitOfWork, municipality: Municipality, mailbox: Mailbox, connection: CalendarConnection
) -> dict[str, object]:
    server_id = uow.mailboxes.server_of(
        server_id=secrets.token_hex(8),
        provider=connection.provider,
        origin=origin_of(connection),
    )
    return {
        "municipality": municipality.slug,
        "staff": mailbox.staff,
        "connection": mailbox.connection,
        "place": f"{connection.provider} {connection.url} {mailbox.calendar}",
        "server_id": server_id,
        "active": True,
    }


_UNREAD: dict[str, object] = {
    "sync_token": None,
    "window_start": None,
    "window_end": None,
    "last_success": None,
    "last_started": None,
    "last_full": None,
    "next_poll": None,
    "lease_until": None,
    "error_code": "",
    "error_text": "",
    "failures": 0,
    "checked_at": None,
    "check_outcome": "",
    "brake_at": None,
    "brake_reason": "",
}
