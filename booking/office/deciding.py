"""What a person of the office decides where a booking and its calendar disagree."""

from __future__ import annotations

import secrets

from booking.desk import Desk
from booking.model import BookingState, NotOffered, WrongState
from booking.office import overview
from booking.store import UnitOfWork
from booking.store.outbox import Step
from booking.store.placements import PlacementRow, PlacementState
from booking.store.tasks import TaskRow
from booking.tasks import TaskKind

_ABOUT_A_CONFLICT = {TaskKind.APPOINTMENT_IN_THE_WAY, TaskKind.MOVED_TO_IMPOSSIBLE}


def takes_place(desk: Desk, *, task_id: int, municipality: str | None, by: str) -> None:
    """The appointment takes place all the same, where its event stands now.

    The citizen hears of it as soon as the calendar has been looked at. Raises NotOffered (no such
    task of that municipality; None: of any), WrongState where the conflict is over.
    """

    def work(uow: UnitOfWork) -> None:
        row = _task(uow, task_id, municipality, _ABOUT_A_CONFLICT)
        booking = uow.bookings.get(row.booking_id or "", lock=True)
        if booking is None or booking.state is not BookingState.CONFLICT:
            raise WrongState("this appointment is in conflict no more")
        for placement in uow.placements.of_booking(booking.id):
            if placement.state == PlacementState.PLACED:
                let_stand(uow, placement, wanted=True)
        uow.tasks.done(row.id, at=uow.now, by=by)

    desk.store.transact(work)
    desk.wake("drain")


def believe(desk: Desk, *, task_id: int, municipality: str | None, by: str) -> str:
    """The calendar that reads so differently is right: go on with it; its mailbox's id.

    Raises NotOffered.
    """

    def work(uow: UnitOfWork) -> str:
        row = _task(uow, task_id, municipality, {TaskKind.CALENDAR_ALARMING})
        uow.tasks.done(row.id, at=uow.now, by=by)
        return row.mailbox_id or ""

    mailbox_id = desk.store.transact(work)
    overview.release_brake(desk, mailbox_id=mailbox_id)
    return mailbox_id


def let_stand(uow: UnitOfWork, placement: PlacementRow, *, wanted: bool = False) -> None:
    """What else lies over this event is not in its way: it is looked at once more, as such.

    ``wanted``: staff want it where it stands, whatever else is booked there.
    """
    uow.placements.change(placement.key, shared=True)
    uow.outbox.add(
        name=f"review:{placement.key}:{secrets.token_hex(6)}",
        kind=Step.REVIEW,
        booking_id=placement.booking_id,
        placement_key=placement.key,
        now=uow.now,
        detail={"wanted": True} if wanted else {},
    )


def _task(uow: UnitOfWork, task_id: int, municipality: str | None, kinds: set[TaskKind]) -> TaskRow:
    row = uow.tasks.get(task_id)
    if row is None or municipality not in {None, row.municipality} or row.kind not in kinds:
        raise NotOffered("there is no such task")
    return row
