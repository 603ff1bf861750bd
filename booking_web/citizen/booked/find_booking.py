"""«Βρείτε το ραντεβού σας»: a booking opened by its reference and something the citizen knows, by
signing in as whoever booked it, or by its link, mailed once more.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import (
    flash,
    g,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from booking import applicants, knowing, resending
from booking.model import NotOffered, TooManyTries
from booking.references import readings
from booking_web import visitors
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import appointment
from booking_web.citizen.form import fields
from booking_web.citizen.questions.info import links_panel
from booking_web.citizen.rights import Access
from booking_web.current import desk, gettext, language
from booking_web.register import identity
from mapping.answers import FieldError, check_email
from mapping.model import SignIn

_REFERENCE = "kodikos"
_KNOWN = "stoixeio"
_ADDRESS = "email"


@dataclass(frozen=True, slots=True)
class Own:
    """A line of the list that whoever signed in sees; ``standing``: it is still to take place."""

    url: str
    when: str
    title: str
    standing: bool


@blueprint.get("/booking/find")
def find() -> Response:
    """The form; ``?kodikos=`` fills the reference in."""
    return _show({}, reference=request.args.get(_REFERENCE, ""))


@blueprint.post("/booking/find")
def do_find() -> Response:
    """Open the booking for this session. Wrong and unknown are answered alike."""
    reference, known = request.form.get(_REFERENCE, ""), request.form.get(_KNOWN, "")
    if errors := _unfit(reference, known):
        return _show(errors, reference=reference, known=known, status=422)
    try:
        view = knowing.find(desk(), reference=reference, known=known, network=visitors.network())
    except NotOffered:
        errors = {
            _REFERENCE: gettext(
                "Δεν βρήκαμε ραντεβού με αυτά τα στοιχεία. Ελέγξτε τον κωδικό, και το email ή το"
                " τηλέφωνο."
            )
        }
        return _show(errors, reference=reference, known=known, status=422)
    except TooManyTries:
        errors = {
            _REFERENCE: gettext(
                "Έγιναν πολλές προσπάθειες. Δοκιμάστε ξανά σε μία ώρα, ή ανοίξτε τον σύνδεσμο στο"
                " email της επιβεβαίωσης."
            )
        }
        return _show(errors, reference=reference, known=known, status=429)
    rights.grant(view.reference, Access.KNOWN)
    return redirect(url_for("citizen.manage", reference=view.reference), 303)


@blueprint.post("/booking/find/links")
def send_links() -> Response:
    """Mail the links of all appointments that were booked with an address; the page says nothing
    of whether there are any."""
    typed = request.form.get(_ADDRESS, "")
    g.here = url_for("citizen.find")
    judged = check_email(typed)
    if isinstance(judged, FieldError):
        return _show({_ADDRESS: judged.message.in_language(language())}, email=typed, status=422)
    try:
        resending.send_again(desk(), email=judged, network=visitors.network())
    except TooManyTries:
        error = gettext("Ζητήσατε πολλές φορές τους συνδέσμους. Δοκιμάστε ξανά αύριο.")
        return _show({_ADDRESS: error}, email=typed, status=429)
    told = gettext(
        "Αν υπάρχουν ραντεβού με αυτή τη διεύθυνση, στείλαμε τους συνδέσμους τους. Αν δεν δείτε το"
        " email σε λίγα λεπτά, ελέγξτε και τα ανεπιθύμητα."
    )
    flash(told)
    return redirect(url_for("citizen.find"), 303)


def _unfit(reference: str, known: str) -> dict[str, str]:
    """What can be said without looking, and so tells nothing."""
    errors = {}
    if not reference.strip():
        errors[_REFERENCE] = gettext("Γράψτε τον κωδικό κράτησης")
    elif not readings(reference):
        errors[_REFERENCE] = gettext(
            "Ο κωδικός κράτησης έχει 6 γράμματα και αριθμούς, όπως K7M-4QX"
        )
    if not known.strip():
        errors[_KNOWN] = gettext("Γράψτε το email ή το τηλέφωνο που δώσατε στην κράτηση")
    return errors


def _own() -> list[Own]:
    person = identity.current()
    if person is None:
        return []
    shown = [appointment(each) for each in knowing.of_applicant(desk(), afm=person.afm)]
    return [
        Own(
            url=url_for("citizen.manage", reference=each.reference),
            when=f"{each.day}, {each.start}",
            title=each.title,
            standing=each.standing,
        )
        for each in shown
    ]


def _show(
    errors: dict[str, str],
    *,
    reference: str = "",
    known: str = "",
    email: str = "",
    status: int = 200,
) -> Response:
    if applicants.can_sign_in(desk().settings):
        g.sign_in = SignIn.OFFERED
    page = render_template(
        "citizen/find_booking.html",
        own=_own(),
        reference=fields.shown(reference[:40]),
        known=fields.shown(known[:254]),
        email=fields.shown(email[:254]),
        done=get_flashed_messages(),
        errors=errors,
        links=links_panel(None),
        back=url_for("citizen.municipality"),
    )
    return make_response(page, status)
