"""Recording what a reading brought: resources, masks, times, failures, and alarming results."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from booking.busy import masks_of
from booking.calendars.batch import Glance
from booking.calendars.braking import brake_is_over, call_about_brake
from booking.calendars.connecting import Reach
from booking.calendars.fates import Fates
from booking.calendars.links import owe_look_after_change
from booking.calendars.noticing import (
    Notice,
    alarm,
    notices,
    owe_reviews,
    owe_reviews_of_carried,
)
from booking.calendars.polling import floor_of, interval_of
from booking.calendars.windows import window_of
from booking.desk import Desk
from booking.offering.picture import LATER
from booking.store import UnitOfWork
from booking.store.intervals import own_key
from booking.store.mailboxes import MailboxRow
from booking.store.servers import ServerRow
from booking.store.sweeps import UNSURE
from connectors.contract import ChangeSet, Period, ResourceReading
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    TryLater,
    Unsupported,
)

_log = logging.getLogger(__name__)

#: A calendar that held this many resources and reads empty is not believed.
_BRAKE_AT = 10

#: Whoever is asked to come back at once waits at least so long (seconds).
_LEAST = 5.0

_CODES: tuple[tuple[type[ConnectorError], str], ...] = (
    (TryLater, LATER),
    (NotAuthorised, "not_authorised"),
    (MailboxNotFound, "not_found"),
    (Unsupported, "unsupported"),
)


def code_of(error: ConnectorError) -> str:
    return next((code for kind, code in _CODES if isinstance(error, kind)), "failed")


def record_failure(desk: Desk, row: MailboxRow, *, error: ConnectorError, impatient: bool) -> str:
    """Note that a mailbox could not be read; returns the code that is kept with it.

    ``impatient``: our own short deadline was over. That, and being asked to slow down, says
    nothing about the calendar: the replica goes on ageing.
    """
    return desk.store.transact(
        lambda uow: note_failure(desk, uow, row, error=error, impatient=impatient)
    )


def note_failure(
    desk: Desk, uow: UnitOfWork, row: MailboxRow, *, error: ConnectorError, impatient: bool
) -> str:
    """``record_failure`` in a unit of work at hand."""
    code = code_of(error)
    throttled = asks_to_wait(error)
    floor = floor_of(desk.settings, uow.mailboxes.server(row.server_id).together)
    values: dict[str, Any] = {
        "next_poll": uow.now + timedelta(seconds=max(floor, throttled or 0.0)),
    }
    if throttled is None:
        # Whatever made it dirty, the next successful reading will see: a glance might not.
        values |= {"dirty_at": None}
        if row.dirty_at is not None:
            values |= {"last_listed": None}
    if throttled is None and not (impatient and code == LATER):
        values |= {
            "error_code": code,
            "error_text": str(error)[:500],
            "failures": row.failures + 1,
        }
    uow.mailboxes.end_reading(row.id, fence=row.fence, **values)
    if throttled is not None:
        pause_server(desk, uow, row.server_id, seconds=throttled)
    _log.warning("mailbox %s could not be read: %s", row.id, code)
    return code


def pause_server(desk: Desk, uow: UnitOfWork, server_id: str, *, seconds: float) -> None:
    """The provider asked us to wait: its mailboxes come back after that, and not all at once."""
    floor = floor_of(desk.settings, uow.mailboxes.server(server_id).together)
    seconds = max(seconds, _LEAST)
    until = uow.sweeps.pause(
        server_id,
        now=uow.now,
        until=uow.now + timedelta(seconds=seconds),
        spread=timedelta(seconds=min(seconds, floor)),
    )
    _log.warning("server %s asked us to wait until %s", server_id, until.isoformat("T", "seconds"))


def asks_to_wait(error: ConnectorError | None) -> float | None:
    """For how many seconds the provider wants to be left alone; None where it did not say so."""
    return error.retry_after if isinstance(error, TryLater) else None


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
    glance: Glance | None = None,
    fates: Fates | None = None,
    servers: dict[str, ServerRow] | None = None,
    unrecorded: list[Callable[[UnitOfWork], object]] | None = None,
) -> str:
    """Replace what changed in one transaction.

    Returns "" (nothing changed), "changed", "overtaken" (another reader took over: nothing is
    recorded) or "braked" (the result is too frightening to be believed without a person).
    ``glance``: the fingerprint that was taken before; ``fates``: of events that are not told any
    more. ``servers`` is shared by the readings of a batch. Into ``unrecorded`` goes the record of
    a reading that brought nothing new; the caller writes it with whatever it writes next.
    """
    together = place.connector(desk).capabilities.fingerprints

    def work(uow: UnitOfWork) -> str:
        pace = pace_of(
            desk,
            uow,
            row.server_id,
            at=started,
            seconds=seconds,
            together=together,
            servers=servers,
        )
        values = success(row, at=started, next_poll=(glance.at if glance else started) + pace)
        told = _what_differs(uow, row.id, changes, fates)
        found = notices(uow, place, changes, told.changed, fates=fates, started=started)
        reason = "" if row.believed_at else _alarm(uow, place, changes, found)
        if reason:
            values |= {"brake_at": row.brake_at or started, "brake_reason": reason}
            if not uow.mailboxes.end_reading(row.id, fence=row.fence, read_since=started, **values):
                return "overtaken"
            call_about_brake(uow, place, reason=reason)
            return "braked"
        values |= {
            **_read(changes, window=window, full=full, at=started, fates=fates),
            **fingerprint_after(row, changes, window=window, glance=glance),
        }
        if not uow.mailboxes.end_reading(row.id, fence=row.fence, read_since=started, **values):
            return "overtaken"
        changed = _apply(uow, row.id, told)
        owe_reviews(desk, uow, place, found)
        owe_reviews_of_carried(desk, uow, place, told.changed)
        if row.brake_at is not None:
            brake_is_over(uow, row.id)
        if changed or window_of(row) != window:
            rebuild(uow, row.id, window=window, place=place)
        if row.failures:
            # It answers again: what waits for it need not wait out its pause.
            uow.outbox.hasten(row.id, now=uow.now)
        return "changed" if changed else ""

    if unrecorded is not None and not full and not row.failures and is_empty(changes):
        unrecorded.append(work)
        return ""
    outcome = desk.store.transact(work)
    if row.failures and outcome in {"", "changed"}:
        desk.wake("drain")
    return outcome


def _read(
    changes: ChangeSet, *, window: Period, full: bool, at: datetime, fates: Fates | None
) -> dict[str, Any]:
    """What is recorded of a mailbox whose reading is believed."""
    return {
        "sync_token": None if fates and fates.unasked else changes.sync_state.token,
        "window_start": window.start,
        "window_end": window.end,
        "brake_at": None,
        "brake_reason": "",
        "believed_at": None,
        "last_listed": at,
        **({"last_full": at} if full else {}),
    }


def _alarm(uow: UnitOfWork, place: Reach, changes: ChangeSet, found: tuple[Notice, ...]) -> str:
    """Why nothing of the reading is believed; "" where it is."""
    empty = changes.listing is not None and not changes.listing
    if empty and uow.replicas.count(place.row.id) >= _BRAKE_AT:
        return "reads empty"
    return alarm(uow, place, found)


def rebuild(uow: UnitOfWork, mailbox_id: str, *, window: Period, place: Reach) -> None:
    """Make the masks anew from the stored resources."""
    stretches, degraded, count = uow.replicas.stretches(mailbox_id, zone=place.zone)
    masks = masks_of(stretches, window=window, degraded=degraded)
    uow.replicas.put_masks(mailbox_id, masks, resources=count, at=uow.now)


def is_empty(changes: ChangeSet) -> bool:
    return not changes.changed and not changes.gone and changes.listing is None


def fingerprint_after(
    row: MailboxRow, changes: ChangeSet, *, window: Period, glance: Glance | None
) -> dict[str, str | None]:
    """What is kept of the fingerprint with a reading.

    A fingerprint is trusted only where nothing changed between the reading before it and the one
    after it: then it is the replica's. Else what it saw may have come and gone in between, and
    an equal one later would say nothing.
    """
    if glance is not None and glance.window == window:
        between = row.last_listed is not None and row.last_listed <= glance.at
        sure = between and is_empty(changes)
        return {"fingerprint": glance.text if sure else UNSURE + glance.text}
    if row.fingerprint is None or (window_of(row) == window and is_empty(changes)):
        return {}
    if window_of(row) != window:
        return {"fingerprint": None}
    return {"fingerprint": UNSURE + row.fingerprint.removeprefix(UNSURE)}


def pace_of(
    desk: Desk,
    uow: UnitOfWork,
    server_id: str,
    *,
    at: datetime,
    seconds: float,
    together: int,
    servers: dict[str, ServerRow] | None = None,
) -> timedelta:
    """When the next reading is due after one at ``at`` whose request took ``seconds``."""
    server = (servers or {}).get(server_id) or uow.mailboxes.server(server_id)
    smooth = seconds if not server.answer_seconds else 0.8 * server.answer_seconds + 0.2 * seconds
    # One row for all mailboxes of a server: written only when it says something new.
    differs = abs(smooth - server.answer_seconds) > 0.2 * server.answer_seconds
    if differs or (server.together or 0) != together:
        count = uow.mailboxes.count_on(server_id)
        pace = interval_of(desk.settings, mailboxes=count, answer_seconds=smooth, together=together)
        values = {"answer_seconds": smooth, "poll_seconds": pace, "together": together}
        uow.mailboxes.change_server(server_id, last_success=at, **values)
        server = replace(server, answer_seconds=smooth, poll_seconds=pace, together=together)
    if servers is not None:
        servers[server_id] = server
    return timedelta(seconds=max(server.poll_seconds, floor_of(desk.settings, together)))


def success(row: MailboxRow, *, at: datetime, next_poll: datetime) -> dict[str, Any]:
    """What is recorded of a mailbox that was found as fresh as ``at``."""
    # What a check found while the calendar could not be read is not true any more.
    again = {"checked_at": None} if row.error_code and row.check_outcome else {}
    return {
        **again,
        "last_success": at,
        "last_started": at,
        "next_poll": next_poll,
        "failures": 0,
        "error_code": "",
        "error_text": "",
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """What differs from the stored resources."""

    changed: tuple[ResourceReading, ...]
    gone: frozenset[str]


def _what_differs(
    uow: UnitOfWork, mailbox_id: str, changes: ChangeSet, fates: Fates | None
) -> _Told:
    gone = set(changes.gone)
    if changes.listing is not None:
        gone |= set(uow.replicas.etags(mailbox_id, recurring=True)) - changes.listing
    gone -= {reading.id for reading in changes.changed}
    if fates is not None:
        gone -= fates.kept
    # Our own writes come back as changes: they are in the replica already.
    same = uow.replicas.same(mailbox_id, changes.changed) if changes.changed else frozenset()
    return _Told(
        tuple(reading for reading in changes.changed if reading.id not in same), frozenset(gone)
    )


def _apply(uow: UnitOfWork, mailbox_id: str, told: _Told) -> bool:
    if not told.gone and not told.changed:
        return False
    ours = {reading.id: reading for reading in told.changed if own_key(reading)}
    for placement in uow.placements.placed_in(mailbox_id, sorted(ours)):
        owe_look_after_change(uow, placement, etag=ours[placement.event_id].etag)
    uow.replicas.remove(mailbox_id, sorted(told.gone))
    uow.replicas.put(mailbox_id, told.changed)
    return True
