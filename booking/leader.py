"""Who leads: a lease in the database, so that one ticker at a time does the ticking."""

from __future__ import annotations

from datetime import timedelta

from booking.desk import Desk
from booking.store import UnitOfWork


def lead(desk: Desk, *, name: str, owner: str, seconds: int) -> bool:
    """Take or prolong the lease ``name``; False while another owner has it."""

    def work(uow: UnitOfWork) -> bool:
        return uow.leases.take(
            name=name, owner=owner, now=uow.now, until=uow.now + timedelta(seconds=seconds)
        )

    return desk.store.transact(work)
