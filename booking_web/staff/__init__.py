"""Pages of the staff: the day's appointments, and who comes to one of them."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, get_flashed_messages, render_template, request

from booking import catalogue
from booking.model import BookingState, BookingView
from booking.office import accounts, staff_view
from booking.office.noticed import noticed
from booking.tasks import count_open
from booking.words import dates
from booking_web import sign_in
from booking_web.current import desk, gettext, language, now
from booking_web.staff import book, changing, finding, shown, slip, tasks
from mapping.model import Channel, Municipality, Service

AREA = "/staff/"
_OPEN = frozenset({"staff.enter", "staff.leave"})
_log = logging.getLogger("rantevou.audit")

blueprint = Blueprint("staff", __name__, url_prefix="/staff", template_folder="templates")
tasks.register(blueprint)
book.register(blueprint)
changing.register(blueprint)
blueprint.add_url_rule("/find", "find", finding.find)
blueprint.add_url_rule("/bookings/<reference>/slip", "slip", slip.slip)


@blueprint.before_request
def only_staff() -> Response | None:
    """Every page of this folder is closed, but the two that open and close it."""
    if request.endpoint in _OPEN:
        return None
    return sign_in.require(role=None, sign_in_url=f"{AREA}sign-in")


@blueprint.route("/sign-in", methods=["GET", "POST"])
def enter() -> Response:
    return sign_in.form(area=AREA, title=gettext("Σύνδεση προσωπικού"))


@blueprint.post("/sign-out")
def leave() -> Response:
    return sign_in.sign_out(area=AREA)


@blueprint.get("/")
def day() -> str:
    wanted = _date(request.args.get("imera"))
    account = sign_in.signed_in()
    views = staff_view.day(desk(), account=account, date=wanted)
    rows = [shown.row(view, *_offer(view), language=language()) for view in views]
    return render_template(
        "staff/day.html",
        account=account,
        day=wanted.isoformat(),
        previous=(wanted - timedelta(days=1)).isoformat(),
        following=(wanted + timedelta(days=1)).isoformat(),
        heading=dates.day(wanted, language=language()),
        to_do=count_open(desk(), municipality=tasks.within(account)),
        rows=rows,
    )


@blueprint.get("/bookings/<reference>")
def booking(reference: str) -> str:
    return _page(reference, revealed=False)


@blueprint.post("/bookings/<reference>/reveal")
def reveal(reference: str) -> str:
    """Shows the tax number in full; who looked at which booking is kept in the audit log."""
    page = _page(reference, revealed=True)
    _log.info("tax number of %s shown to %s", reference, sign_in.signed_in().user)
    return page


def _page(reference: str, *, revealed: bool) -> str:
    account = sign_in.signed_in()
    view = staff_view.booking_for_staff(desk(), reference=reference, account=account)
    municipality, service = _offer(view)
    zone = ZoneInfo(municipality.time_zone)
    return render_template(
        "staff/booking.html",
        account=account,
        reference=view.reference,
        day=view.period.start.astimezone(zone).date().isoformat(),
        state=shown.state(view),
        state_kind=shown.state_kind(view),
        facts=shown.facts(view, municipality, service, language=language())
        + shown.booked_by(view, municipality, service, clerk=_name_of(view.clerk))
        + shown.noticed_facts(
            view, noticed(desk(), reference=reference), zone=zone, language=language()
        ),
        wants_outcome=view.erased_at is None
        and view.state is BookingState.CONFIRMED
        and view.period.start <= now(),
        citizen=view.citizen,
        erased=shown.erased(view, zone=zone, language=language()),
        actions=[] if view.erased_at else changing.actions(view),
        can_undo=changing.can_undo(view),
        to_call=view.channel is Channel.TELEPHONE and changing.can_cancel(view),
        done=get_flashed_messages(),
        answers=shown.answers(view, service, language=language(), revealed=revealed),
        declarations=shown.declarations(view, municipality, language=language()),
    )


def _name_of(user: str) -> str:
    """Of a clerk; the user name where the account is gone."""
    found = accounts.get(desk(), user) if user else None
    return found.name if found else user


def _offer(view: BookingView) -> tuple[Municipality, Service]:
    return catalogue.service(desk(), view.service_id)


def _date(text: str | None) -> date:
    """The day asked for, or today in Athens."""
    if not text:
        return datetime.now(UTC).astimezone(ZoneInfo("Europe/Athens")).date()
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        abort(400)
    if not 2000 <= wanted.year <= 2100:
        abort(400)
    return wanted
