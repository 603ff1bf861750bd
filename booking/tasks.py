"""Tasks of the office: what only a person can put right, said once and kept until it is done."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from booking.desk import Desk
from booking.model import NotOffered
from booking.store import UnitOfWork
from booking.store.tasks import TaskRow

#: Stands for the product itself where a matter settles without a person.
NOBODY = "rantevou"


class TaskKind(enum.StrEnum):
    #: A teleconference stands in the calendar and has no link: add one there, tell the citizen.
    MEETING_LINK_MISSING = "meeting_link_missing"
    #: Lobby and recording cannot be set: an administrator of the provider grants the right.
    MEETING_NOT_SECURED = "meeting_not_secured"
    #: A mail did not get through: the citizen knows nothing of what it says.
    MAIL_NOT_SENT = "mail_not_sent"
    #: Something became of an appointment whose citizen has a phone and no mail address.
    CALL_CITIZEN = "call_citizen"
    #: A booking was made again from its event; how to reach the citizen is lost.
    CONTACT_LOST = "contact_lost"
    #: A calendar reads so differently that nothing of it is believed until somebody says so.
    CALENDAR_ALARMING = "calendar_alarming"
    #: Something else stands over an appointment, and no colleague is free at that time.
    APPOINTMENT_IN_THE_WAY = "appointment_in_the_way"
    #: Staff moved an appointment to where it cannot be.
    MOVED_TO_IMPOSSIBLE = "moved_to_impossible"
    #: Staff made an appointment a whole day or a series: nobody knows when it is meant to be.
    EVENT_UNCLEAR = "event_unclear"
    #: Somebody is away for a day or more: what becomes of their appointments is shown first.
    ABSENCE = "absence"
    #: A calendar is no longer part of the mapping, and appointments stand in it.
    LEFT_BEHIND = "left_behind"
    #: A booking was erased, and its old event cannot be rewritten: the name still stands there.
    NAME_IN_CALENDAR = "name_in_calendar"


@dataclass(frozen=True, slots=True)
class OfficeTask:
    """One thing to do. ``error`` is what the provider or product said, in English."""

    id: int
    kind: TaskKind
    municipality: str  #: slug
    created_at: datetime
    reference: str  #: of the booking; empty where it is not about one
    starts_at: datetime | None  #: of that booking
    address: str  #: of the mailbox
    done: bool = False
    error: str = field(default="")


def owe_task(
    uow: UnitOfWork,
    *,
    kind: TaskKind,
    municipality: str,
    name: str,
    booking_id: str | None = None,
    mailbox_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    again: bool = False,
) -> bool:
    """Have somebody of the office do something; whether it was not on the list already.

    ``name`` tells matters apart: the same one is listed once. With ``again``, one that somebody
    said was done is opened anew, because it is not. ``detail`` holds ids and codes and ``error``,
    nothing personal.
    """
    return uow.tasks.owe(
        name=name,
        kind=kind.value,
        municipality=municipality,
        booking_id=booking_id,
        mailbox_id=mailbox_id,
        detail=detail or {},
        now=uow.now,
        again=again,
    )


def settle(uow: UnitOfWork, *, name: str) -> bool:
    """The matter has settled itself: nobody needs to do it any more."""
    return uow.tasks.settle(name, at=uow.now, by=NOBODY)


def open_tasks(desk: Desk, *, municipality: str | None) -> tuple[OfficeTask, ...]:
    """What is to be done in one municipality (None: in all), the nearest appointments first."""
    with desk.store.read() as uow:
        return tuple(shown(row) for row in uow.tasks.open(municipality=municipality))


def one(desk: Desk, *, task_id: int, municipality: str | None) -> OfficeTask:
    """A task, done or not. Raises NotOffered where it is another municipality's."""
    with desk.store.read() as uow:
        row = uow.tasks.get(task_id)
    if row is None or municipality not in {None, row.municipality}:
        raise NotOffered("there is no such task")
    return shown(row)


def count_open(desk: Desk, *, municipality: str | None = None) -> int:
    with desk.store.read() as uow:
        return uow.tasks.count_open(municipality=municipality)


def mark_done(desk: Desk, *, task_id: int, by: str, municipality: str | None) -> OfficeTask:
    """Somebody did it. Twice is once. Raises NotOffered where it is another municipality's."""

    def work(uow: UnitOfWork) -> OfficeTask:
        row = uow.tasks.get(task_id)
        if row is None or municipality not in {None, row.municipality}:
            raise NotOffered("there is no such task")
        uow.tasks.done(task_id, at=uow.now, by=by)
        return shown(row)

    return desk.store.transact(work)


def shown(row: TaskRow) -> OfficeTask:
    return OfficeTask(
        id=row.id,
        kind=TaskKind(row.kind),
        municipality=row.municipality,
        created_at=row.created_at,
        reference=row.reference or "",
        starts_at=row.starts_at,
        address=row.address or "",
        done=row.done_at is not None,
        error=str(row.detail.get("error", "")),
    )
