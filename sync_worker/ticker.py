"""The ticker: every few seconds it looks into the database for what is due and wakes the workers.

Due times are rows, so a ticker that dies forgets nothing. Several may run; a lease in the
database lets one of them work. Where Redis does not answer, the ticker does the work itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from booking import housekeeping, leader, outbox
from booking.calendars import refresh, rounds
from booking.office import checking
from booking.store import StoreUnavailable
from booking.subscriptions import planning
from booking.subscriptions.upkeep import tend
from connectors.deadline import Deadline
from sync_worker.queues import QueueUnreachable
from sync_worker.wiring import Work

log = logging.getLogger(__name__)

EVERY = 5.0  #: seconds between two looks
#: Less where a mailbox falls due earlier: what staff enter must be off the page within 25 s, and
#: 20 s are the floor between two readings.
SOONEST = 1.0
TOGETHER = 0.5
LEASE = 30  #: seconds until another ticker takes over from one that died
TEND_EVERY = 15.0
#: Mailboxes that might want to call us; whether their provider can, only a worker finds out.
PLAN_EVERY = 60.0
DUE = 10_000  #: mailboxes handed out at one look
HELP_SECONDS = 15.0  #: for the ticker's own work while Redis is away, shorter than its lease


class Ticker:
    """``owner`` tells this ticker from others; ``clock`` counts seconds and never goes back."""

    def __init__(
        self, work: Work, *, owner: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._work = work
        self._owner = owner
        self._clock = clock
        self._tended = float("-inf")
        self._planned = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Tick until ``stop`` is set. Whatever fails is logged and tried again at the next tick."""
        while not stop.is_set():
            pause = EVERY
            try:
                if self.tick():
                    pause = self._pause()
            except StoreUnavailable as error:
                log.error("%s; the next look comes in %g s", error, EVERY)
            except Exception:
                log.exception("this tick failed; the next one comes in %g s", EVERY)
            stop.wait(pause)

    def tick(self) -> bool:
        """One look; False where another ticker leads."""
        desk = self._work.desk
        if not leader.lead(desk, name="ticker", owner=self._owner, seconds=LEASE):
            return False
        tends = self._clock() - self._tended >= TEND_EVERY
        if tends:
            housekeeping.tend(desk)
            self._tended = self._clock()
        if outbox.due_count(desk):
            self._drain()
        for batch in refresh.due(desk, limit=DUE):
            self._poll(batch.server_id, batch.mailbox_ids)
        if tends:
            self._check()
            self._tend_subscriptions()
        return True

    def _pause(self) -> float:
        due_in = refresh.next_due_in(self._work.desk)
        # A little later than the first of them, so that those read together stay together.
        return EVERY if due_in is None else min(max(due_in + TOGETHER, SOONEST), EVERY)

    def _check(self) -> None:
        if not checking.is_due(self._work.desk):
            return
        try:
            self._work.queues.ask("check")
        except QueueUnreachable:
            log.warning("the queue does not answer; mailboxes are checked when it does")

    def _tend_subscriptions(self) -> None:
        plans = self._clock() - self._planned >= PLAN_EVERY
        if plans:
            self._planned = self._clock()
        if not planning.is_due(self._work.desk, plans=plans):
            return
        try:
            self._work.queues.ask("subscriptions")
        except QueueUnreachable as error:
            log.warning("the queue does not answer (%s); subscriptions are kept up here", error)
            tend(self._work.desk, deadline=Deadline.after(HELP_SECONDS))

    def _drain(self) -> None:
        try:
            self._work.queues.ask("drain")
        except QueueUnreachable as error:
            log.warning("the queue does not answer (%s); draining here", error)
            outbox.drain(
                self._work.desk,
                mailer=self._work.mailer,
                limit=10,
                deadline=Deadline.after(HELP_SECONDS),
            )

    def _poll(self, server_id: str, mailbox_ids: tuple[str, ...]) -> None:
        every = self._work.desk.settings.poll_floor.total_seconds()
        try:
            self._work.queues.poll(server_id=server_id, mailbox_ids=mailbox_ids, every=every)
        except QueueUnreachable as error:
            log.warning("the queue does not answer (%s); reading here", error)
            rounds.poll(
                self._work.desk, mailbox_ids=mailbox_ids, deadline=Deadline.after(HELP_SECONDS)
            )
