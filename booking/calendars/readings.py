"""Recording what a reading brought: resources, masks, times, failures, and alarming results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from booking.busy import masks_of
from booking.calendars.connecting import Reach
from booking.calendars.polling import interval_of
from booking.desk import Desk
from booking.offering.picture import LATER
from booking.store import UnitOfWork
from booking.store.intervals import own_key
from booking.store.mailboxes import MailboxRow, ServerRow
from connectors.contract import ChangeSet, Period, ResourceReading
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    TryLater,
    Unsupported,
)
from mapping.model import Municipality

_log = logging.getLogger(__name__)

#: A calendar that held this many resources and reads empty is not believed.
_BRAKE_AT = 10
_BACK = timedelta(days=1)
_AHEAD = timedelta(days=8)

_CODES: tuple[tuple[type[ConnectorError], str], ...] = (
    (TryLater, LATER),
    (NotAuthorised, "not_authorised"),
    (MailboxNotFound, "not_found"),
    (Unsupported, "unsupported"),
)


def window_for(municipality: Municipality, *, now: datetime) -> Period:
    """What is read of a calendar: from yesterday to a week after the last day on offer."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    horizon = max((service.horizon_days for service in municipality.services), default=60)
    return Period(midnight - _BACK, midnight + timedelta(days=horizon) + _AHEAD)


def code_of(error: ConnectorError) -> str:
    return next((code for kind, code in _CODES if isinstance(error, kind)), "failed")


def record_failure(desk: Desk, row: MailboxRow, *, error: ConnectorError, impatient: bool) -> str:
    """Note that a mailbox could not be read; returns the code that is kept with it.

    ``impatient``: our own short deadline was over. That, and being asked to slow down, says
    nothing about the calendar: the replica goes on ageing.
    """
    code = code_of(error)
    throttled = isinstance(error, TryLater) and error.retry_after is not None
    counts = not (throttled or (impatient and code == LATER))

    def work(uow: UnitOfWork) -> None:
        pause = desk.settings.poll_floor.total_seconds()
        if isinstance(error, TryLater) and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        # Whatever made it dirty, the next successful reading will see.
        values: dict[str, Any] = {
            "next_poll": uow.now + timedelta(seconds=pause),
            "dirty_at": None,
        }
        if counts:
            values |= {
                "error_code": code,
                "error_text": str(error)[:500],
                "failures": row.failures + 1,
            }
        uow.mailboxes.end_reading(row.id, fence=row.fence, **values)

    desk.store.transact(work)
    _log.warning("mailbox %s could not be read: %s", row.id, code)
    return code


def record_reading(
    desk: Desk,
    place: Reach,
    row: MailboxRow,
    *,
    changes: ChangeSet,
    window: Period,
    full: bool,
    started: datetime,
    seconds: float,
    servers: dict[str, ServerRow] | None = None,
    unrecorded: list[Callable[[UnitOfWork], object]] | None = None,
) -> str:
    """Replace what changed in one transaction.

    Returns "" (nothing changed), "changed", "overtaken" (another reader took over: nothing is
    recorded) or "braked" (the result is too frightening to be believed without a person).
    ``servers`` is shared by the readings of a batch. Into ``unrecorded`` goes the record of a
    reading that brought nothing new; the caller writes it with whatever it writes next.
    """

    def work(uow: UnitOfWork) -> str:
        values = _success(desk, uow, row, started=started, seconds=seconds, servers=servers)
        empty = changes.listing is not None and not changes.listing
        if empty and uow.replicas.count(row.id) >= _BRAKE_AT:
            values |= {"brake_at": started, "brake_reason": "reads empty"}
            held = uow.mailboxes.end_reading(row.id, fence=row.fence, **values)
            return "braked" if held else "overtaken"
        values |= {
            "sync_token": changes.sync_state.token,
            "window_start": window.start,
            "window_end": window.end,
            "brake_at": None,
            "brake_reason": "",
        }
        if full:
            values["last_full"] = started
        if not uow.mailboxes.end_reading(row.id, fence=row.fence, read_since=started, **values):
            return "overtaken"
        changed = _apply(uow, row.id, changes)
        if changed or _window_of(row) != window:
            rebuild(uow, row.id, window=window, place=place)
        if row.failures:
            # It answers again: what waits for it need not wait out its pause.
            uow.outbox.hasten(row.id, now=uow.now)
        return "changed" if changed else ""

    if unrecorded is not None and not full and not row.failures and _is_empty(changes):
        unrecorded.append(work)
        return ""
    outcome = desk.store.transact(work)
    if row.failures and outcome in {"", "changed"}:
        desk.wake("drain")
    return outcome


def rebuild(uow: UnitOfWork, mailbox_id: str, *, window: Period, place: Reach) -> None:
    """Make the masks anew from the stored resources."""
    stretches, degraded, count = uow.replicas.stretches(mailbox_id, zone=place.zone)
    masks = masks_of(stretches, window=window, degraded=degraded)
    uow.replicas.put_masks(mailbox_id, masks, resources=count, at=uow.now)


def _is_empty(changes: ChangeSet) -> bool:
    return not changes.changed and not changes.gone and changes.listing is None


def _window_of(row: MailboxRow) -> Period | None:
    if row.window_start is None or row.window_end is None:
        return None
    return Period(row.window_start, row.window_end)


def _success(
    desk: Desk,
    uow: UnitOfWork,
    row: MailboxRow,
    *,
    started: datetime,
    seconds: float,
    servers: dict[str, ServerRow] | None,
) -> dict[str, Any]:
    server = (servers or {}).get(row.server_id) or uow.mailboxes.server(row.server_id)
    smooth = seconds if not server.answer_seconds else 0.8 * server.answer_seconds + 0.2 * seconds
    # One row for all mailboxes of a server: written only when it says something new.
    if abs(smooth - server.answer_seconds) > 0.2 * server.answer_seconds:
        pace = interval_of(
            desk.settings,
            mailboxes=uow.mailboxes.count_on(row.server_id),
            answer_seconds=smooth,
        )
        uow.mailboxes.change_server(
            row.server_id, answer_seconds=smooth, poll_seconds=pace, last_success=started
        )
        server = replace(server, answer_seconds=smooth, poll_seconds=pace)
    if servers is not None:
        servers[row.server_id] = server
    pace = max(server.poll_seconds, desk.settings.poll_floor.total_seconds())
    # What a check found while the calendar could not be read is not true any more.
    again = {"checked_at": None} if row.error_code and row.check_outcome else {}
    return {
        **again,
        "last_success": started,
        "last_started": started,
        "next_poll": started + timedelta(seconds=pace),
        "failures": 0,
        "error_code": "",
        "error_text": "",
    }


def _apply(uow: UnitOfWork, mailbox_id: str, changes: ChangeSet) -> bool:
    gone = set(changes.gone)
    if changes.listing is not None:
        gone |= set(uow.replicas.etags(mailbox_id, recurring=True)) - changes.listing
    gone -= {reading.id for reading in changes.changed}
    # Our own writes come back as changes: they are in the replica already.
    same = uow.replicas.same(mailbox_id, changes.changed) if changes.changed else frozenset()
    changed = [reading for reading in changes.changed if reading.id not in same]
    if not gone and not changed:
        return False
    _note_own_events(uow, mailbox_id, changed, gone)
    uow.replicas.remove(mailbox_id, sorted(gone))
    uow.replicas.put(mailbox_id, changed)
    return True


def _note_own_events(
    uow: UnitOfWork, mailbox_id: str, changed: Sequence[ResourceReading], gone: set[str]
) -> None:
    """Record, without acting, that somebody moved or deleted an event of ours."""
    for placement in uow.placements.placed_in(mailbox_id, sorted(gone)):
        uow.placements.change(placement.key, seen="vanished", seen_at=uow.now)
    ours = {reading.id: reading for reading in changed if own_key(reading)}
    for placement in uow.placements.placed_in(mailbox_id, sorted(ours)):
        expected = Period(placement.starts_at, placement.ends_at)
        there = any(each.period == expected for each in ours[placement.event_id].intervals)
        seen = "" if there else "moved"
        if placement.seen != seen:
            uow.placements.change(placement.key, seen=seen, seen_at=uow.now)
