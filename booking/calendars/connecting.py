"""From a stored mailbox to its calendar: connection, secret, connector."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.desk import Desk
from booking.model import NotOffered
from booking.store import UnitOfWork
from booking.store.mailboxes import MailboxRow
from connectors.contract import Connection, Connector, MailboxRef
from connectors.errors import MailboxNotFound, NotAuthorised, Unsupported
from mapping.calendars import seat_of
from mapping.model import CalendarConnection, Municipality


@dataclass(frozen=True, slots=True)
class Reach:
    """A mailbox within reach."""

    row: MailboxRow
    municipality: Municipality
    named: CalendarConnection
    connection: Connection
    ref: MailboxRef

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.municipality.time_zone)

    def connector(self, desk: Desk) -> Connector:
        """Raises Unsupported for an unknown provider or a connection that cannot be right."""
        try:
            return desk.calendars.connector(self.connection)
        except ValueError as error:
            raise Unsupported(str(error)) from None


#: Connections by municipality, name and address; what the readings of one batch share.
Known = dict[tuple[str, str, str], tuple[Municipality, CalendarConnection, Connection]]


def reach(desk: Desk, uow: UnitOfWork, mailbox_id: str) -> Reach:
    """Raises MailboxNotFound where the mapping names it no more, NotAuthorised without secret."""
    row = uow.mailboxes.get(mailbox_id)
    if row is None:
        raise MailboxNotFound("this mailbox is not in the database")
    return _reach(row, *_connection(desk, uow, row))


def reach_again(desk: Desk, row: MailboxRow, *, known: Known) -> Reach:
    """``reach`` for a row at hand, without the database where ``known`` has the connection."""
    place = (row.municipality, row.connection, row.place.split(" ", 2)[1])
    found = known.get(place)
    if found is None:
        with desk.store.read() as uow:
            found = known[place] = _connection(desk, uow, row)
    return _reach(row, *found)


def _reach(
    row: MailboxRow, municipality: Municipality, named: CalendarConnection, connection: Connection
) -> Reach:
    return Reach(
        row=row,
        municipality=municipality,
        named=named,
        connection=connection,
        ref=MailboxRef(address=row.named_address, calendar=row.calendar),
    )


def _connection(
    desk: Desk, uow: UnitOfWork, row: MailboxRow
) -> tuple[Municipality, CalendarConnection, Connection]:
    try:
        municipality = catalogue.entry_of(desk, uow, row.municipality).municipality
    except NotOffered:
        raise MailboxNotFound("the municipality of this mailbox is not offered") from None
    named = _named(desk, uow, municipality, row)
    return municipality, named, connection_of(uow, named)


def connection_of(uow: UnitOfWork, named: CalendarConnection) -> Connection:
    """With the secret's value. Raises NotAuthorised where it has none."""
    secret = ""
    if named.secret:
        value = uow.secrets.get(named.secret)
        if value is None:
            raise NotAuthorised(
                f"the secret {named.secret!r} has no value:"
                f" set it with 'rantevou secret set {named.secret}'"
            )
        secret = value
    return Connection(
        provider=named.provider,
        url=named.url,
        user=named.user,
        secret=secret,
        options=named.options,
    )


def _named(
    desk: Desk, uow: UnitOfWork, municipality: Municipality, row: MailboxRow
) -> CalendarConnection:
    """The connection as the mapping has it; for a calendar that was left, as it had it then.

    A mailbox that delivers nothing any more may still hold events of ours.
    """
    provider, seat, _ = row.place.split(" ", 2)
    versions = chain([municipality], catalogue.former(desk, uow, row.municipality, limit=_FORMER))
    for version in versions:
        found = version.connection(row.connection)
        if found is not None and (found.provider, seat_of(found)) == (provider, seat):
            return found
    raise MailboxNotFound("the mapping file names this mailbox's connection no more")


#: So many revisions back is the connection of a calendar that was left looked for.
_FORMER = 50
