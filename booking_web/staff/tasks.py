"""What only a person of the office can put right, with a button for each thing one can do."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, g, redirect, render_template, request

from booking import tasks
from booking.model import NotOffered, WrongState
from booking.office import deciding, meeting_links
from booking.office.accounts import Account
from booking.office.meeting_links import LinkRefused
from booking.office.noticed import noticed
from booking.tasks import OfficeTask, TaskKind
from booking.words import dates
from booking_web import sign_in
from booking_web.current import desk, gettext, language, now
from booking_web.staff import absence
from booking_web.staff.task_words import ACTIONS, WORDS

#: These end by what somebody does about them, not by saying so.
_SETTLED_BY_DEEDS = frozenset({TaskKind.CALENDAR_ALARMING, TaskKind.ABSENCE})
_ZONE = ZoneInfo("Europe/Athens")
_log = logging.getLogger("rantevou.audit")


@dataclass(frozen=True, slots=True)
class Shown:
    """``error`` is what the provider said, in English; ``action``: (address, words) of what one
    can do here; ``stands_at``: where the appointment stands in the calendar now."""

    id: int
    what: str
    remedy: str
    error: str
    reference: str
    when: str
    stands_at: str
    address: str
    since: str
    wants_link: bool
    preview: bool
    done: bool
    can_be_ticked_off: bool
    action: tuple[str, str] | None


def register(blueprint: Blueprint) -> None:
    rule = "/tasks/<int:task_id>"
    blueprint.add_url_rule("/tasks", "tasks", listed)
    blueprint.add_url_rule(rule, "task", one)
    blueprint.add_url_rule(f"{rule}/done", "task_done", done, methods=["POST"])
    blueprint.add_url_rule(f"{rule}/believe", "task_believe", believe, methods=["POST"])
    blueprint.add_url_rule(f"{rule}/stands", "task_stands", stands, methods=["POST"])
    blueprint.add_url_rule(f"{rule}/absence", "task_absence", decide_absence, methods=["POST"])
    blueprint.add_url_rule(
        "/bookings/<reference>/meeting-link", "give_link", give_link, methods=["POST"]
    )


def listed(*, refused: str = "") -> str:
    """``refused``: reference of the booking whose link was not taken."""
    account = sign_in.signed_in()
    found = tasks.open_tasks(desk(), municipality=within(account))
    return render_template(
        "staff/tasks.html", account=account, rows=[_shown(each) for each in found], refused=refused
    )


def one(task_id: int) -> str:
    """A task by itself; of an absence, everything that it affects."""
    account = sign_in.signed_in()
    task = tasks.one(desk(), task_id=task_id, municipality=within(account))
    preview, left = None, None
    if task.kind is TaskKind.ABSENCE:
        preview = absence.shown(task_id, municipality=within(account), zone=_ZONE)
    if task.kind is TaskKind.LEFT_BEHIND:
        left = absence.left_behind(task_id, municipality=within(account))
    return render_template(
        "staff/task.html", account=account, row=_shown(task), preview=preview, left=left
    )


def done(task_id: int) -> Response:
    account = sign_in.signed_in()
    task = tasks.mark_done(desk(), task_id=task_id, by=account.user, municipality=within(account))
    _log.info("task %s (%s) marked as done by %s", task.id, task.kind.value, account.user)
    return _back()


def believe(task_id: int) -> Response:
    """The calendar that reads so differently is right: go on with it."""
    account = sign_in.signed_in()
    mailbox_id = deciding.believe(
        desk(), task_id=task_id, municipality=within(account), by=account.user
    )
    _log.info("%s released the brake of mailbox %s", account.user, mailbox_id)
    return _back(gettext("Συνεχίζουμε με το ημερολόγιο όπως είναι τώρα."))


def stands(task_id: int) -> Response:
    """The appointment takes place although something is in its way."""
    account = sign_in.signed_in()
    try:
        deciding.takes_place(desk(), task_id=task_id, municipality=within(account), by=account.user)
    except WrongState:
        return _back(gettext("Το εμπόδιο δεν υπάρχει πια. Δεν άλλαξε τίποτα."))
    _log.info("task %s: the appointment takes place, says %s", task_id, account.user)
    return _back(gettext("Το ραντεβού γίνεται κανονικά. Ο πολίτης ενημερώνεται με email."))


def decide_absence(task_id: int) -> Response:
    """What was shown is carried out; what is ticked takes place all the same."""
    account = sign_in.signed_in()
    absence.decide(task_id, municipality=within(account), by=account.user, form=request.form)
    _log.info("absence of task %s decided by %s", task_id, account.user)
    return _back(gettext("Η απόφαση καταγράφηκε. Οι αλλαγές γίνονται μέσα στα επόμενα λεπτά."))


def give_link(reference: str) -> Response | tuple[str, int]:
    """The link of a meeting that somebody made by hand."""
    account = sign_in.signed_in()
    try:
        meeting_links.give_link(
            desk(), reference=reference, url=request.form.get("link", ""), account=account
        )
    except LinkRefused:
        g.here = "/staff/tasks"
        return listed(refused=reference), 422
    except WrongState:
        raise NotOffered("there is no such meeting") from None
    _log.info("meeting link of %s given by %s", reference, account.user)
    return _back()


def within(account: Account) -> str | None:
    """The municipality whose tasks an account sees; None: every one's."""
    return None if account.role == "admin" else account.municipality or ""


def _back(told: str = "") -> Response:
    if told:
        flash(told)
    answer = redirect("/staff/tasks", code=303)
    assert isinstance(answer, Response)
    return answer


def _shown(task: OfficeTask) -> Shown:
    what, remedy = WORDS[task.kind]
    moved = noticed(desk(), reference=task.reference) if _is_moved(task) else None
    stands_at = moved.stands_at if moved else None
    action = ACTIONS.get(task.kind)
    if _is_moved(task) and (stands_at is None or stands_at.start <= now()):
        action = None
    return Shown(
        id=task.id,
        what=gettext(what),
        remedy=gettext(remedy),
        error=task.error,
        reference=task.reference,
        when=dates.day_and_clock(task.starts_at, zone=_ZONE, language=language())
        if task.starts_at
        else "",
        stands_at=dates.day_and_range(stands_at, zone=_ZONE, language=language())
        if stands_at
        else "",
        address=task.address,
        since=dates.day_and_clock(task.created_at, zone=_ZONE, language=language()),
        wants_link=task.kind is TaskKind.MEETING_LINK_MISSING,
        preview=task.kind in {TaskKind.ABSENCE, TaskKind.LEFT_BEHIND},
        done=task.done,
        can_be_ticked_off=task.kind not in _SETTLED_BY_DEEDS,
        action=(f"/staff/tasks/{task.id}/{action[0]}", gettext(action[1])) if action else None,
    )


def _is_moved(task: OfficeTask) -> bool:
    return task.kind is TaskKind.MOVED_TO_IMPOSSIBLE and bool(task.reference)
