"""Mailboxes as a mapping names them: one calendar each, and never another's busy time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from booking.model import BookingError
from booking.store import UnitOfWork
from booking.store.mailboxes import MailboxRow
from mapping.calendars import calendar_of, origin_of, seat_of
from mapping.model import CalendarConnection, Mailbox, Municipality


class ImportRefused(BookingError):
    """The mapping contradicts what is stored already; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Put:
    """Addresses of the mailboxes that are new, and of those in another calendar now."""

    added: tuple[str, ...]
    moved: tuple[str, ...]


def put_mailboxes(uow: UnitOfWork, municipality: Municipality) -> Put:
    """Bring the stored mailboxes into line with the mapping. Raises ImportRefused.

    What was read from another calendar never survives a move. Where the calendar itself is
    another one, its events stay within reach through a retired mailbox, while the claims stay
    with the address: the person is the same, and cannot serve two citizens at a time.
    """
    _refuse_shared(uow, municipality)
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
            if _path(known.place, known.address) != _path(str(values["place"]), known.address):
                _retire_calendar(uow, known)
            uow.replicas.forget(known.id)
            values |= _UNREAD | {"fence": known.fence + 1}
        uow.mailboxes.put(mailbox_id=secrets.token_hex(8), address=mailbox.address, **values)
    return Put(tuple(added), tuple(moved))


def _refuse_shared(uow: UnitOfWork, municipality: Municipality) -> None:
    """One calendar behind two mailboxes would be promised to two citizens at the same time."""
    taken = {
        _calendar(row.place, row.address): (row.address, row.municipality)
        for row in uow.mailboxes.all()
        if row.municipality != municipality.slug
    }
    for mailbox in municipality.mailboxes:
        connection = municipality.connection(mailbox.connection)
        if connection is None:
            continue
        named = _calendar(_place(connection, mailbox), mailbox.address)
        other, owner = taken.setdefault(named, (mailbox.address, municipality.slug))
        if other != mailbox.address:
            raise ImportRefused(
                f"mailbox {mailbox.address} names the calendar of {other} ({owner}): it would be"
                " promised twice; give each mailbox a calendar of its own"
            )


def _retire_calendar(uow: UnitOfWork, known: MailboxRow) -> None:
    """Keep the old calendar as a mailbox of its own, which delivers nothing any more."""
    retired = secrets.token_hex(8)
    uow.mailboxes.put(
        mailbox_id=retired,
        address=f"{known.address} (until {uow.now:%Y-%m-%d}, {retired[:6]})",
        municipality=known.municipality,
        staff=known.staff,
        connection=known.connection,
        place=known.place,
        server_id=known.server_id,
        check_outcome=known.check_outcome,
        checked_at=known.checked_at,
        active=False,
    )
    uow.placements.hand_over(known.id, to=retired)


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
        "place": _place(connection, mailbox),
        "server_id": server_id,
        "active": True,
    }


def _place(connection: CalendarConnection, mailbox: Mailbox) -> str:
    return f"{connection.provider} {seat_of(connection)} {mailbox.calendar}"


def _calendar(place: str, address: str) -> str:
    provider, url, calendar = place.split(" ", 2)
    return calendar_of(provider=provider, url=url, calendar=calendar, address=address)


def _path(place: str, address: str) -> tuple[str, str]:
    """The calendar without its server: a server that moved has the same calendars elsewhere."""
    provider, _, rest = _calendar(place, address).partition(" ")
    return provider, urlsplit(rest).path or rest


_UNREAD: dict[str, object] = {
    "sync_token": None,
    "window_start": None,
    "window_end": None,
    "last_success": None,
    "last_started": None,
    "last_attempt": None,
    "last_full": None,
    "next_poll": None,
    "queued_until": None,
    "lease_until": None,
    "error_code": "",
    "error_text": "",
    "failures": 0,
    "checked_at": None,
    "check_outcome": "",
    "brake_at": None,
    "brake_reason": "",
    "fingerprint": None,
    "last_listed": None,
    "working_hours": None,
    "working_hours_at": None,
}
