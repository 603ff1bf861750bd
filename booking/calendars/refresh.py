"""Reading calendars into the replica: one reader a mailbox, one transaction a reading."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.calendars.batch import Batch, Glance
from booking.calendars.connecting import Reach, reach_again
from booking.calendars.fates import fates_of
from booking.calendars.polling import PollBatch, due, mark_dirty, next_due_in
from booking.calendars.readings import is_empty, record_failure, record_reading
from booking.calendars.refusals import is_check_due
from booking.calendars.windows import Plan, plan_for, window_for, window_of
from booking.desk import Desk
from booking.store import StoreUnavailable, UnitOfWork
from booking.store.known_etags import KnownEtags
from booking.store.mailboxes import MailboxRow
from booking.store.sweeps import UNSURE
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
]

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
    glance: Glance | None = None,
) -> RefreshOutcome:
    """Re-read a mailbox and replace what changed in its replica.

    With ``since``, a reading that began at or after that instant, whoever did it, is good
    enough, and another reader is waited for; without it, another reader means code "reading".
    ``batch`` is shared by readings that follow each other at once; ``glance`` is a fingerprint that
    was taken before. Never raises ConnectorError:
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
                glance=glance,
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
    glance: Glance | None,
) -> RefreshOutcome:
    clock = time.perf_counter()
    short = batch.patient and deadline.remaining() < _FAIR
    try:
        place = reach_again(desk, row, known=batch.connections)
        changes, plan = _changes(
            desk, place, row, now=started, deadline=deadline, full=full, glance=glance
        )
        fates = fates_of(desk, place, changes, window=plan.window, deadline=deadline)
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
            window=plan.window,
            full=plan.full,
            started=started,
            seconds=seconds,
            glance=glance,
            fates=fates,
            servers=batch.servers,
            unrecorded=batch.unrecorded,
        )
    except StoreUnavailable:
        # Ours to mend, and no fault of the calendar: what is known of it goes on ageing.
        _give_back(desk, row)
        raise
    except Exception as error:
        _record_fault(desk, row, error)
        raise
    return RefreshOutcome(
        read=outcome in {"", "changed"},
        changed=outcome == "changed",
        check_due=is_check_due(row, now=started),
        code=outcome,
    )


def _give_back(desk: Desk, row: MailboxRow) -> None:
    """The lease, if the database takes that; else it runs out."""
    with contextlib.suppress(StoreUnavailable):
        desk.store.transact(lambda uow: uow.mailboxes.end_reading(row.id, fence=row.fence))


def _record_fault(desk: Desk, row: MailboxRow, error: Exception) -> None:
    # Whatever it is: nobody may go on believing the replica, and the lease must not linger.
    record_failure(desk, row, error=ConnectorError(type(error).__name__), impatient=False)


def _changes(
    desk: Desk,
    place: Reach,
    row: MailboxRow,
    *,
    now: datetime,
    deadline: Deadline,
    full: bool,
    glance: Glance | None,
) -> tuple[ChangeSet, Plan]:
    """Ask for what changed; once more and fully where the sync state has expired, or where a
    glance saw a change that the calendar does not tell."""
    connector = place.connector(desk)
    bounded = connector.capabilities.bounded
    plan = plan_for(desk.settings, place.municipality, row, now=now, bounded=bounded)
    if not (full or plan.full) and row.sync_token is not None:
        try:
            changes = connector.changes(
                mailbox=place.ref,
                sync_state=SyncState(row.sync_token, plan.window),
                known=KnownEtags(desk.store, row.id, recurring=True),
                window=plan.window,
                deadline=deadline,
            )
        except SyncStateExpired:
            pass
        else:
            if not (is_empty(changes) and _saw_more(row, glance, plan.window)):
                return changes, plan
    window = window_for(place.municipality, now=now)
    changes = connector.changes(
        mailbox=place.ref,
        sync_state=None,
        # A series is expanded for one window only; single events are complete anyway.
        known=KnownEtags(desk.store, row.id, recurring=window_of(row) == window),
        window=window,
        deadline=deadline,
    )
    return changes, Plan(window, full=True)


def _saw_more(row: MailboxRow, glance: Glance | None, window: Period) -> bool:
    """Whether the fingerprint is another one although no resource is said to have changed: Graph
    does not tell of a deleted occurrence, and of other changes after a while."""
    if glance is None or glance.window != window:
        return False
    return row.fingerprint is None or row.fingerprint.removeprefix(UNSURE) != glance.text
