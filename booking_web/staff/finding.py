"""Looking a booking up by its reference: names and phones are encrypted and cannot be searched."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from booking.model import NotOffered
from booking.office import staff_view
from booking.references import readings
from booking_web import sign_in
from booking_web.current import desk, gettext

_LONGEST = 40


def find() -> Response:
    """``?kodikos=``: the reference as somebody reads it aloud; empty: only the field."""
    account = sign_in.signed_in()
    typed = request.args.get("kodikos", "")[:_LONGEST]
    errors = {}
    if typed.strip():
        for reference in readings(typed):
            try:
                view = staff_view.booking_for_staff(desk(), reference=reference, account=account)
            except NotOffered:
                continue
            return redirect(f"/staff/bookings/{view.reference}", 303)
        errors["kodikos"] = gettext(
            "Δεν βρέθηκε ραντεβού με αυτόν τον κωδικό. Ελέγξτε τα 6 γράμματα και ψηφία, ή "
            "βρείτε το στην ημέρα του."
        )
    page = render_template(
        "staff/find.html",
        account=account,
        typed=typed if typed.isprintable() else "",
        errors=errors,
    )
    return make_response(page, 404 if errors else 200)
