"""«Δεν μπορείτε να κλείσετε άλλο ραντεβού τώρα»: a limit of fair access is reached, and what helps.

Which appointments there are is never shown here: whoever types a tax number or a mail address need
not be the one whom it belongs to.
"""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.wrappers import Response

from booking import fairness
from booking.model import BookingRequest, NotOffered, TooMany, TooManyBookings
from booking_web.citizen.chosen import Chosen
from booking_web.current import desk, gettext


def refusal(chosen: Chosen, request: BookingRequest) -> Response | None:
    """The page instead of the button, where pressing it would be in vain."""
    try:
        refused = fairness.refusal(desk(), request=request)
    except NotOffered:
        return None
    return show(chosen, refused) if refused is not None else None


def show(chosen: Chosen, refused: TooManyBookings) -> Response:
    of_network = refused.kind is TooMany.OF_NETWORK
    page = render_template(
        "citizen/too_many.html",
        reason=_reason(refused),
        of_network=of_network,
        contact=chosen.municipality.contact,
        back=chosen.url("details"),
    )
    return make_response(page, 429 if of_network else 409)


def _reason(refused: TooManyBookings) -> str:
    words = {
        TooMany.OF_PERSON: gettext(
            "Για να βρίσκουν όλοι ώρα, ο Δήμος ορίζει πόσα ραντεβού μπορεί να έχει κανείς μπροστά "
            "του: έως %(most)s. Με τα στοιχεία που δώσατε υπάρχουν ήδη τόσα."
        ),
        TooMany.OF_SERVICE: gettext(
            "Για να βρίσκουν όλοι ώρα, ο Δήμος ορίζει πόσα ραντεβού μπορεί να έχει κανείς μπροστά "
            "του για αυτή την υπηρεσία: έως %(most)s. Με τα στοιχεία που δώσατε υπάρχουν ήδη τόσα."
        ),
        TooMany.OF_NETWORK: gettext(
            "Από τη σύνδεση που χρησιμοποιείτε κλείστηκαν σήμερα όσα ραντεβού επιτρέπονται σε μία "
            "ημέρα (%(most)s). Αυτό συμβαίνει όταν πολλοί μοιράζονται το ίδιο δίκτυο, όπως σε έναν "
            "χώρο εργασίας."
        ),
    }
    return words[refused.kind] % {"most": refused.most}
