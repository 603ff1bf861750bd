"""Pages for what goes wrong: what happened, that nothing was lost or done, and what to do next."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask, Response, current_app, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from booking.model import NotOffered
from booking.references import normalised
from booking.store import StoreUnavailable
from booking_web.current import gettext
from booking_web.failures import place_of

RETRY_AFTER = "5"  #: seconds; a database that restarts needs about as long
_log = logging.getLogger("rantevou.web")


def _(message: str) -> str:
    """Marks a text for extraction; it is translated when a page shows it."""
    return message


@dataclass(frozen=True, slots=True)
class Explanation:
    """Heading of an error page and its paragraphs, in Greek."""

    title: str
    paragraphs: tuple[str, ...]


_NOTHING_CHANGED = _("Δεν άλλαξε τίποτα.")
_EXPLANATIONS = {
    400: Explanation(
        _("Δεν καταλάβαμε το αίτημα"),
        (_("Επιστρέψτε στην προηγούμενη σελίδα και δοκιμάστε ξανά."), _NOTHING_CHANGED),
    ),
    403: Explanation(
        _("Δεν έχετε πρόσβαση σε αυτή τη σελίδα"),
        (
            _("Αν συνδεθήκατε, ο λογαριασμός σας δεν αρκεί για αυτή τη σελίδα."),
            _NOTHING_CHANGED,
        ),
    ),
    404: Explanation(
        _("Η σελίδα δεν βρέθηκε"),
        (
            _("Αν πληκτρολογήσατε τη διεύθυνση, ελέγξτε ότι είναι σωστή."),
            _("Αν ακολουθήσατε σύνδεσμο, η υπηρεσία ή το ραντεβού ίσως δεν υπάρχει πια."),
        ),
    ),
    405: Explanation(
        _("Η ενέργεια δεν επιτρέπεται εδώ"),
        (_("Επιστρέψτε στην προηγούμενη σελίδα και δοκιμάστε ξανά."), _NOTHING_CHANGED),
    ),
    413: Explanation(
        _("Στείλατε πολύ μεγάλο κείμενο"),
        (_("Γράψτε λιγότερα και δοκιμάστε ξανά."), _NOTHING_CHANGED),
    ),
    429: Explanation(
        _("Πάρα πολλές προσπάθειες"),
        (_("Περιμένετε λίγα λεπτά και δοκιμάστε ξανά."), _NOTHING_CHANGED),
    ),
    500: Explanation(
        _("Υπάρχει πρόβλημα στην υπηρεσία"),
        (
            _("Δοκιμάστε ξανά σε λίγα λεπτά."),
            _("Αν κλείνατε ραντεβού, ελέγξτε πρώτα το email σας: μπορεί να έχει ήδη κλειστεί."),
        ),
    ),
    503: Explanation(
        _("Η υπηρεσία δεν είναι διαθέσιμη αυτή τη στιγμή"),
        (
            _("Δοκιμάστε ξανά σε λίγα λεπτά."),
            _("Αν κλείνατε ραντεβού, ελέγξτε πρώτα το email σας: μπορεί να έχει ήδη κλειστεί."),
        ),
    ),
}
_OF_BOOKING = re.compile(r"/booking/([^/]+)")
_STALE_FORM = Explanation(
    _("Η σελίδα έμεινε ανοιχτή πολλή ώρα"),
    (
        _("Για την ασφάλειά σας η φόρμα έληξε και δεν στάλθηκε."),
        _("Ανοίξτε την ξανά και δοκιμάστε άλλη μία φορά. Όσα είχατε στείλει πριν ισχύουν."),
        _NOTHING_CHANGED,
    ),
)
#: For whoever kept the address of a page of a booking.
_CLOSED_BOOKING = Explanation(
    _("Ανοίξτε ξανά το ραντεβού σας"),
    (
        _(
            "Για την ασφάλειά σας, το ραντεβού ανοίγει μόνο εκεί όπου το κλείσατε και όσο μένετε"
            " στη σελίδα, από τον σύνδεσμο στο email της επιβεβαίωσης, ή με τον κωδικό του."
        ),
        _NOTHING_CHANGED,
    ),
)


def configure(app: Flask) -> None:
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(NotOffered, _not_offered)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)


def stale_form(_error: CSRFError) -> Response:
    """A form whose key is too old, or not ours; the way on is the page that the form stood on."""
    return _answer(400, _STALE_FORM, again=_readable())


def _readable() -> str:
    """This address, where it can be read as well as sent to; else ""."""
    try:
        current_app.url_map.bind("localhost").match(request.path, method="GET")
    except HTTPException:
        return ""
    return quote(request.path)


def _not_offered(_error: NotOffered) -> Response:
    return _answer(404, _EXPLANATIONS[404])


def _unavailable(error: StoreUnavailable) -> Response:
    _log.error("%s at %s: %s", request.endpoint, place_of(error), error)
    answer = _answer(503, _EXPLANATIONS[503])
    answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect that travels as an exception
        return make_response(error.get_response())
    explanation = _EXPLANATIONS.get(status, _EXPLANATIONS[400 if status < 500 else 500])
    if status == 403 and _find_url():
        explanation = _CLOSED_BOOKING
    answer = _answer(status, explanation)
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        answer.headers["Allow"] = ", ".join(allowed)
    return answer


def _failed(error: Exception) -> Response:
    # The text of an error may quote what somebody typed; its kind and place may not.
    _log.error("%s in %s at %s", type(error).__name__, request.endpoint, place_of(error))
    return _answer(500, _EXPLANATIONS[500])


def _answer(status: int, explanation: Explanation, *, again: str = "") -> Response:
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": explanation.title, "status": status}
        return Response(
            json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json"
        )
    page = render_template(
        "error.html",
        title=gettext(explanation.title),
        paragraphs=[gettext(text) for text in explanation.paragraphs],
        find_url=_find_url(),
        again=again,
    )
    return make_response(page, status)


def _find_url() -> str:
    """From an address of a booking: where one opens it again, with its reference filled in."""
    found = _OF_BOOKING.match(request.path)
    if found is None or "citizen.find" not in current_app.view_functions:
        return ""
    return url_for("citizen.find", kodikos=normalised(found[1]))
