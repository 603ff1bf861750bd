"""The jobs that RQ calls by name, with ids as arguments. Repeating any of them does no harm."""

from __future__ import annotations

import logging
from contextlib import suppress

from booking import outbox
from booking.calendars import refresh, rounds
from booking.office import checking
from booking.subscriptions.upkeep import tend
from connectors.deadline import Deadline
from sync_worker.queues import QueueUnreachable
from sync_worker.wiring import current

log = logging.getLogger(__name__)

DRAIN_SECONDS = 60.0
DRAIN_ROWS = 25
POLL_SECONDS = 50.0  #: less than the minute after which the rest is handed out again
POLL_MAILBOXES = 200
CHECK_SECONDS = 10.0  #: readings wait behind them
SUBSCRIPTION_SECONDS = 25.0


def drain() -> None:
    """Carry due outbox rows to where they belong, until none is due or the time is up."""
    work = current()
    work.queues.begun("drain")
    deadline = Deadline.after(DRAIN_SECONDS)
    while True:
        report = outbox.drain(work.desk, mailer=work.mailer, limit=DRAIN_ROWS, deadline=deadline)
        if report.done or report.failed:
            log.info("outbox: %d done, %d failed, %d left", report.done, report.failed, report.left)
        if not report.left or not report.done:
            return
        if deadline.passed:
            work.queues.wake("drain")
            return


def poll_due() -> None:
    """Read every mailbox whose time has come."""
    work = current()
    work.queues.begun("poll")
    deadline = Deadline.after(POLL_SECONDS)
    for batch in refresh.due(work.desk, limit=POLL_MAILBOXES):
        rounds.poll(work.desk, mailbox_ids=batch.mailbox_ids, deadline=deadline)


def poll(mailbox_ids: list[str]) -> None:
    """Read these mailboxes, all of one server, through one client."""
    rounds.poll(current().desk, mailbox_ids=mailbox_ids, deadline=Deadline.after(POLL_SECONDS))


def check_due() -> None:
    """Check mailboxes that are new, or were not checked for a day."""
    work = current()
    work.queues.begun("check")
    checking.check_due(work.desk, deadline=Deadline.after(CHECK_SECONDS))


def tend_subscriptions() -> None:
    """Keep up what has calendars call us; a part at a time, so that nobody waits long behind it."""
    work = current()
    work.queues.begun("subscriptions")
    if tend(work.desk, deadline=Deadline.after(SUBSCRIPTION_SECONDS)).more:
        with suppress(QueueUnreachable):  # the ticker asks again
            work.queues.ask("subscriptions")
