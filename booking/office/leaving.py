"""Calendars that a mapping names no more, and the appointments that still stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from booking.desk import Desk
from booking.model import BookingView, NotOffered
from booking.store import UnitOfWork
from booking.tasks import TaskKind, owe_task
from mapping.model import Municipality


def left_behind(desk: Desk, *, municipality: Municipality) -> Mapping[str, tuple[BookingView, ...]]:
    """By address: what lies ahead in each calendar that ``municipality`` would name no more, in
    order of time. Calendars without appointments are not in it. Writes nothing."""
    named = {each.address for each in municipality.mailboxes}
    with desk.store.read() as uow:
        found = {
            row.address: _ahead(uow, row.id)
            for row in uow.mailboxes.all()
            if row.municipality == municipality.slug and row.address not in named
        }
    return {address: views for address, views in found.items() if views}


def owe_tasks(
    uow: UnitOfWork, *, municipality: str, addresses: Iterable[str], revision: int
) -> None:
    """Have the office see to what stands in the calendars that were just retired."""
    for address in addresses:
        row = uow.mailboxes.by_address(address)
        if row is not None and _ahead(uow, row.id):
            owe_task(
                uow,
                kind=TaskKind.LEFT_BEHIND,
                municipality=municipality,
                mailbox_id=row.id,
                name=f"{TaskKind.LEFT_BEHIND.value}:{row.id}:{revision}",
            )


def appointments(desk: Desk, *, task_id: int, municipality: str | None) -> tuple[BookingView, ...]:
    """What still lies ahead in the calendar that a task is about, in order of time.

    Raises NotOffered where there is no such task of that municipality (None: of any).
    """
    with desk.store.read() as uow:
        row = uow.tasks.get(task_id)
        if (
            row is None
            or row.kind != TaskKind.LEFT_BEHIND
            or municipality not in {None, row.municipality}
        ):
            raise NotOffered("there is no such task")
        return _ahead(uow, row.mailbox_id or "")


def _ahead(uow: UnitOfWork, mailbox_id: str) -> tuple[BookingView, ...]:
    return tuple(each.view() for each in uow.bookings.ahead_in(mailbox_id, now=uow.now))
