"""Who may see and change a booking: whoever booked it in this session, opened its mailed link, or
typed what only the citizen knows.

The session cookie is signed and holds only the id of the draft and the references of bookings.
"""

from __future__ import annotations

import enum

from flask import abort, g, request, session

from booking import knowing, managing
from booking.model import BookingView, NotOffered, TooManyTries
from booking_web.citizen.chosen import municipality_of
from booking_web.current import desk, gettext
from booking_web.register import identity

_BOOKINGS = "bookings"
#: Field of the forms that ask for the digits of the phone.
DIGITS = "psifia"
#: More than anybody books in one sitting; keeps the cookie small.
_MOST = 10


class Access(enum.StrEnum):
    """How this session came to a booking."""

    BOOKED = "booked"  #: it was booked here: a person sits there
    KNOWN = "known"  #: somebody typed what only the citizen knows: a person sits there
    OPENED = "opened"  #: by a mailed link, which mail scanners follow too


def grant(reference: str, access: Access) -> None:
    """Let this session see ``reference`` from now on; who was a person before remains one."""
    known: dict[str, str] = dict(session.get(_BOOKINGS, {}))
    before = known.pop(reference, None)
    granted = next(each for each in Access if each in {before, access})
    known[reference] = granted.value
    session[_BOOKINGS] = dict(list(known.items())[-_MOST:])


def revoke(reference: str) -> None:
    """This session has nothing to do with ``reference`` any more."""
    known: dict[str, str] = dict(session.get(_BOOKINGS, {}))
    known.pop(reference, None)
    session[_BOOKINGS] = known


def access_to(reference: str) -> Access | None:
    known = session.get(_BOOKINGS, {}).get(reference)
    return Access(known) if known in set(Access) else None


def booking(reference: str) -> tuple[BookingView, Access]:
    """The booking, if this session may see it; else 403, whether or not it exists."""
    access = _of_whoever_signed_in(reference) or access_to(reference)
    if access is None:
        abort(403)
    view = managing.by_reference(desk(), reference=reference)
    if view.erased_at is not None:
        raise NotOffered("nobody knows any more whose booking this was")
    g.municipality = municipality_of(view)
    return view, access


def _of_whoever_signed_in(reference: str) -> Access | None:
    """Who signed in and booked it may see it anywhere, and is asked nothing."""
    person, access = identity.current(), access_to(reference)
    if person is None or access in {Access.BOOKED, Access.KNOWN}:
        return access
    try:
        view = managing.by_reference(desk(), reference=reference)
    except NotOffered:
        return None
    if not knowing.made_by(view, afm=person.afm):
        return None
    grant(view.reference, Access.KNOWN)
    return Access.KNOWN


def asks_digits(reference: str) -> bool:
    """Whether a change needs the last three digits of the phone: mail scanners follow links and
    press buttons."""
    return access_to(reference) not in {Access.BOOKED, Access.KNOWN}


def digits_wrong(view: BookingView) -> dict[str, str]:
    """Errors of a form that has the field for the digits (``digits_field`` of parts.html), by
    field; empty where the change may be made. Whoever typed them right is asked no more."""
    if not asks_digits(view.reference):
        return {}
    try:
        right = knowing.digits_right(desk(), booking=view, typed=request.form.get(DIGITS, ""))
    except TooManyTries:
        return {
            DIGITS: gettext(
                "Έγιναν πολλές προσπάθειες. Δοκιμάστε ξανά σε μία ώρα, ή βρείτε το ραντεβού με"
                " τον κωδικό και το email σας."
            )
        }
    if right:
        grant(view.reference, Access.KNOWN)
        return {}
    return {DIGITS: gettext("Γράψτε τα 3 τελευταία ψηφία του τηλεφώνου που δώσατε στην κράτηση")}


def something_to_leave() -> bool:
    """Whether this session holds anything that the next person at this machine should not see."""
    held = session.get(_BOOKINGS) or session.get("draft")
    return bool(held) or identity.is_named()
