"""The waiting list of one schedule in ten: citizens with an appointment ask for an earlier one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from booking import rescheduling, waiting
from booking.model import EarlierIsFree, NotOffered, SlotTaken, WrongState
from booking.placement import passing
from connectors.contract import Period
from mapping.model import Channel
from tests.simulation.machines import Housekeeper, Reader, read_all
from tests.simulation.people import Citizen, Told
from tests.simulation.stage import AWAITED, starts

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

_SHARE: Final = 0.1
#: So that an offer can lapse within a schedule.
_ANSWER_WITHIN: Final = timedelta(minutes=31)
_NO: Final = (SlotTaken, WrongState, NotOffered)


@contextmanager
def short_offers() -> Iterator[None]:
    real = passing.ANSWER_WITHIN
    passing.ANSWER_WITHIN = _ANSWER_WITHIN  # type: ignore[misc]
    try:
        yield
    finally:
        passing.ANSWER_WITHIN = real  # type: ignore[misc]


def join(schedule: Schedule, told: Told) -> None:
    """Their dice are their own: the other schedules are as they are without them."""
    dice = random.Random(schedule.seed + 3)
    if dice.random() >= _SHARE:
        return
    meetings = [_meeting(schedule, address) for address in sorted(schedule.calendars.boxes)]
    read_all(schedule)
    for number in range(dice.choice((1, 2))):
        waiter = Waiter(schedule, number, told)
        schedule.add(waiter.name, waiter.act, on_crash=waiter.crashed)
    for number in range(2):
        schedule.add(f"tender{number}", Tender(schedule, meetings).act)


def _meeting(schedule: Schedule, address: str) -> tuple[str, str]:
    """Over all that is earlier than what they will get."""
    period = Period(starts()[0], starts()[-1] - timedelta(minutes=10))
    return address, schedule.calendars.put_foreign(address, period)


class Waiter(Citizen):
    """Books late in the day, waits for something earlier, and answers what is offered."""

    service = AWAITED

    def __init__(self, schedule: Schedule, number: int, told: Told) -> None:
        super().__init__(schedule, number, told)
        self.name = f"waiter{number}"
        self._start = starts()[-1]
        self._plans = [
            schedule.rng.choice(("wait", "answer", "answer", "leave", "channel", *self._plans))
            for _ in range(schedule.rng.randrange(2, 6))
        ]
        # The last of a list may be followed in another window: first of all they wait.
        self._plans.insert(0, "wait")

    def _follow(self, plan: str) -> None:
        if plan not in {"wait", "answer", "leave", "channel"}:
            super()._follow(plan)
            return
        schedule, desk = self._schedule, self._schedule.stage.desk
        assert self._booking_id is not None
        schedule.operation()
        try:
            if plan == "wait":
                self._wait(self._booking_id)
                # What staff call off is known at the next reading.
                schedule.sleep(schedule.rng.choice((33.0, 120.0, 240.0)))
            elif plan == "answer":
                self._answer(self._booking_id)
            elif plan == "leave":
                waiting.leave(desk, booking_id=self._booking_id)
            else:
                rescheduling.reschedule(
                    desk,
                    booking_id=self._booking_id,
                    starts_at=None,
                    citizen=None,
                    answers=None,
                    channel=schedule.rng.choice((Channel.TELECONFERENCE, Channel.IN_PERSON)),
                )
            schedule.note(plan, "done")
        except _NO as no:
            schedule.note(plan, type(no).__name__)

    def _wait(self, booking_id: str) -> None:
        schedule, desk = self._schedule, self._schedule.stage.desk
        try:
            try:
                waiting.join(desk, booking_id=booking_id)
            except WrongState:  # one that is not confirmed yet will be
                schedule.sleep(40.0)
                waiting.join(desk, booking_id=booking_id)
        except EarlierIsFree as free:
            schedule.note("earlier is free")
            if schedule.rng.random() < 0.5:
                self._take(booking_id, free.slots[0])

    def _answer(self, booking_id: str) -> None:
        schedule, desk = self._schedule, self._schedule.stage.desk
        schedule.sleep(schedule.rng.choice((0.0, 33.0, 120.0)))
        wait = waiting.waits(desk, booking_id=booking_id)
        if wait is None or wait.offer is None:
            return
        schedule.note("is offered", wait.offer.period.start.isoformat())
        if schedule.rng.random() < 0.6:
            self._take(booking_id, wait.offer.period)
        else:
            waiting.decline(desk, booking_id=booking_id)

    def _take(self, booking_id: str, period: Period) -> None:
        rescheduling.reschedule(
            self._schedule.stage.desk,
            booking_id=booking_id,
            starts_at=period.start,
            citizen=None,
            answers=None,
        )


class Tender(Housekeeper):
    """An employee calls a meeting off, we read that, and whoever waits is asked."""

    def __init__(self, schedule: Schedule, meetings: list[tuple[str, str]]) -> None:
        super().__init__(schedule)
        self._meetings = meetings

    def act(self) -> None:
        schedule = self._schedule
        schedule.sleep(schedule.rng.choice((90.0, 180.0, 180.0, 2_000.0)))
        if self._meetings:
            address, event_id = self._meetings.pop()
            schedule.calendars.remove(address, event_id)
            schedule.trace.append(("employee", "calls off", address))
        Reader(schedule).act()
        super().act()
