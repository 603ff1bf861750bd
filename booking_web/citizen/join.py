"""«Συμμετοχή στη συνάντηση»: our own stable address; the room opens shortly before the time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking import joining
from booking.words import dates
from booking_web.citizen import rights
from booking_web.citizen.appointment import appointment
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.chosen import municipality_of
from booking_web.current import desk, language, now


@blueprint.get("/booking/<reference>/join")
def join(reference: str) -> Response | str:
    view, _ = rights.booking(reference)
    shown = appointment(view)
    if not shown.can_join:
        return redirect(url_for("citizen.manage", reference=reference), 303)
    target = joining.join_target(desk(), booking_id=view.id)
    within = municipality_of(view)
    zone = ZoneInfo(within.time_zone)
    opens = dates.day_and_clock(target.opens_at, zone=zone, language=language())
    return render_template(
        "citizen/join.html",
        appointment=shown,
        url=target.url if target.now_open else "",
        missing=not target.url,
        opens=opens if target.opens_at > now() else "",
        contact=within.contact,
        back=url_for("citizen.manage", reference=reference),
    )
