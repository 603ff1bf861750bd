"""«Ακύρωση κράτησης»: GET only shows, POST cancels, and for some time it can be undone."""

from __future__ import annotations

from flask import flash, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking import cancelling
from booking.model import BookingView, SlotTaken, TooManyBookings, WrongState
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import appointment
from booking_web.citizen.booked.manage import show
from booking_web.current import desk, gettext


@blueprint.get("/booking/<reference>/cancel")
def cancel(reference: str) -> Response | str:
    view, _ = rights.booking(reference)
    return _show(view)


@blueprint.post("/booking/<reference>/cancel")
def do_cancel(reference: str) -> Response | str:
    """Cancel. Who came by a mailed link types the last three digits of the phone as well: mail
    scanners follow links and press buttons."""
    view, _ = rights.booking(reference)
    if errors := rights.digits_wrong(view):
        return _show(view, errors=errors)
    try:
        cancelling.cancel(desk(), booking_id=view.id)
    except WrongState:
        flash(gettext("Το ραντεβού δεν μπορεί να ακυρωθεί όπως είναι τώρα. Δεν άλλαξε τίποτα."))
    return redirect(url_for("citizen.manage", reference=reference), 303)


@blueprint.post("/booking/<reference>/undo")
def undo(reference: str) -> Response:
    """Take the cancellation back; by a mailed link, with the digits of the phone as well."""
    view, _ = rights.booking(reference)
    if errors := rights.digits_wrong(view):
        g.here = url_for("citizen.manage", reference=reference)
        return make_response(show(view, errors=errors), 422)
    try:
        cancelling.undo(desk(), booking_id=view.id)
        flash(gettext("Η ακύρωση αναιρέθηκε. Το ραντεβού σας ισχύει."))
    except TooManyBookings:
        flash(
            gettext(
                "Έχετε πια όσα ραντεβού μπορεί να έχει κανείς μπροστά του. Για να πάρετε πίσω αυτή "
                "την ακύρωση, ακυρώστε πρώτα κάποιο άλλο."
            )
        )
    except (WrongState, SlotTaken):
        flash(gettext("Η ακύρωση δεν μπορεί πια να αναιρεθεί. Μπορείτε να κλείσετε νέο ραντεβού."))
    return redirect(url_for("citizen.manage", reference=reference), 303)


def _show(view: BookingView, *, errors: dict[str, str] | None = None) -> Response | str:
    shown = appointment(view)
    if not shown.can_cancel:
        return redirect(url_for("citizen.manage", reference=view.reference), 303)
    minutes = int(desk().settings.undo.total_seconds() // 60)
    page = render_template(
        "citizen/cancel.html",
        appointment=shown,
        undo_minutes=minutes,
        errors=errors or {},
        back=url_for("citizen.manage", reference=view.reference),
    )
    return make_response(page, 422) if errors else page
