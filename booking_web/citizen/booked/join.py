"""«Συμμετοχή στη συνάντηση»: our own stable address; the room opens shortly before the time.

Its script is the test of camera and microphone, which works without us.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking import joining
from booking.model import BookingView
from booking.words import dates
from booking_web import security
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import Appointment, appointment
from booking_web.citizen.chosen import municipality_of
from booking_web.current import desk, gettext, language, now

_TICK = "katagrafi"
#: References whose recording ban was acknowledged in this session.
_ACKNOWLEDGED = "no_recording"
_MOST = 10


@blueprint.get("/booking/<reference>/join")
def join(reference: str) -> Response:
    view, _ = rights.booking(reference)
    shown = appointment(view)
    if not shown.can_join:
        return redirect(url_for("citizen.manage", reference=reference), 303)
    return _show(view, shown)


@blueprint.post("/booking/<reference>/join")
def acknowledge(reference: str) -> Response:
    """The citizen knows that nothing may be recorded; remembered for the session.

    The way to the meeting is a link on the page that follows: the policy of our pages lets no
    form lead to another site.
    """
    view, _ = rights.booking(reference)
    shown = appointment(view)
    if shown.can_join and not request.form.get(_TICK):
        error = gettext("Επιβεβαιώστε ότι δεν θα γίνει καταγραφή της τηλεδιάσκεψης")
        return _show(view, shown, errors={_TICK: error})
    known = [each for each in session.get(_ACKNOWLEDGED, []) if each != view.reference]
    session[_ACKNOWLEDGED] = [*known, view.reference][-_MOST:]
    return redirect(url_for("citizen.join", reference=reference), 303)


@blueprint.get("/booking/<reference>/join/now")
def enter(reference: str) -> Response:
    """On to the meeting, wherever it is at this moment; back to the page while it is not open."""
    view, _ = rights.booking(reference)
    if appointment(view).can_join and _acknowledged(view):
        target = joining.join_target(desk(), booking_id=view.id, look=True)
        if target.now_open:
            return redirect(target.url, 303)
    return redirect(url_for("citizen.join", reference=reference), 303)


def _acknowledged(view: BookingView) -> bool:
    return view.reference in session.get(_ACKNOWLEDGED, [])


def _show(
    view: BookingView, shown: Appointment, *, errors: dict[str, str] | None = None
) -> Response:
    target = joining.join_target(desk(), booking_id=view.id)
    within = municipality_of(view)
    zone = ZoneInfo(within.time_zone)
    opens = dates.day_and_clock(target.opens_at, zone=zone, language=language())
    page = render_template(
        "citizen/join.html",
        appointment=shown,
        acknowledged=_acknowledged(view),
        open=target.now_open,
        missing=not target.url,
        opens=opens if target.opens_at > now() else "",
        contact=within.contact,
        errors=errors or {},
        back=url_for("citizen.manage", reference=view.reference),
    )
    return security.with_devices(make_response(page, 422 if errors else 200))
