"""Who may see and change a booking: whoever booked it in this session, or opened its mailed link.

The session cookie is signed and holds only the id of the draft and the references of bookings.
"""

from __future__ import annotations

import enum

from flask import abort, g, session

from booking import managing
from booking.model import BookingView
from booking_web.citizen.chosen import municipality_of
from booking_web.current import desk

_BOOKINGS = "bookings"
#: More than anybody books in one sitting; keeps the cookie small.
_MOST = 10


class Access(enum.StrEnum):
    """How this session came to a booking."""

    BOOKED = "booked"  #: it was booked here: a person sits there
    OPENED = "opened"  #: by a mailed link, which mail scanners follow too


def grant(reference: str, access: Access) -> None:
    """Let this session see ``reference`` from now on; what was booked here stays booked here."""
    known: dict[str, str] = dict(session.get(_BOOKINGS, {}))
    if known.get(reference) == Access.BOOKED:
        access = Access.BOOKED
    known.pop(reference, None)
    known[reference] = access.value
    session[_BOOKINGS] = dict(list(known.items())[-_MOST:])


def access_to(reference: str) -> Access | None:
    known = session.get(_BOOKINGS, {}).get(reference)
    return Access(known) if known in set(Access) else None


def booking(reference: str) -> tuple[BookingView, Access]:
    """The booking, if this session may see it; else 403, whether or not it exists."""
    access = access_to(reference)
    if access is None:
        abort(403)
    view = managing.by_reference(desk(), reference=reference)
    g.municipality = municipality_of(view)
    return view, access


def something_to_leave() -> bool:
    """Whether this session holds anything that the next person at this machine should not see."""
    return bool(session.get(_BOOKINGS) or session.get("draft"))
