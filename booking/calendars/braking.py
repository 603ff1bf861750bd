"""The brake of a mailbox: somebody is asked whether a frightening reading is right."""

from __future__ import annotations

from booking.calendars.connecting import Reach
from booking.store import UnitOfWork
from booking.tasks import TaskKind, owe_task, settle


def call_about_brake(uow: UnitOfWork, place: Reach, *, reason: str) -> None:
    """Ask the office, once for as long as the brake holds."""
    owe_task(
        uow,
        kind=TaskKind.CALENDAR_ALARMING,
        municipality=place.row.municipality,
        mailbox_id=place.row.id,
        name=_name(place.row.id),
        detail={"error": reason},
        again=True,
    )


def brake_is_over(uow: UnitOfWork, mailbox_id: str) -> None:
    """The calendar reads as before, or a person said that it is right."""
    settle(uow, name=_name(mailbox_id))


def _name(mailbox_id: str) -> str:
    return f"{TaskKind.CALENDAR_ALARMING.value}:{mailbox_id}"
