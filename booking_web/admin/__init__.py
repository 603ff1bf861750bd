"""Pages of administrators: what works, what does not, and what to do about it."""

from __future__ import annotations

import logging
from collections import Counter

from flask import Blueprint, Response, abort, redirect, render_template, request

from booking import catalogue
from booking.office import overview
from booking.office.overview import MailboxStatus
from booking_web import sign_in
from booking_web.admin import shown, troubles
from booking_web.current import desk, gettext, language

AREA = "/admin/"
MOST_ROWS = 200
_OPEN = frozenset({"admin.enter", "admin.leave"})
_log = logging.getLogger("rantevou.audit")

blueprint = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")


@blueprint.before_request
def only_administrators() -> Response | None:
    """Every page of this folder is closed, but the two that open and close it."""
    if request.endpoint in _OPEN:
        return None
    return sign_in.require(role="admin", sign_in_url=f"{AREA}sign-in")


@blueprint.route("/sign-in", methods=["GET", "POST"])
def enter() -> Response:
    return sign_in.form(area=AREA, title=gettext("Σύνδεση διαχειριστή"))


@blueprint.post("/sign-out")
def leave() -> Response:
    return sign_in.sign_out(area=AREA)


@blueprint.get("/")
def mailboxes() -> str:
    query = request.args.get("q", "")[:100].strip()
    everything = overview.mailboxes(desk())
    found = [each for each in everything if shown.matches(each, query)]
    attention = sum(not each.offers for each in everything)
    if request.args.get("only") == "attention":
        found = [each for each in found if not each.offers]
    return render_template(
        "admin/mailboxes.html",
        account=sign_in.signed_in(),
        here=AREA,
        query=query,
        attention=attention,
        found=len(found),
        rows=[shown.row(each, language=language()) for each in found[:MOST_ROWS]],
    )


@blueprint.get("/mailboxes/<mailbox_id>")
def mailbox(mailbox_id: str) -> str:
    status = _status(mailbox_id)
    name = catalogue.municipality(desk(), status.municipality).name.in_language(language())
    return render_template(
        "admin/mailbox.html",
        account=sign_in.signed_in(),
        here=AREA,
        row=shown.row(status, language=language()),
        facts=shown.facts(status, municipality=name, language=language()),
        status=status,
        finding_name=troubles.finding_name,
    )


@blueprint.post("/mailboxes/<mailbox_id>/check")
def check(mailbox_id: str) -> Response:
    """Reads, writes, reads back and cleans up in the calendar; its page shows what was found."""
    _status(mailbox_id)
    overview.check_mailbox(desk(), mailbox_id=mailbox_id)
    return _back_to(mailbox_id)


@blueprint.post("/mailboxes/<mailbox_id>/accept")
def accept(mailbox_id: str) -> Response:
    """From now on this resource, as it is, blocks nothing."""
    resource = request.form.get("resource", "")
    if resource not in {each.resource_id for each in _status(mailbox_id).degraded}:
        abort(404)
    overview.accept_resource(desk(), mailbox_id=mailbox_id, resource_id=resource)
    _log.info("%s accepted a resource of mailbox %s", sign_in.signed_in().user, mailbox_id)
    return _back_to(mailbox_id)


@blueprint.post("/mailboxes/<mailbox_id>/release")
def release(mailbox_id: str) -> Response:
    """Believes a calendar that suddenly read empty."""
    if not _status(mailbox_id).braked:
        abort(404)
    overview.release_brake(desk(), mailbox_id=mailbox_id)
    _log.info("%s released the brake of mailbox %s", sign_in.signed_in().user, mailbox_id)
    return _back_to(mailbox_id)


@blueprint.get("/servers")
def servers() -> str:
    statuses = overview.mailboxes(desk())
    used = Counter(each.server for each in statuses)
    waits = {each.server: each.waits_until for each in statuses}
    rows = [
        shown.server(
            each,
            mailboxes=used[each.origin],
            waits=waits.get(each.origin),
            language=language(),
        )
        for each in overview.servers(desk())
    ]
    return render_template(
        "admin/servers.html", account=sign_in.signed_in(), here=f"{AREA}servers", rows=rows
    )


@blueprint.get("/outbox")
def outbox() -> str:
    rows = [shown.step(each, language=language()) for each in overview.outbox_open(desk())]
    return render_template(
        "admin/outbox.html", account=sign_in.signed_in(), here=f"{AREA}outbox", rows=rows
    )


def _status(mailbox_id: str) -> MailboxStatus:
    found = (each for each in overview.mailboxes(desk()) if each.id == mailbox_id)
    status = next(found, None)
    if status is None:
        abort(404)
    return status


def _back_to(mailbox_id: str) -> Response:
    answer = redirect(f"{AREA}mailboxes/{mailbox_id}", code=303)
    assert isinstance(answer, Response)
    return answer
