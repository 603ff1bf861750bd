"""What only a person of the office can put right, in words, with a button for when it is done."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, redirect, render_template, request

from booking import tasks
from booking.model import NotOffered, WrongState
from booking.office import meeting_links
from booking.office.accounts import Account
from booking.office.meeting_links import LinkRefused
from booking.tasks import OfficeTask, TaskKind
from booking.words import dates
from booking_web import sign_in
from booking_web.current import desk, gettext, language
from booking_web.staff.task_words import WORDS

_ZONE = ZoneInfo("Europe/Athens")
_log = logging.getLogger("rantevou.audit")


@dataclass(frozen=True, slots=True)
class Shown:
    """``error`` is what the provider said, in English; ``wants_link``: one can be given here."""

    id: int
    what: str
    remedy: str
    error: str
    reference: str
    when: str
    address: str
    since: str
    wants_link: bool


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/tasks", "tasks", listed)
    blueprint.add_url_rule("/tasks/<int:task_id>/done", "task_done", done, methods=["POST"])
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


def done(task_id: int) -> Response:
    account = sign_in.signed_in()
    task = tasks.mark_done(desk(), task_id=task_id, by=account.user, municipality=within(account))
    _log.info("task %s (%s) marked as done by %s", task.id, task.kind.value, account.user)
    return _back()


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


def _back() -> Response:
    answer = redirect("/staff/tasks", code=303)
    assert isinstance(answer, Response)
    return answer


def _shown(task: OfficeTask) -> Shown:
    what, remedy = WORDS[task.kind]
    return Shown(
        id=task.id,
        what=gettext(what),
        remedy=gettext(remedy),
        error=task.error,
        reference=task.reference,
        when=dates.day_and_clock(task.starts_at, zone=_ZONE, language=language())
        if task.starts_at
        else "",
        address=task.address,
        since=dates.day_and_clock(task.created_at, zone=_ZONE, language=language()),
        wants_link=task.kind is TaskKind.MEETING_LINK_MISSING,
    )
