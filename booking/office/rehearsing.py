"""Which calendar a live run of the promises goes to."""

from __future__ import annotations

from booking.calendars.connecting import reach
from booking.desk import Desk
from connectors.contract import Connection, MailboxRef
from connectors.errors import MailboxNotFound


def calendar_of(desk: Desk, *, address: str) -> tuple[Connection, MailboxRef]:
    """The connection, with its secret, and the calendar of a mapped mailbox.

    Raises MailboxNotFound where no mapping names it, NotAuthorised where its secret has no value.
    """
    with desk.store.read() as uow:
        row = uow.mailboxes.by_address(address)
        if row is None or not row.active:
            raise MailboxNotFound(f"no mapping names {address}")
        found = reach(desk, uow, row.id)
    return found.connection, found.ref
