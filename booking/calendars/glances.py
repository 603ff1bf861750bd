"""Glances: many mailboxes in one request, and only those that changed are read.

A fingerprint says whether a mailbox is as it was when its replica was made. It is taken under
the mailbox's lease, and before the reading that it leads to: what changes in between is read a
second time, never missed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from booking.calendars.batch import Batch, Glance
from booking.calendars.connecting import Reach, reach_again
from booking.calendars.polling import is_swept
from booking.calendars.readings import asks_to_wait, note_failure, pace_of, pause_server, success
from booking.calendars.refusals import is_check_due
from booking.calendars.windows import plan_for
from booking.desk import Desk
from booking.offering.picture import LATER
from booking.store import UnitOfWork
from booking.store.clock import not_past
from booking.store.mailboxes import MailboxRow
from connectors.abilities import Fingerprinting
from connectors.contract import MailboxRef, Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater, Unsupported

_log = logging.getLogger(__name__)

#: A server that is silent for this long has failed; less says more about our hurry (seconds).
_FAIR = 5.0
#: Giving back leases takes its time too.
_MARGIN = timedelta(seconds=2)


@dataclass(slots=True)
class Glanced:
    """What came of glances. Mailboxes in none of these are read one by one."""

    unchanged: set[str] = field(default_factory=set)  #: recorded as read
    left: set[str] = field(default_factory=set)  #: recorded as failed, or read by somebody else
    #: Not looked at: their server had not answered, or the time was over.
    skipped: set[str] = field(default_factory=set)
    glances: dict[str, Glance] = field(default_factory=dict)  #: to be read with this fingerprint
    errors: dict[str, ConnectorError] = field(default_factory=dict)  #: of whole requests, by server


@dataclass(frozen=True, slots=True)
class _Group:
    """Mailboxes that one connector can look at for the same window."""

    connector: Fingerprinting
    size: int
    bounded: bool
    window: Period
    places: list[Reach]


@dataclass(frozen=True, slots=True)
class Terms:
    """Whom to look at: ``listed_within``: mailboxes whose resources were asked for in this time;
    ``not_since``: and that nobody has tried after this instant."""

    listed_within: timedelta
    not_since: datetime | None = None


def glance(
    desk: Desk, rows: Iterable[MailboxRow], *, terms: Terms, batch: Batch, deadline: Deadline
) -> Glanced:
    """Look at the mailboxes whose connectors can do so; record those that have not changed.

    A server that does not answer, or asks us to wait, is left at its first error.
    """
    done = Glanced()
    with desk.store.read() as uow:
        now = uow.now
    for group in _groups(desk, rows, now=now, batch=batch):
        for start in range(0, len(group.places), group.size):
            some = group.places[start : start + group.size]
            server_id = some[0].row.server_id
            if server_id in done.errors or deadline.passed:
                done.skipped.update(place.row.id for place in some)
                continue
            if len(some) == 1 and _listing_due(some[0].row, at=now, terms=terms):
                continue  # one that is to be read anyway costs less without a glance
            _glance(desk, group, some, terms=terms, batch=batch, deadline=deadline, done=done)
    return done


def _groups(
    desk: Desk, rows: Iterable[MailboxRow], *, now: datetime, batch: Batch
) -> Sequence[_Group]:
    groups: dict[tuple[int, str, Period], _Group] = {}
    for row in rows:
        try:
            place = reach_again(desk, row, known=batch.connections)
            connector = place.connector(desk)
        except ConnectorError:
            continue  # reading it will say so
        able = connector.capabilities
        if not is_swept(able.fingerprints) or not isinstance(connector, Fingerprinting):
            continue
        plan = plan_for(desk.settings, place.municipality, row, now=now, bounded=able.bounded)
        group = groups.setdefault(
            (id(connector), row.server_id, plan.window),
            _Group(connector, able.fingerprints, able.bounded, plan.window, []),
        )
        group.places.append(place)
    return tuple(groups.values())


def _glance(
    desk: Desk,
    group: _Group,
    places: Sequence[Reach],
    *,
    terms: Terms,
    batch: Batch,
    deadline: Deadline,
    done: Glanced,
) -> None:
    by_id = {place.row.id: place for place in places}
    rows, at = _begin(desk, list(by_id), terms=terms, batch=batch, deadline=deadline)
    done.left.update(by_id.keys() - {row.id for row in rows})
    if not rows:
        return
    impatient = batch.patient and deadline.remaining() < _FAIR
    clock = time.perf_counter()
    found, error = _ask(group, [by_id[row.id].ref for row in rows], deadline)
    seconds = time.perf_counter() - clock
    unchanged: list[MailboxRow] = []
    changed: list[MailboxRow] = []
    failed: list[tuple[MailboxRow, ConnectorError]] = []
    for row in rows:
        place = by_id[row.id]
        told = error or found.get(place.ref) or ConnectorError("nothing was said of this mailbox")
        if isinstance(told, Unsupported):
            changed.append(row)
        elif isinstance(told, ConnectorError):
            failed.append((row, told))
        elif told == row.fingerprint and _trusted(desk, group, place, row, at=at, terms=terms):
            unchanged.append(row)
        else:
            changed.append(row)
            done.glances[row.id] = Glance(told, group.window, at)

    pause = asks_to_wait(error)

    def work(uow: UnitOfWork) -> bool:
        if pause is not None:
            uow.sweeps.end(rows)
            pause_server(desk, uow, rows[0].server_id, seconds=pause)
            return False
        if error is None:
            _record(desk, uow, group, unchanged, at=at, seconds=seconds, batch=batch)
        uow.sweeps.end(changed)
        for row, fault in failed:
            note_failure(desk, uow, row, error=fault, impatient=impatient and deadline.passed)
        return any(row.failures for row in unchanged)

    if desk.store.transact(work):
        desk.wake("drain")
    if error is not None:
        done.errors[rows[0].server_id] = error
    done.unchanged.update(row.id for row in unchanged)
    done.left.update(row.id for row, _ in failed)


def _begin(
    desk: Desk, mailbox_ids: Sequence[str], *, terms: Terms, batch: Batch, deadline: Deadline
) -> tuple[tuple[MailboxRow, ...], datetime]:
    lease = min(desk.settings.lease, timedelta(seconds=deadline.remaining()) + _MARGIN)

    def work(uow: UnitOfWork) -> tuple[tuple[MailboxRow, ...], datetime]:
        batch.record(uow)
        rows = uow.sweeps.begin(
            mailbox_ids, now=uow.now, lease_until=uow.now + lease, not_since=terms.not_since
        )
        return rows, uow.now

    begun = desk.store.transact(work)
    batch.recorded()
    return begun


def _ask(
    group: _Group, refs: Sequence[MailboxRef], deadline: Deadline
) -> tuple[Mapping[MailboxRef, str | ConnectorError], ConnectorError | None]:
    """What the provider says of each, or what kept it from answering at all."""
    try:
        found = group.connector.fingerprints(mailboxes=refs, window=group.window, deadline=deadline)
    except ConnectorError as error:
        return {}, error
    except Exception as error:  # noqa: BLE001 - nobody may go on believing these replicas
        _log.error("looking at %d mailboxes failed: %s", len(refs), type(error).__name__)
        return {}, ConnectorError(type(error).__name__)
    # Errors of all of them are one error: their request's.
    silent = [each for each in found.values() if isinstance(each, TryLater)]
    waits = [each for each in silent if each.retry_after is not None]
    if len(silent) == len(refs) and (waits or len(refs) > 1):
        return found, (waits or silent)[0]
    return found, None


def _trusted(
    desk: Desk, group: _Group, place: Reach, row: MailboxRow, *, at: datetime, terms: Terms
) -> bool:
    """Whether an equal fingerprint is enough to take the mailbox for read."""
    if row.dirty_at is not None or row.error_code not in {"", LATER}:
        return False
    if row.last_success is None or row.last_success > not_past(at):
        return False
    if row.last_listed is None or _listing_due(row, at=at, terms=terms):
        return False
    if is_check_due(row, now=at):
        return False
    plan = plan_for(desk.settings, place.municipality, row, now=at, bounded=group.bounded)
    return not plan.full and plan.window == group.window


def _listing_due(row: MailboxRow, *, at: datetime, terms: Terms) -> bool:
    """Whether resources are to be asked for again, and nothing else is the matter."""
    if row.last_listed is None or row.dirty_at is not None:
        return False
    return not (at - terms.listed_within < row.last_listed <= not_past(at))


def _record(
    desk: Desk,
    uow: UnitOfWork,
    group: _Group,
    rows: Sequence[MailboxRow],
    *,
    at: datetime,
    seconds: float,
    batch: Batch,
) -> None:
    """Those that have not changed were read at ``at``; one statement for nearly all of them."""
    if not rows:
        return
    pace = pace_of(
        desk,
        uow,
        rows[0].server_id,
        at=at,
        seconds=seconds,
        together=group.size,
        servers=batch.servers,
    )
    well = [row for row in rows if not row.failures and not row.error_code]
    if well:
        uow.sweeps.end(well, **success(well[0], at=at, next_poll=at + pace))
    for row in rows:
        if row.failures or row.error_code:
            uow.sweeps.end([row], **success(row, at=at, next_poll=at + pace))
            # It answers again: what waits for it need not wait out its pause.
            uow.outbox.hasten(row.id, now=uow.now)
