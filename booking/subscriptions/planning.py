"""Which mailboxes are to call us: bringing subscriptions into line with mapping and settings."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence

from booking.calendars.connecting import Known, reach_again
from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.mailboxes import MailboxRow
from booking.subscriptions.rules import COMPARED_EVERY, address_of, origin_of
from connectors.errors import ConnectorError

_log = logging.getLogger(__name__)


def is_due(desk: Desk, *, plans: bool) -> bool:
    """Whether upkeep has anything to do; asks the database alone.

    ``plans``: also where a mailbox might want a subscription. Only upkeep itself can tell whether
    its provider calls anybody, so a caller asks for that now and then.
    """
    origin = origin_of(desk.settings)
    with desk.store.read() as uow:
        seen_before = uow.now - COMPARED_EVERY
        if uow.subscriptions.any_due(now=uow.now, seen_before=seen_before, origin=origin):
            return True
        return plans and bool(origin) and uow.subscriptions.any_uncovered()


def plan(desk: Desk) -> None:
    """Want a subscription for every mailbox whose provider calls; end what is not wanted any more:
    unmapped, moved to another calendar or connection, to be called elsewhere, or switched off.
    """
    origin = origin_of(desk.settings)
    with desk.store.read() as uow:
        astray = uow.subscriptions.astray(origin=origin)
    if astray:
        desk.store.transact(lambda uow: _end(uow, origin=origin))
    if not origin:
        return
    with desk.store.read() as uow:
        uncovered = uow.subscriptions.uncovered()
    ids = frozenset(row.id for row in _calling(desk, uncovered))
    if ids:
        desk.store.transact(lambda uow: _want(desk, uow, ids))


def able_to_call(desk: Desk) -> int:
    """How many mapped mailboxes have a provider that could call us."""
    with desk.store.read() as uow:
        rows = uow.mailboxes.all()
    return len(_calling(desk, rows))


def _end(uow: UnitOfWork, *, origin: str) -> None:
    for row in uow.subscriptions.astray(origin=origin):
        uow.subscriptions.end(row, now=uow.now)


def _want(desk: Desk, uow: UnitOfWork, ids: frozenset[str]) -> None:
    for row in uow.subscriptions.uncovered():
        if row.id in ids:
            provider = row.place.partition(" ")[0]
            uow.subscriptions.add(
                subscription_id=secrets.token_hex(16),
                mailbox_id=row.id,
                place=row.place,
                connection=row.connection,
                notification_url=address_of(desk.settings, provider=provider),
                now=uow.now,
            )


def _calling(desk: Desk, rows: Sequence[MailboxRow]) -> list[MailboxRow]:
    """Those whose provider can call; what keeps one from being reached, its readings tell."""
    known: Known = {}
    calls: dict[tuple[str, str, str], bool] = {}
    found = []
    for row in rows:
        key = (row.municipality, row.connection, row.place.split(" ", 2)[1])
        if key not in calls:
            try:
                connector = reach_again(desk, row, known=known).connector(desk)
                calls[key] = connector.capabilities.push
            except ConnectorError:
                calls[key] = False
        if calls[key]:
            found.append(row)
    return found
