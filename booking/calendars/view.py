"""Reading again what somebody is looking at, within the moment that a page may take."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from booking.calendars.batch import Batch, Glance
from booking.calendars.glances import Terms, glance
from booking.calendars.polling import is_swept
from booking.calendars.refresh import refresh_mailbox
from booking.desk import Desk
from booking.store.clock import not_past
from booking.store.mailboxes import MailboxRow
from booking.store.offer_rows import OfferRow
from connectors.deadline import Deadline
from connectors.errors import TryLater

_log = logging.getLogger(__name__)

#: A reading that nobody waits for any more may still take this long (seconds).
_IN_BACKGROUND = 8.0
#: Readings of one server side by side.
_LANES = 2


def to_look_at(desk: Desk, rows: Sequence[OfferRow], *, now: datetime) -> tuple[str, ...]:
    """Mailboxes that a view should have read again: not tried in the last ten seconds."""
    return tuple(
        row.mailbox_id for row in rows if row.active and _long_ago(desk, row.last_attempt, now=now)
    )


def refresh_view(desk: Desk, *, mailbox_ids: Sequence[str], deadline: Deadline) -> None:
    """Re-read what somebody is looking at, a few at a time per server, until the deadline.

    Where the server can be asked for many at once, only those that changed are read. A server
    whose provider asked us to wait is left alone. Readings that take longer go on in the
    background, so that the next view is fresher.
    """
    with desk.store.read() as uow:
        now = uow.now
        servers: dict[str, list[MailboxRow]] = {}
        for row in uow.mailboxes.many(mailbox_ids):
            if row.active and _long_ago(desk, row.last_attempt, now=now):
                servers.setdefault(row.server_id, []).append(row)
        known = [uow.mailboxes.server(server_id) for server_id in servers]
    threads = [
        threading.Thread(
            target=_server,
            args=(desk, server.id, servers[server.id], is_swept(server.together), now),
            daemon=True,
            name="refresh-view",
        )
        for server in known
        if server.waits_until(now) is None
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(deadline.remaining())


def _long_ago(desk: Desk, attempt: datetime | None, *, now: datetime) -> bool:
    """Whether a view should have it read again; an attempt in the future says nothing."""
    if attempt is None or attempt > not_past(now):
        return True
    return attempt <= now - desk.settings.view_refresh_every


def _server(
    desk: Desk, server_id: str, rows: Sequence[MailboxRow], swept: bool, now: datetime
) -> None:
    ends = Deadline.after(_IN_BACKGROUND)
    glances: Mapping[str, Glance] = {}
    ids = [row.id for row in rows]
    if swept:
        try:
            ids, glances = _glance(desk, server_id, rows, now, ends)
        except Exception as error:  # noqa: BLE001 - a background thread has nobody to raise to
            _log.warning("refreshing a view failed: %s", type(error).__name__)
            return
    queue, lock = iter(ids), threading.Lock()
    others = [
        threading.Thread(
            target=_lane, args=(desk, server_id, queue, lock, glances, ends), daemon=True
        )
        for _ in range(min(_LANES, len(ids)) - 1)
    ]
    for thread in others:
        thread.start()
    if ids:
        _lane(desk, server_id, queue, lock, glances, ends)
    for thread in others:
        thread.join()


def _glance(
    desk: Desk, server_id: str, rows: Sequence[MailboxRow], now: datetime, ends: Deadline
) -> tuple[list[str], Mapping[str, Glance]]:
    """What is still to be read, with the fingerprints taken."""
    # Polls ask for resources in time; a page need not do that for them.
    terms = Terms(2 * desk.settings.listing_every, now - desk.settings.view_refresh_every)
    if desk.bulkhead is None:
        done = glance(desk, rows, terms=terms, batch=Batch(), deadline=ends)
    else:
        with desk.bulkhead.enter(server_id, deadline=ends, wait=False) as admitted:
            if not admitted:
                return [], {}
            done = glance(desk, rows, terms=terms, batch=Batch(), deadline=ends)
            silent = isinstance(done.errors.get(server_id), TryLater)
            desk.bulkhead.report(server_id, ok=not silent)
    if done.errors:
        return [], {}
    left = [row.id for row in rows if row.id not in done.unchanged | done.left | done.skipped]
    return left, done.glances


def _lane(
    desk: Desk,
    server_id: str,
    queue: Iterator[str],
    lock: threading.Lock,
    glances: Mapping[str, Glance],
    ends: Deadline,
) -> None:
    while True:
        with lock:
            mailbox_id = next(queue, None)
        if mailbox_id is None or ends.passed:
            return
        try:
            _view_one(desk, server_id, mailbox_id, glances.get(mailbox_id), ends)
        except Exception as error:  # noqa: BLE001 - a background thread has nobody to raise to
            _log.warning("refreshing a view failed: %s", type(error).__name__)
            return


def _view_one(
    desk: Desk, server_id: str, mailbox_id: str, seen: Glance | None, ends: Deadline
) -> None:
    if desk.bulkhead is None:
        refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=ends, glance=seen)
        return
    with desk.bulkhead.enter(server_id, deadline=ends, wait=False) as admitted:
        if admitted:
            outcome = refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=ends, glance=seen)
            desk.bulkhead.report(server_id, ok=not isinstance(outcome.error, TryLater))
