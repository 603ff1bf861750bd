"""Steps that a transaction owes: mails, removals; how a step ends or is put off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from booking.desk import Desk
from booking.messages import MessageKind
from booking.placement.patience import AUDITS
from booking.store import UnitOfWork
from booking.store.outbox import Entry, Step
from booking.store.placements import PlacementRow, PlacementState

#: Detail of a confirmation that takes a change back which somebody was told to be on its way.
AFTER_ALL = {"after_all": True}


def finish(desk: Desk, entry: Entry, outcome: str) -> bool:
    """The step is done with; False where somebody else has taken it over."""

    def work(uow: UnitOfWork) -> bool:
        return uow.outbox.finish(entry, now=uow.now, outcome=outcome)

    return desk.store.transact(work)


def postpone(desk: Desk, entry: Entry, *, wait: timedelta, outcome: str) -> None:
    """The step is due again after ``wait``; ``outcome`` says why."""

    def work(uow: UnitOfWork) -> None:
        uow.outbox.postpone(entry, until=uow.now + wait, outcome=outcome)

    desk.store.transact(work)


def owe_mail(
    uow: UnitOfWork,
    *,
    booking_id: str,
    kind: MessageKind,
    version: int,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """A mail of this kind about this version of the booking, once; older ones leave before it."""
    name = f"mail:{booking_id}:{kind.value}:{version}"
    if not uow.outbox.known(name):
        uow.outbox.hasten_mails(booking_id, now=uow.now)
        uow.outbox.add(
            name=name,
            kind=Step.MAIL,
            booking_id=booking_id,
            now=uow.now,
            detail={"kind": kind.value, "version": version, **(detail or {})},
        )


def owe_removal(
    uow: UnitOfWork,
    placement: PlacementRow,
    *,
    leased_by_us: timedelta | None = None,
    again: str = "",
) -> Entry:
    """The placement's event is to go; with ``leased_by_us``, the caller tries first.

    ``again`` names why it is owed once more, where a removal may have run before the write.
    """
    uow.placements.change(placement.key, state=PlacementState.REMOVING.value)
    return uow.outbox.add(
        name=f"remove:{placement.key}" + (f":{again}" if again else ""),
        kind=Step.REMOVE,
        booking_id=placement.booking_id,
        placement_key=placement.key,
        now=uow.now,
        leased_until=uow.now + leased_by_us if leased_by_us is not None else None,
    )


def owe_audits(uow: UnitOfWork, placement: PlacementRow) -> None:
    """Look later whether an event of unknown fate has turned up, and delete it."""
    for number, after in enumerate(AUDITS, start=1):
        name = f"remove:{placement.key}:audit{number}"
        if not uow.outbox.known(name):
            uow.outbox.add(
                name=name,
                kind=Step.REMOVE,
                booking_id=placement.booking_id,
                placement_key=placement.key,
                now=uow.now,
                not_before=uow.now + after,
            )
