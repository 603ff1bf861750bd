"""Reading calendars into the replica: one reader a mailbox, one transaction a reading."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.calendars.batch import Batch
from booking.calendars.connecting import Reach, reach_again
from booking.calendars.polling import PollBatch, due, mark_dirty, next_due_in
from booking.calendars.readings import record_failure, record_reading, window_for
from booking.calendars.refusals import is_check_due
from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.clock import not_past
from booking.store.known_etags import KnownEtags
from booking.store.mailboxes import MailboxRow
from booking.store.offer_rows import OfferRow
from connectors.contract import ChangeSet, Period, SyncState
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, SyncStateExpired, TryLater

__all__ = [
    "PollBatch",
    "RefreshOutcome",
    "due",
    "mark_dirty",
    "next_due_in",
    "refresh_mailbox",
    "refresh_view",
    "to_look_at",
]

_log = logging.getLogger(__name__)

#: A reading that nobody waits for any more may still take this long (seconds).
_IN_BACKGROUND = 8.0
#: A server that is silent for this long has failed; less says more about our hurry (seconds).
_FAIR = 5.0
_WAIT = 0.01


@dataclass(frozen=True, slots=True)
class RefreshOutcome:
    """``read``: the replica is as fresh as was asked. ``code`` says why not."""

    read: bool
    changed: bool = False
    check_due: bool = False  #: a booking was refused, and it is time to try again
    code: str = ""
    error: ConnectorError | None = None


def refresh_mailbox(
    desk: Desk,
    *,
    mailbox_id: str,
    deadline: Deadline,
    full: bool = False,
    since: datetime | None = None,
    batch: Batch | None = None,
) -> RefreshOutcome:
    """Re-read a mailbox and replace what changed in its replica.

    With ``since``, a reading that began at or after that instant, whoever did it, is good
    enough, and another reader is waited for; without it, another reader means code "reading".
    ``batch`` is shared by readings that follow each other at once. Never raises ConnectorError:
    the outcome carries it, the mailbox records it.
    """
    while True:
        row, started = _begin(desk, mailbox_id, deadline, batch)
        if row is not None:
            return _read(
                desk,
                row,
                started=started,
                deadline=deadline,
                full=full,
                batch=batch or Batch(),
            )
        if since is None:
            return RefreshOutcome(read=False, code="reading")
        with desk.store.read() as uow:
            seen, now = uow.mailboxes.get(mailbox_id), uow.now
        if seen is None:
            return RefreshOutcome(read=False, code="unknown")
        began = seen.last_started
        if began is not None and since <= began <= now and not seen.error_code:
            return RefreshOutcome(read=True)
        if deadline.passed:
            return RefreshOutcome(read=False, code="reading", error=TryLater("somebody reads it"))
        time.sleep(min(_WAIT, deadline.remaining()))


def to_look_at(desk: Desk, rows: Sequence[OfferRow], *, now: datetime) -> tuple[str, ...]:
    """Mailboxes that a view should have read again: not tried in the last ten seconds."""
    return tuple(
        row.mailbox_id for row in rows if row.active and _long_ago(desk, row.last_attempt, now=now)
    )


def refresh_view(desk: Desk, *, mailbox_ids: Sequence[str], deadline: Deadline) -> None:
    """Re-read what somebody is looking at, a few at a time per server, until the deadline.

    Readings that take longer go on in the background, so that the next view is fresher.
    """
    with desk.store.read() as uow:
        wanted = [
            row
            for row in uow.mailboxes.many(mailbox_ids)
            if row.active and _long_ago(desk, row.last_attempt, now=uow.now)
        ]
    by_server: dict[str, list[str]] = {}
    for row in wanted:
        by_server.setdefault(row.server_id, []).append(row.id)
    threads = []
    for server_id, ids in by_server.items():
        queue = iter(ids)
        lock = threading.Lock()
        for _ in range(min(2, len(ids))):
            thread = threading.Thread(
                target=_lane, args=(desk, server_id, queue, lock), daemon=True, name="refresh-view"
            )
            thread.start()
            threads.append(thread)
    for thread in threads:
        thread.join(deadline.remaining())


def _long_ago(desk: Desk, attempt: datetime | None, *, now: datetime) -> bool:
    """Whether a view should have it read again; an attempt in the future says nothing."""
    if attempt is None or attempt > not_past(now):
        return True
    return attempt <= now - desk.settings.view_refresh_every


def _lane(desk: Desk, server_id: str, queue: Iterator[str], lock: threading.Lock) -> None:
    ends = Deadline.after(_IN_BACKGROUND)
    while True:
        with lock:
            mailbox_id = next(queue, None)
        if mailbox_id is None or ends.passed:
            return
        try:
            _view_one(desk, server_id, mailbox_id, ends)
        except Exception as error:  # noqa: BLE001 - a background thread has nobody to raise to
            _log.warning("refreshing a view failed: %s", type(error).__name__)
            return


def _view_one(desk: Desk, server_id: str, mailbox_id: str, ends: Deadline) -> None:
    if desk.bulkhead is None:
        refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=ends)
        return
    with desk.bulkhead.enter(server_id, deadline=ends, wait=False) as admitted:
        if admitted:
            outcome = refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=ends)
            desk.bulkhead.report(server_id, ok=not isinstance(outcome.error, TryLater))


def _begin(
    desk: Desk, mailbox_id: str, deadline: Deadline, batch: Batch | None
) -> tuple[MailboxRow | None, datetime]:
    # A reader that dies blocks the mailbox no longer than it could have read.
    lease = min(desk.settings.lease, timedelta(seconds=deadline.remaining() + 2))

    def work(uow: UnitOfWork) -> tuple[MailboxRow | None, datetime]:
        now = uow.now
        if batch is not None:
            batch.record(uow)
        return uow.mailboxes.begin_reading(mailbox_id, now=now, lease_until=now + lease), now

    begun = desk.store.transact(work)
    if batch is not None:
        batch.recorded()
    return begun


def _read(
    desk: Desk,
    row: MailboxRow,
    *,
    started: datetime,
    deadline: Deadline,
    full: bool,
    batch: Batch,
) -> RefreshOutcome:
    clock = time.perf_counter()
    short = batch.patient and deadline.remaining() < _FAIR
    try:
        place = reach_again(desk, row, known=batch.connections)
        changes, was_full, window = _changes(
            desk, place, row, now=started, deadline=deadline, full=full
        )
    except ConnectorError as error:
        code = record_failure(desk, row, error=error, impatient=short and deadline.passed)
        return RefreshOutcome(read=False, code=code, error=error)
    except Exception as error:
        _record_fault(desk, row, error)
        raise
    seconds = time.perf_counter() - clock
    try:
        outcome = record_reading(
            desk,
            place,
            row,
            changes=changes,
            window=window,
            full=was_full,
            started=started,
            seconds=seconds,
            servers=batch.servers,
            unrecorded=batch.unrecorded,
        )
    except Exception as error:
        _record_fault(desk, row, error)
        raise
    return RefreshOutcome(
        read=outcome in {"", "changed"},
        changed=outcome == "changed",
        check_due=is_check_due(row, now=started),
        code=outcome,
    )


def _record_fault(desk: Desk, row: MailboxRow, error: Exception) -> None:
    # Whatever it is: nobody may go on believing the replica, and the lease must not linger.
    record_failure(desk, row, error=ConnectorError(type(error).__name__), impatient=False)


def _changes(
    desk: Desk, place: Reach, row: MailboxRow, *, now: datetime, deadline: Deadline, full: bool
) -> tuple[ChangeSet, bool, Period]:
    """Ask for what changed; once more and fully where the sync state has expired."""
    connector = place.connector(desk)
    window = window_for(place.municipality, now=now)
    stored = (
        Period(row.window_start, row.window_end)
        if row.window_start is not None and row.window_end is not None
        else None
    )
    moved = stored is None or row.last_full is None
    if stored is not None and row.last_full is not None:
        day_over = row.last_full <= now - desk.settings.full_comparison_every
        moved = day_over or stored.end < window.end - _SLACK or stored.start > window.start
    if not (full or moved or row.brake_at) and row.sync_token is not None and stored is not None:
        try:
            changes = connector.changes(
                mailbox=place.ref,
                sync_state=SyncState(row.sync_token, stored),
                known=KnownEtags(desk.store, row.id, recurring=True),
                window=stored,
                deadline=deadline,
            )
        except SyncStateExpired:
            pass
        else:
            return changes, False, stored
    changes = connector.changes(
        mailbox=place.ref,
        sync_state=None,
        # A series is expanded for one window only; single events are complete anyway.
        known=KnownEtags(desk.store, row.id, recurring=stored == window),
        window=window,
        deadline=deadline,
    )
    return changes, True, window


#: The window may have this much less ahead of it before a full comparison is due.
_SLACK = timedelta(days=6)
