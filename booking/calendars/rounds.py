"""Rounds of readings: mailboxes that are due, one after the other; a silent server soon left."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from booking.calendars.batch import Batch, Glance
from booking.calendars.glances import Glanced, Terms, glance
from booking.calendars.readings import asks_to_wait
from booking.calendars.refresh import refresh_mailbox
from booking.calendars.refusals import check_mailbox
from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.mailboxes import MailboxRow
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
    back soon, apart from the one that was silent. Where many can be looked at in one request, only
    those that changed are read.
    """
    batch = Batch(unrecorded=[], patient=False)
    try:
        return _round(desk, mailbox_ids, batch, deadline)
    finally:
        batch.flush(desk)
        _read_again(desk, mailbox_ids)


def _read_again(desk: Desk, mailbox_ids: Sequence[str]) -> None:
    """What changed while it was read could not be handed out until now."""
    with desk.store.read() as uow:
        called = uow.mailboxes.any_called(mailbox_ids)
    if called:
        desk.wake("poll")


def _round(desk: Desk, mailbox_ids: Sequence[str], batch: Batch, deadline: Deadline) -> int:
    with desk.store.read() as uow:
        rows = {row.id: row for row in uow.mailboxes.many(mailbox_ids)}
        used = {row.server_id for row in rows.values()}
        failures = {each: uow.mailboxes.server(each).failures for each in used}
    state = _State(desk, failures)
    looked = _look(
        desk, [rows[each] for each in mailbox_ids if each in rows], state, deadline, batch
    )
    count = len(looked.unchanged)
    for mailbox_id in mailbox_ids:
        if mailbox_id in looked.unchanged or mailbox_id in looked.left:
            continue
        server_id = rows[mailbox_id].server_id if mailbox_id in rows else ""
        if server_id in state.paused:
            continue  # all of its mailboxes come back after the pause
        if server_id in state.silent or mailbox_id in looked.skipped:
            state.left_out.append(mailbox_id)
            continue
        if deadline.passed:
            break
        began = time.monotonic()
        seen = looked.glances.get(mailbox_id)
        ends = deadline.sooner(state.limit(server_id))
        try:
            error = _one(desk, mailbox_id, batch, ends, seen)
        except Exception as fault:  # noqa: BLE001 - recorded with the mailbox; the others go on
            _log.error("reading %s failed: %s", mailbox_id, type(fault).__name__)
            continue
        count += error is None
        state.note(server_id, error, time.monotonic() - began)
    if state.left_out:
        _come_back(desk, state.left_out)
    return count


@dataclass(slots=True)
class _State:
    """What a round has learnt of its servers."""

    desk: Desk
    failures: dict[str, int]
    silent: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)

    def limit(self, server_id: str) -> float:
        return _BRIEF if self.failures.get(server_id, 0) % _NOW_AND_THEN else _EACH

    def note(self, server_id: str, error: ConnectorError | None, took: float) -> None:
        if error is None:
            if self.failures.get(server_id):
                self.failures[server_id] = 0
                _note_server(self.desk, server_id, failures=0)
        elif asks_to_wait(error) is not None:
            self.paused.add(server_id)
        elif isinstance(error, TryLater) and took > _SILENCE:
            self.silent.add(server_id)
            _note_server(self.desk, server_id, failures=self.failures[server_id] + 1)


def _look(
    desk: Desk, rows: Sequence[MailboxRow], state: _State, deadline: Deadline, batch: Batch
) -> Glanced:
    """Look at those mailboxes that can be looked at many at a time."""
    began = time.monotonic()
    limit = min((state.limit(each) for each in state.failures), default=_EACH)
    terms = Terms(desk.settings.listing_every)
    looked = glance(desk, rows, terms=terms, batch=batch, deadline=deadline.sooner(limit))
    took = time.monotonic() - began
    answered = {row.server_id for row in rows if row.id in looked.unchanged}
    for server_id in answered - looked.errors.keys():
        state.note(server_id, None, took)
    for server_id, error in looked.errors.items():
        state.note(server_id, error, took)
    return looked


def _one(
    desk: Desk, mailbox_id: str, batch: Batch, deadline: Deadline, seen: Glance | None
) -> ConnectorError | None:
    """What kept the mailbox from being read; None where it was."""
    outcome = refresh_mailbox(
        desk, mailbox_id=mailbox_id, deadline=deadline, batch=batch, glance=seen
    )
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
