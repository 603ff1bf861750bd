"""Rounds of readings: mailboxes that are due, one after the other; a silent server soon left."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from booking.calendars.batch import Batch
from booking.calendars.refresh import refresh_mailbox
from booking.calendars.refusals import check_mailbox
from booking.desk import Desk
from booking.store import UnitOfWork
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater

_log = logging.getLogger(__name__)

#: How long one mailbox of a round may take (seconds).
_EACH = 10.0
#: The same, where its server was silent in the last rounds; now and then it gets the whole time.
_BRIEF = 3.0
_NOW_AND_THEN = 5
#: Whoever times out after this much was silent, and not merely refused a connection (seconds).
_SILENCE = 2.5
#: Mailboxes of a silent server that were left out come back after this time.
_LATER = timedelta(seconds=10)


def poll(desk: Desk, *, mailbox_ids: Sequence[str], deadline: Deadline) -> int:
    """Re-read mailboxes one after the other; how many were read.

    A broken calendar does not keep the others waiting: each has its own deadline. A silent server
    is left at its first time-out, so that others get their turn; the rest of its mailboxes come
    back soon, apart from the one that was silent.
    """
    batch = Batch(unrecorded=[], patient=False)
    try:
        return _round(desk, mailbox_ids, batch, deadline)
    finally:
        batch.flush(desk)


def _round(desk: Desk, mailbox_ids: Sequence[str], batch: Batch, deadline: Deadline) -> int:
    with desk.store.read() as uow:
        server_of = {row.id: row.server_id for row in uow.mailboxes.many(mailbox_ids)}
        failures = {each: uow.mailboxes.server(each).failures for each in set(server_of.values())}
    count = 0
    silent: set[str] = set()
    left_out: list[str] = []
    for mailbox_id in mailbox_ids:
        server_id = server_of.get(mailbox_id, "")
        if server_id in silent:
            left_out.append(mailbox_id)
            continue
        if deadline.passed:
            break
        began = time.monotonic()
        limit = _BRIEF if failures.get(server_id, 0) % _NOW_AND_THEN else _EACH
        try:
            error = _one(desk, mailbox_id, batch, deadline.sooner(limit))
        except Exception as fault:  # noqa: BLE001 - recorded with the mailbox; the others go on
            _log.error("reading %s failed: %s", mailbox_id, type(fault).__name__)
            continue
        count += error is None
        if error is None and failures.get(server_id):
            failures[server_id] = 0
            _note_server(desk, server_id, failures=0)
        elif isinstance(error, TryLater) and time.monotonic() - began > _SILENCE:
            silent.add(server_id)
            _note_server(desk, server_id, failures=failures[server_id] + 1)
    if left_out:
        _come_back(desk, left_out)
    return count


def _one(desk: Desk, mailbox_id: str, batch: Batch, deadline: Deadline) -> ConnectorError | None:
    """What kept the mailbox from being read; None where it was."""
    outcome = refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=deadline, batch=batch)
    if outcome.read and outcome.check_due:
        batch.flush(desk)  # a check takes its time, and others may want the lease
        check_mailbox(desk, mailbox_id=mailbox_id, deadline=deadline)
    if outcome.read:
        return None
    return outcome.error or ConnectorError(outcome.code)


def _note_server(desk: Desk, server_id: str, *, failures: int) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.mailboxes.change_server(server_id, failures=failures)

    desk.store.transact(work)


def _come_back(desk: Desk, mailbox_ids: Sequence[str]) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.mailboxes.queue(mailbox_ids, until=uow.now + _LATER)

    desk.store.transact(work)
