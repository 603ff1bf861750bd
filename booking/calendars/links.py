"""Meeting links of events: which one may be given to a citizen, and when to look for one."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from booking.store import UnitOfWork
from booking.store.outbox import Entry, Step
from booking.store.placements import PlacementRow
from mapping.checks.addresses import url_fault
from mapping.model import Channel

#: Teams needs a moment after the event is there.
FIRST_LOOK = timedelta(seconds=5)


def usable_link(url: str) -> str:
    """The address itself where a citizen may be sent there, else nothing.

    Https; plain http on this machine only, where a stand-in may live.
    """
    return "" if url_fault(url) else url


def owe_look(
    uow: UnitOfWork,
    placement: PlacementRow,
    *,
    why: str,
    search: bool,
    after: timedelta = timedelta(0),
    leased_by_us: timedelta | None = None,
) -> Entry | None:
    """Have the event's meeting link looked at, once for each ``why``; None if that was owed.

    ``search``: there must be one, so look again for a while and then call a person.
    """
    name = f"link:{placement.key}:{why}"
    if uow.outbox.known(name):
        return None
    return uow.outbox.add(
        name=name,
        kind=Step.LINK,
        booking_id=placement.booking_id,
        placement_key=placement.key,
        now=uow.now,
        not_before=uow.now + after,
        detail={"search": search},
        leased_until=uow.now + leased_by_us if leased_by_us is not None else None,
    )


def owe_look_after_change(uow: UnitOfWork, placement: PlacementRow, *, etag: str) -> None:
    """Somebody changed an event of ours: perhaps its meeting was switched on, or is another one."""
    booking = uow.bookings.get(placement.booking_id)
    if booking is None or booking.channel != Channel.TELECONFERENCE:
        return
    digest = hashlib.sha256(etag.encode()).hexdigest()[:16]
    owe_look(uow, placement, why=f"changed:{digest}", search=False)
