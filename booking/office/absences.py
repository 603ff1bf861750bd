"""Somebody is away for a day or more: what becomes of their appointments, shown, then decided."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from booking import catalogue, tasks
from booking.desk import Desk
from booking.model import BookingView, NotOffered
from booking.offering.slots import Shape
from booking.office.deciding import let_stand
from booking.office.sharing_out import Wish, share_out
from booking.reconciling.subject import Subject, colleagues, lies_under, load
from booking.store import UnitOfWork
from booking.store.outbox import Entry, Step
from booking.store.tasks import TaskRow
from booking.tasks import OfficeTask, TaskKind


@dataclass(frozen=True, slots=True)
class Affected:
    """One appointment under the absence. ``colleague``: the name of who takes it over; None:
    nobody is free at that time, and the citizen gets three other times to choose from."""

    booking: BookingView
    colleague: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """``away``: the name of who is away. ``acts_at``: from then on it is carried out by itself,
    one appointment after the other; None where nothing is left to do."""

    task: OfficeTask
    away: str
    affected: tuple[Affected, ...]
    acts_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Planned:
    entry: Entry
    subject: Subject
    to: str  #: id of the mailbox that takes it over; "" where none does


def preview(desk: Desk, *, task_id: int, municipality: str | None) -> Preview:
    """What an absence means for everybody at once, as the calendars stand now.

    Raises NotOffered where there is no such task of that municipality (None: of any).
    """
    with desk.store.read() as uow:
        row = _task(uow, task_id, municipality)
        planned = _plan(desk, uow, row)
        return Preview(
            task=tasks.shown(row),
            away=_names(desk, uow, row.municipality).get(row.address or "", row.address or ""),
            affected=tuple(
                Affected(each.subject.booking.view(), _name(each.subject, each.to))
                for each in planned
            ),
            acts_at=min((each.entry.not_before for each in planned), default=None),
        )


def decide(
    desk: Desk,
    *,
    task_id: int,
    municipality: str | None,
    by: str,
    carry_out: Collection[str],
    stand: Collection[str],
) -> None:
    """Have what was shown carried out now; ``stand`` take place all the same.

    Both are references of bookings; those that nobody names wait on, and so does the task.
    Raises NotOffered.
    """

    def work(uow: UnitOfWork) -> None:
        row = _task(uow, task_id, municipality)
        left = 0
        for each in _plan(desk, uow, row):
            reference = each.subject.booking.reference
            if reference in stand:
                uow.outbox.withdraw(each.entry, now=uow.now, outcome="takes place all the same")
                let_stand(uow, each.subject.placement)
            elif reference in carry_out:
                uow.outbox.hurry(
                    each.entry, now=uow.now, detail={**each.entry.detail, "to": each.to}
                )
            else:
                left += 1
        if not left:
            uow.tasks.done(row.id, at=uow.now, by=by)

    desk.store.transact(work)
    desk.wake("drain")


def _task(uow: UnitOfWork, task_id: int, municipality: str | None) -> TaskRow:
    row = uow.tasks.get(task_id)
    if row is None or municipality not in {None, row.municipality} or row.kind != TaskKind.ABSENCE:
        raise NotOffered("there is no such task")
    return row


def _plan(desk: Desk, uow: UnitOfWork, row: TaskRow) -> list[_Planned]:
    """The reviews that wait for this absence, with who takes over what; in order of time."""
    waiting = []
    for entry in uow.outbox.open_of_kind(Step.REVIEW):
        if not row.detail.get("resource") or entry.detail.get("absence") != row.detail["resource"]:
            continue
        subject = load(desk, uow, entry)
        if subject is None or subject.placement.mailbox_id != row.mailbox_id:
            continue
        if subject.booking.starts_at > uow.now and lies_under(uow, subject) is not False:
            waiting.append((entry, subject))
    takers = share_out(_wish(desk, uow, entry, subject) for entry, subject in waiting)
    planned = [
        _Planned(entry, subject, takers.get(str(entry.id), "")) for entry, subject in waiting
    ]
    return sorted(planned, key=lambda each: each.subject.booking.starts_at)


def _wish(desk: Desk, uow: UnitOfWork, entry: Entry, subject: Subject) -> Wish:
    able = tuple(each.mailbox_id for each in colleagues(desk, uow, subject))
    if subject.offered is None:
        return Wish(str(entry.id), 0, 0, ())
    first, end = Shape.of(subject.offered.service).cells(subject.booking.starts_at)
    return Wish(str(entry.id), first, end, able)


def _name(subject: Subject, mailbox_id: str) -> str | None:
    if subject.offered is None or not mailbox_id:
        return None
    for each, mailbox, member in subject.offered.pool:
        if each == mailbox_id:
            return member.name or mailbox.address
    return None


def _names(desk: Desk, uow: UnitOfWork, slug: str) -> dict[str, str]:
    """Name of who sits behind each address."""
    found = catalogue.entry_of(desk, uow, slug).municipality
    members = {member.key: member.name for member in found.staff}
    return {each.address: members.get(each.staff, "") or each.address for each in found.mailboxes}
