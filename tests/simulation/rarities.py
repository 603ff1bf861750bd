"""What few schedules show by chance befalls one in ten of them on purpose.

The dice are their own: the other schedules are as they are without.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from tests.simulation.machines import Worker
from tests.simulation.people import Citizen, Told

if TYPE_CHECKING:
    from tests.simulation.calendars import Stood
    from tests.simulation.schedule import Schedule

_SHARE: Final = 0.1
#: Seconds: before we have written down that an event is gone, at once, and later.
_AFTER: Final = (0.0, 0.002, 0.004, 1.0, 45.0, 400.0)
#: Seconds: longer than a lease.
_STALLS: Final = (40.0, 70.0, 150.0)


def open_bin(schedule: Schedule) -> None:
    """Somebody takes out of the bin what we have just put there."""
    dice = random.Random(schedule.seed + 5)
    if dice.random() >= _SHARE:
        return

    def binned(address: str, stood: Stood) -> None:
        # Not for ever: who does it again and again has a second event again and again.
        if schedule.faulty and dice.random() < 0.5:
            schedule.later(dice.choice(_AFTER), lambda: take_out(address, stood), fault=False)

    def take_out(address: str, stood: Stood) -> None:
        if stood.event.ref.id not in schedule.calendars.boxes[address]:
            schedule.calendars.put_back(address, stood)
            schedule.trace.append(("employee", "takes out of the bin", stood.event.ref.id))

    schedule.calendars.binned = binned


def stall_post(schedule: Schedule, told: Told) -> None:
    """Workers stand still in the middle of handing over a mail, longer than their lease; others
    go on, and citizens change their minds meanwhile."""
    dice = random.Random(schedule.seed + 7)
    if dice.random() >= _SHARE:
        return

    def stalls() -> float:
        return dice.choice(_STALLS) if schedule.faulty and dice.random() < 0.3 else 0.0

    schedule.post.stalls = stalls
    citizen = Fickle(schedule, 9, told)
    schedule.add(citizen.name, citizen.act, on_crash=citizen.crashed)
    for number in range(2):
        schedule.add(f"shift{number}", Shift(schedule).act)


class Fickle(Citizen):
    """Books, and thinks better of it as often as there is time between two mails."""

    def __init__(self, schedule: Schedule, number: int, told: Told) -> None:
        super().__init__(schedule, number, told)
        self._plans = [schedule.rng.choice(("move", "undo", "cancel")) for _ in range(3)]

    def _rest(self) -> None:
        self._schedule.sleep(self._schedule.rng.choice((1.0, 20.0, 45.0)))


class Shift(Worker):
    """Comes back again and again."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(schedule)
        self._drains = 8

    def _rest(self) -> None:
        self._schedule.sleep(20.0)
