"""What a mailbox refuses us: tried out by a check, or learnt when a booking was turned down."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache

from booking.calendars.connecting import reach
from booking.desk import Desk
from booking.model import NotOffered
from booking.store import UnitOfWork
from booking.store.mailboxes import MailboxRow
from booking.store.offer_rows import refuses_writing
from connectors.contract import CheckReport, Finding
from connectors.deadline import Deadline
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    Unsupported,
)

_log = logging.getLogger(__name__)

#: A check writes, reads back and cleans up.
_CHECK_SECONDS = 20.0
#: A calendar that refuses to be written is tried again this often.
AGAIN = timedelta(seconds=60)
#: Kept as outcome where a check is due although nothing is known to be wrong.
_DUE = "[]"

_REMEDY = (
    "Give our account the right to create, change and delete events in this calendar; "
    "it is tried again every minute."
)


def check_mailbox(desk: Desk, *, mailbox_id: str, deadline: Deadline | None = None) -> CheckReport:
    """Try what the product needs of a mailbox, and keep the outcome. Raises NotOffered."""
    deadline = (deadline or Deadline.after(_CHECK_SECONDS)).sooner(_CHECK_SECONDS)
    with desk.store.read() as uow:
        if uow.mailboxes.get(mailbox_id) is None:
            raise NotOffered("there is no such mailbox")
    try:
        with desk.store.read() as uow:
            place = reach(desk, uow, mailbox_id)
        report = place.connector(desk).check(mailbox=place.ref, deadline=deadline)
    except ConnectorError as error:
        report = CheckReport(
            (Finding("reachable", False, str(error), "Look at connection, user and secret."),)
        )

    def work(uow: UnitOfWork) -> None:
        uow.mailboxes.change(
            mailbox_id, checked_at=uow.now, check_outcome=_kept(report), dirty_at=uow.now
        )

    desk.store.transact(work)
    desk.wake("poll")
    return report


def note_refusal(desk: Desk, mailbox_id: str, error: ConnectorError) -> None:
    """A calendar refused a new event: nothing more is offered in it until a check says it may.

    One that only disliked the event's content is checked soon and goes on offering meanwhile.
    """
    if isinstance(error, Rejected):
        due = True
    elif isinstance(error, NotAuthorised | MailboxNotFound | Unsupported):
        due = False
    else:
        return
    _log.warning("mailbox %s refuses an event: %s", mailbox_id, error)

    def work(uow: UnitOfWork) -> None:
        row = uow.mailboxes.get(mailbox_id)
        if row is None or (due and refuses_writing(row.check_outcome)):
            return
        if due:
            uow.mailboxes.change(
                mailbox_id, checked_at=None, check_outcome=row.check_outcome or _DUE
            )
            return
        known = [each for each in findings(row.check_outcome) if each.name != "writable"]
        report = CheckReport((*known, Finding("writable", False, str(error), _REMEDY)))
        uow.mailboxes.change(mailbox_id, checked_at=uow.now, check_outcome=_kept(report))

    desk.store.transact(work)


def is_check_due(row: MailboxRow, *, now: datetime) -> bool:
    """Whether a calendar that can be read is to be tried again.

    Where a booking was refused, somebody may have mended it meanwhile; and a check that could
    not read speaks of the past.
    """
    if not row.check_outcome:
        return False
    if row.checked_at is None:
        return True
    return row.checked_at <= now - AGAIN and _is_doubtful(row.check_outcome)


@lru_cache(maxsize=4096)
def _is_doubtful(check_outcome: str) -> bool:
    return refuses_writing(check_outcome) or not CheckReport(findings(check_outcome)).readable


def findings(check_outcome: str) -> tuple[Finding, ...]:
    """What a stored outcome says; nothing where there was no check."""
    return tuple(Finding(**each) for each in json.loads(check_outcome or "[]"))


def _kept(report: CheckReport) -> str:
    return json.dumps([asdict(finding) for finding in report.findings])
