"""Workers, readers and the housekeeper of one schedule, and the accidents that befall calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from booking import housekeeping, outbox
from booking.calendars.refresh import due, refresh_mailbox
from booking.calendars.rounds import poll
from connectors.deadline import Deadline

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

#: Who drains outside of a schedule's turns has time enough.
LONG = 10_000.0


class Worker:
    """Drains the outbox a few times, as jobs do that were woken."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._drains = schedule.rng.randrange(1, 4)

    def act(self) -> None:
        schedule = self._schedule
        schedule.sleep(schedule.rng.choice((0.0, 0.0, 0.0, 33.0)))
        for _ in range(self._drains):
            schedule.operation()
            limit = schedule.rng.choice((1, 3, 20))
            outbox.drain(
                schedule.stage.desk, mailer=schedule.post, limit=limit, deadline=Deadline.after(50)
            )
            self._rest()

    def _rest(self) -> None:
        self._schedule.sleep(self._schedule.rng.choice((0.0, 1.0, 10.0, 38.0)))


class Reader:
    """Reads calendars: those that are due, or one whatever it is; ``woken``: once, what is due."""

    def __init__(self, schedule: Schedule, *, woken: bool = False) -> None:
        self._schedule = schedule
        self._woken = woken
        self._rounds = 1 if woken else schedule.rng.randrange(1, 4)

    def act(self) -> None:
        schedule, desk = self._schedule, self._schedule.stage.desk
        for _ in range(self._rounds):
            schedule.operation()
            draw = 0.0 if self._woken else schedule.rng.random()
            if draw < 0.3:
                for batch in due(desk, limit=10):
                    poll(desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(30))
                continue
            refresh_mailbox(
                desk,
                mailbox_id=schedule.rng.choice(sorted(schedule.stage.mailboxes)),
                deadline=Deadline.after(10),
                full=draw > 0.8,
            )


def read_all(schedule: Schedule) -> None:
    """By nobody who takes turns: before the first, or after the last one."""
    desk = schedule.stage.desk
    schedule.read_version = schedule.calendars.version
    for mailbox_id in schedule.stage.mailboxes:
        if not refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=Deadline.after(LONG)).read:
            # A reader that died has its lease still.
            schedule.forward(schedule.clock.now + timedelta(seconds=31))
            refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=Deadline.after(LONG))


class Housekeeper:
    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def act(self) -> None:
        self._schedule.operation()
        housekeeping.tend(self._schedule.stage.desk)


class Accidents:
    """What befalls servers for a while."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._kinds = (self.silence, self.forgetting, self.emptiness, self.no_mail)

    def plan(self, count: int) -> list[Callable[[], None]]:
        return [self._schedule.rng.choice(self._kinds) for _ in range(count)]

    def silence(self) -> None:
        self._last(self._schedule.calendars.down, "silence")

    def emptiness(self) -> None:
        self._last(self._schedule.calendars.empty, "reads empty")

    def forgetting(self) -> None:
        calendars = self._schedule.calendars
        calendars.log.append(("", ""))
        calendars.forgotten = len(calendars.log)
        self._schedule.trace.append(("-", "sync states expire"))

    def no_mail(self) -> None:
        self._schedule.post.down(self._schedule.rng.choice((5, 40)))
        self._schedule.trace.append(("-", "mail server is down"))

    def _last(self, until: dict[str, datetime], what: str) -> None:
        schedule = self._schedule
        address = schedule.rng.choice(sorted(schedule.calendars.boxes))
        end = schedule.clock.now + timedelta(seconds=schedule.rng.choice((2, 20, 90)))
        until[address] = end
        schedule.last_fault = max(schedule.last_fault, end)
        schedule.trace.append(("-", what, address))
