"""Taking one of the times that are kept for who was let down, or waits: one POST."""

from __future__ import annotations

from flask import flash, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from booking import rescheduling
from booking.model import BookingState, SlotTaken, WrongState
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import appointment
from booking_web.citizen.booked.kept import may_take
from booking_web.citizen.booked.manage import show
from booking_web.citizen.booked.reschedule import taken
from booking_web.citizen.chosen import chosen_of
from booking_web.citizen.hours.picker import start_chosen
from booking_web.current import desk, gettext


@blueprint.post("/booking/<reference>/accept")
def accept(reference: str) -> Response | str:
    """The citizen takes one of these times, with the details that they gave; by a mailed link,
    with the digits of the phone as well."""
    view, _ = rights.booking(reference)
    start = start_chosen(request.form.get("ora"))
    back = redirect(url_for("citizen.manage", reference=reference), 303)
    if start is None or not may_take(view, start) or not appointment(view).can_reschedule:
        flash(gettext("Το ραντεβού δεν μπορεί να αλλάξει όπως είναι τώρα. Δεν άλλαξε τίποτα."))
        return back
    if errors := rights.digits_wrong(view):
        g.here = url_for("citizen.manage", reference=reference)
        return make_response(show(view, errors=errors), 422)
    try:
        after = rescheduling.reschedule(
            desk(), booking_id=view.id, starts_at=start, citizen=None, answers=None
        )
    except SlotTaken as refused:
        return taken(view, chosen_of(view), start, refused.alternatives)
    except WrongState:
        flash(gettext("Το ραντεβού δεν μπορεί να αλλάξει όπως είναι τώρα. Δεν άλλαξε τίποτα."))
        return back
    # Until the calendar has answered, the page itself says how it stands.
    if after.state is BookingState.CONFIRMED and after.pending_period is None:
        flash(
            gettext("Η νέα ώρα κλείστηκε. Στείλαμε επιβεβαίωση με email.")
            if after.citizen.email
            else gettext("Η νέα ώρα κλείστηκε.")
        )
    return back
