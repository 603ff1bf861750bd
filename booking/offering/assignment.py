"""Who of a pool serves: the member with the least time booked, ties by a seed, with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.catalogue import Offered
from booking.desk import Desk
from booking.offering.picture import picture
from booking.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Candidate:
    mailbox_id: str
    reason: str  #: why it stands at its place; kept with the placement


def in_order(
    mailbox_ids: Iterable[str], *, booked: Mapping[str, timedelta], seed: str
) -> list[Candidate]:
    """Fewest booked minutes first; who is equal is drawn by ``seed``, the same way every time."""

    def draw(mailbox_id: str) -> str:
        return hashlib.sha256(f"{seed}/{mailbox_id}".encode()).hexdigest()

    ordered = sorted(mailbox_ids, key=lambda each: (booked.get(each, timedelta(0)), draw(each)))
    return [
        Candidate(
            mailbox_id=each,
            reason=f"place {place} of {len(ordered)}:"
            f" {booked.get(each, timedelta(0)) // timedelta(minutes=1)} minutes booked",
        )
        for place, each in enumerate(ordered, start=1)
    ]


def candidates(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    *,
    start: datetime,
    without: str | None = None,
    leave_out: Sequence[str] = (),
    promised: bool = False,
    withheld: bool = False,
) -> list[Candidate]:
    """Mailboxes of the pool in which ``start`` is offered now, in the order to be tried.

    ``promised``: the office gave somebody that time, or gives it now; minimum notice is for
    citizens who book. ``withheld``: also where the time is not offered to everybody yet.
    """
    free = free_in(
        desk, uow, offered, start=start, without=without, promised=promised, withheld=withheld
    )
    free = [each for each in free if each not in leave_out]
    if not free:
        return []
    booked = uow.bookings.booked_time(
        free, since=uow.now, until=uow.now + timedelta(days=offered.service.horizon_days)
    )
    seed = f"{offered.service.key} {start.timestamp():.0f}"
    return in_order(free, booked=booked, seed=seed)


def free_in(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    *,
    start: datetime,
    without: str | None = None,
    promised: bool = False,
    withheld: bool = False,
) -> list[str]:
    """Mailboxes of the pool in which ``start`` is offered now; see ``candidates``."""
    if not uow.now < start < uow.now + timedelta(days=offered.service.horizon_days + 2):
        return []
    day = start.astimezone(offered.entry.zone).date()
    view = picture(
        desk,
        uow,
        offered,
        first=day,
        last=day,
        without=without,
        promised=promised,
        withheld=withheld,
    )
    return [each for each in offered.mailbox_ids if view.has(each, start)]
