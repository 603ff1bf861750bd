"""The booked appointment: confirmation, management page, mailed links, calendar file, print."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Response as FlaskResponse
from flask import (
    abort,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from booking import managing
from booking.model import BookingState, BookingView
from booking_web.citizen import draft as drafting
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import KEPT, appointment, written
from booking_web.citizen.booked.calendar_file import calendar_file
from booking_web.citizen.booked.kept import earlier, kept_times
from booking_web.citizen.chosen import municipality_of
from booking_web.citizen.questions.info import links_panel
from booking_web.citizen.rights import Access
from booking_web.current import desk
from booking_web.register import identity


@blueprint.get("/booking/<reference>/confirmation")
def confirmation(reference: str) -> Response | str:
    """What was just booked, or that it is being confirmed; may be bookmarked and reloaded."""
    view, _ = rights.booking(reference)
    if view.state is BookingState.PENDING:
        return make_response(_page("confirming.html", view), 202)
    if view.state not in {BookingState.CONFIRMED, BookingState.CONFLICT}:
        return redirect(url_for("citizen.manage", reference=reference), 303)
    return _page("confirmation.html", view)


@blueprint.get("/booking/<reference>")
def manage(reference: str) -> Response | str:
    """«Επερχόμενη κράτηση για …» with what can be done about it."""
    view, _ = rights.booking(reference)
    return show(view)


def show(view: BookingView, *, errors: dict[str, str] | None = None) -> str:
    """The management page; ``errors`` of the form that takes a cancellation back, or a time."""
    return _page(
        "manage.html",
        view,
        kept=kept_times(view),
        earlier=earlier(view),
        moved_from=_moved_from(view),
        erasing=view.erase_wanted_at is not None,
        errors=errors or {},
    )


def _moved_from(view: BookingView) -> str:
    """Where the appointment was before the office moved it; "" where it did not."""
    if view.state is not BookingState.CONFIRMED or view.pending_period is not None:
        return ""
    previous = managing.moved_from(desk(), booking_id=view.id)
    return written(previous, ZoneInfo(municipality_of(view).time_zone)) if previous else ""


def _page(template: str, view: BookingView, **values: object) -> str:
    return render_template(
        f"citizen/{template}",
        appointment=appointment(view),
        links=links_panel(municipality_of(view)),
        done=get_flashed_messages(),
        **values,
    )


@blueprint.get("/r/<token>")
def by_mail(token: str) -> Response:
    """Exchange a mailed token for this session's right, and leave the token out of the address."""
    return redirect(url_for("citizen.manage", reference=_opened(token)), 303)


@blueprint.get("/r/<token>/<any(reschedule, cancel, join):action>")
def act_by_mail(token: str, action: str) -> Response:
    return redirect(url_for(f"citizen.{action}", reference=_opened(token)), 303)


def _opened(token: str) -> str:
    """Raises NotOffered for an unknown token; the answer tells nothing else."""
    view = managing.by_token(desk(), token=token)
    rights.grant(view.reference, Access.OPENED)
    return view.reference


@blueprint.get("/booking/<reference>/calendar.ics")
def calendar(reference: str) -> FlaskResponse:
    """The appointment for the citizen's own calendar (RFC 5545)."""
    view, _ = rights.booking(reference)
    if view.state not in KEPT:
        abort(404)
    name = f"rantevou-{view.reference}.ics"
    return FlaskResponse(
        calendar_file(view),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/booking/<reference>/print")
def printed(reference: str) -> str:
    view, _ = rights.booking(reference)
    return _page("print.html", view)


@blueprint.post("/leave")
def leave() -> Response:
    """«Έξοδος»: the next person at this machine finds nothing."""
    drafting.discard()
    signed_in = identity.forget()
    kept = session.get("language")
    session.clear()
    if kept:
        session["language"] = kept
    return redirect(url_for("citizen.left" if signed_in else "citizen.municipality"), 303)
