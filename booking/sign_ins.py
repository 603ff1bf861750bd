"""How often somebody may come back from the register with a code that is none."""

from __future__ import annotations

from datetime import timedelta

from booking.desk import Desk
from booking.model import TooManyTries
from booking.store import UnitOfWork

#: Of one network in an hour, those that succeeded left out: each costs one of the few places for
#: requests to the register, which others wait for.
MOST = 30
_WITHIN = timedelta(hours=1)


def count(desk: Desk, *, network: str | None) -> None:
    """``network`` is where the request comes from, if that is known. Raises TooManyTries."""
    if network is None:
        return
    name = _name(desk, network)

    def work(uow: UnitOfWork) -> None:
        if not uow.attempts.take(name, most=MOST, within=_WITHIN, now=uow.now):
            raise TooManyTries("too many sign-ins of this network failed: wait an hour")

    desk.store.transact(work)


def succeeded(desk: Desk, *, network: str | None) -> None:
    """The one that was counted last was none of those."""
    if network is not None:
        name = _name(desk, network)
        desk.store.transact(lambda uow: uow.attempts.give_back(name))


def _name(desk: Desk, network: str) -> str:
    keys = desk.store.keys
    return f"sign-in:{keys.derive(keys.current, 'network', network)}"
