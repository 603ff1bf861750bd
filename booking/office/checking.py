"""Checks of mailboxes that happen by themselves: new ones soon, all of them daily."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from booking.calendars import hours
from booking.desk import Desk
from booking.leader import lead
from booking.offering.picture import LATER
from booking.office.overview import check_mailbox
from connectors.deadline import Deadline

_log = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
#: What did not pass is looked at again earlier: somebody may be putting it right.
FAILED_EVERY = timedelta(hours=1)
#: Checks at one go; each writes some events of 2001 into a calendar and takes them out again.
AT_ONCE = 10
#: Longest life of the lease of whoever checks (seconds); more than a check can take.
_LEASE = 90
#: Time that one check is worth beginning with (seconds).
_ENOUGH = 5.0


def due_checks(desk: Desk, *, limit: int = AT_ONCE) -> tuple[tuple[str, str], ...]:
    """(server, mailbox) of those never checked where they are now, or not for too long.

    What is silent just now is left alone: a check would say no more than the readings do.
    """
    with desk.store.read() as uow:
        return uow.mailboxes.unchecked(
            before=uow.now - EVERY,
            failed_before=uow.now - FAILED_EVERY,
            silent=LATER,
            limit=limit,
        )


def is_due(desk: Desk) -> bool:
    """Whether a check is due, or a calendar is to be asked for working hours."""
    return bool(due_checks(desk, limit=1) or hours.due(desk, limit=1))


def check_due(desk: Desk, *, deadline: Deadline) -> int:
    """Check what is due, one after the other; how many were checked. One process at a time.

    A server that does not answer is not asked about its other mailboxes.
    """
    owner = secrets.token_hex(8)
    if not lead(desk, name="checks", owner=owner, seconds=_LEASE):
        return 0
    count = 0
    silent: set[str] = set()
    try:
        told = hours.read_due(desk, deadline=deadline)
        if told:
            _log.info("working hours of %d mailboxes read", told)
        for server_id, mailbox_id in due_checks(desk):
            if deadline.remaining() < _ENOUGH:
                break
            if server_id in silent:
                continue
            report = check_mailbox(desk, mailbox_id=mailbox_id)
            count += 1
            if any(each.name == "reachable" and not each.ok for each in report.findings):
                silent.add(server_id)
    finally:
        lead(desk, name="checks", owner=owner, seconds=0)
    if count:
        _log.info("%d mailboxes checked", count)
    return count
