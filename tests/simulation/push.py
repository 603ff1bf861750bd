"""The provider that calls about changes: soon, late, twice, or never, as providers do."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from booking.store import UnitOfWork
from booking.store.subscription_rows import SubscriptionState
from booking.subscriptions.intake import Matter, Notice, receive
from booking.subscriptions.rules import state_hash
from tests.simulation.machines import Reader

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

_PROVIDER: Final = "sim"
_SECRET: Final = "secret"
#: Seconds until each of the calls about one change.
_CALLS: Final = ((), (0.2,), (0.2,), (5.0,), (0.2, 40.0))
_LEASE: Final = timedelta(seconds=30)
#: A schedule has no more readers than this that were woken by calls.
_MOST_READERS: Final = 3


class Push:
    """In one of three schedules. Its dice are its own: the others are as they are without it."""

    def __init__(self, schedule: Schedule, seed: int) -> None:
        self._schedule = schedule
        self._rng = random.Random(seed + 2)
        self._calls = self._rng.random() < 1 / 3
        self._readers = 0

    def begin(self) -> None:
        """Every mailbox has a subscription that lives."""
        if self._calls:
            self._schedule.stage.store.transact(self._subscribe)

    def changed(self, address: str) -> None:
        """Somebody wrote into a calendar, perhaps we."""
        if self._calls:
            for after in self._rng.choice(_CALLS):
                self._schedule.later(after, lambda: self._call(address), fault=False)

    def _subscribe(self, uow: UnitOfWork) -> None:
        for mailbox_id, ref in self._schedule.stage.mailboxes.items():
            uow.subscriptions.add(
                subscription_id=mailbox_id,
                mailbox_id=mailbox_id,
                place=f"{_PROVIDER} nowhere {ref.calendar}",
                connection="",
                notification_url="",
                now=uow.now,
            )
            wanted = uow.subscriptions.get(mailbox_id)
            assert wanted is not None
            row = uow.subscriptions.take(wanted, now=uow.now, until=uow.now + _LEASE)
            assert row is not None
            uow.subscriptions.record(
                row,
                now=uow.now,
                remote_id=ref.address,
                state=SubscriptionState.ACTIVE.value,
                client_state_hash=state_hash(_SECRET),
            )

    def _call(self, address: str) -> None:
        schedule = self._schedule
        matter = Matter.MISSED if self._rng.random() < 0.05 else Matter.CHANGED
        notice = Notice(subscription=address, client_state=_SECRET, matter=matter)
        received = receive(schedule.stage.desk, provider=_PROVIDER, notices=[notice])
        assert received.taken == 1, received
        schedule.note("calls", address, matter.value)
        if schedule.actors and self._readers < _MOST_READERS:
            self._readers += 1
            schedule.add(f"woken{self._readers}", Reader(schedule, woken=True).act)
