"""«Τα προσωπικά μου στοιχεία»: what we know of the citizen with this booking, as a file; erasing.

Both by POST, and by a mailed link with the digits of the phone, as every change.
"""

from __future__ import annotations

import json

from flask import Response as FlaskResponse
from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking import disclosing, erasing
from booking.model import BookingView, WrongState
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import appointment
from booking_web.citizen.chosen import municipality_of
from booking_web.citizen.privacy import days_after, kept_by
from booking_web.current import desk, gettext


@blueprint.get("/booking/<reference>/data")
def my_data(reference: str) -> str:
    view, _ = rights.booking(reference)
    return _page("my_data.html", view)


@blueprint.post("/booking/<reference>/data")
def download(reference: str) -> Response:
    """Everything that is known of this booking, as JSON (GDPR, article 20)."""
    view, _ = rights.booking(reference)
    if errors := rights.digits_wrong(view):
        return make_response(_page("my_data.html", view, errors=errors), 422)
    known = disclosing.known_of(desk(), booking_id=view.id)
    name = f"rantevou-{view.reference}.json"
    return FlaskResponse(
        json.dumps(known, ensure_ascii=False, indent=2) + "\n",
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/booking/<reference>/erase")
def erase(reference: str) -> str:
    """Only asks: whoever opens an address has erased nothing."""
    view, _ = rights.booking(reference)
    return _page("erase.html", view)


@blueprint.post("/booking/<reference>/erase")
def do_erase(reference: str) -> Response:
    view, _ = rights.booking(reference)
    if errors := rights.digits_wrong(view):
        return make_response(_page("erase.html", view, errors=errors), 422)
    try:
        after = erasing.ask(desk(), booking_id=view.id)
    except WrongState:
        flash(
            gettext(
                "Τα στοιχεία δεν μπορούν να διαγραφούν τώρα, γιατί το ραντεβού γίνεται ή μια αλλαγή"
                " του επιβεβαιώνεται. Δοκιμάστε ξανά αργότερα."
            )
        )
        return redirect(url_for("citizen.manage", reference=reference), 303)
    if after.erased_at is None:
        return redirect(url_for("citizen.manage", reference=reference), 303)
    rights.revoke(reference)
    return redirect(url_for("citizen.erased"), 303)


@blueprint.get("/erased")
def erased() -> str:
    """Says that it was done; of whom, it does not know any more."""
    return render_template("citizen/erased.html", back=url_for("citizen.municipality"))


def _page(template: str, view: BookingView, *, errors: dict[str, str] | None = None) -> str:
    within = municipality_of(view)
    return render_template(
        f"citizen/{template}",
        appointment=appointment(view),
        kept=kept_by(within),
        until=days_after(within.privacy.erase_after_days),
        undo_minutes=int(desk().settings.undo.total_seconds() // 60),
        errors=errors or {},
        back=url_for("citizen.manage", reference=view.reference),
    )
