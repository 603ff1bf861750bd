"""«Νωρίτερη ώρα»: the waiting list of who has an appointment already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import waiting
from booking.model import BookingView, EarlierIsFree, WrongState
from booking.words import dates
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import appointment, written
from booking_web.citizen.booked.kept import earlier
from booking_web.citizen.booked.manage import show as show_manage
from booking_web.citizen.chosen import municipality_of
from booking_web.current import desk, gettext, language, now
from connectors.contract import Period

_BASE = "/booking/<reference>/earlier"
#: As many days as one can choose from.
_DAYS = 60


@blueprint.get(_BASE, endpoint="earlier")
def ask(reference: str) -> Response | str:
    view, _ = rights.booking(reference)
    return _page(view)


@blueprint.post(_BASE)
def wait_for_earlier(reference: str) -> Response | str:
    """Wait, or wait for something else; by a mailed link, with the digits of the phone as well."""
    view, _ = rights.booking(reference)
    asked = request.form.get("apo", "")
    earliest = next((day for day in _days(view) if day.isoformat() == asked), None)
    if asked and earliest is None:
        return _page(view, errors={"apo": gettext("Επιλέξτε μία από τις ημέρες")})
    if errors := rights.digits_wrong(view):
        return _page(view, errors=errors)
    try:
        waiting.join(desk(), booking_id=view.id, earliest=earliest)
    except EarlierIsFree as free:
        return _page(view, free=free.slots)
    except WrongState:
        flash(gettext("Το ραντεβού δεν μπορεί να αλλάξει όπως είναι τώρα. Δεν άλλαξε τίποτα."))
    else:
        flash(gettext("Θα σας γράψουμε μόλις ελευθερωθεί νωρίτερη ώρα."))
    return _back(view)


@blueprint.post(f"{_BASE}/leave")
def wait_no_longer(reference: str) -> Response | str:
    view, _ = rights.booking(reference)
    if errors := rights.digits_wrong(view):
        return _page(view, errors=errors)
    waiting.leave(desk(), booking_id=view.id)
    flash(gettext("Δεν περιμένετε πια νωρίτερη ώρα. Το ραντεβού σας μένει όπως είναι."))
    return _back(view)


@blueprint.post(f"{_BASE}/decline")
def decline_earlier(reference: str) -> Response | str:
    """Not this time: the next in line is asked."""
    view, _ = rights.booking(reference)
    if errors := rights.digits_wrong(view):
        g.here = url_for("citizen.manage", reference=view.reference)
        return make_response(show_manage(view, errors=errors), 422)
    waiting.decline(desk(), booking_id=view.id)
    flash(gettext("Το ραντεβού σας μένει όπως είναι. Θα σας γράψουμε για την επόμενη."))
    return _back(view)


def _back(view: BookingView) -> Response:
    return redirect(url_for("citizen.manage", reference=view.reference), 303)


def _page(
    view: BookingView, *, errors: dict[str, str] | None = None, free: tuple[Period, ...] = ()
) -> Response:
    state = earlier(view)
    if not state.can_wait:
        return _back(view)
    g.here = url_for("citizen.earlier", reference=view.reference)
    zone = ZoneInfo(municipality_of(view).time_zone)
    wait = waiting.waits(desk(), booking_id=view.id)
    chosen = wait.earliest.astimezone(zone).date() if wait and wait.earliest else None
    page = render_template(
        "citizen/earlier.html",
        appointment=appointment(view),
        waits=wait is not None,
        before=wait.before if wait else 0,
        days=[(day.isoformat(), dates.day(day, language=language())) for day in _days(view)],
        chosen=chosen.isoformat() if chosen else request.form.get("apo", ""),
        free=[written(period, zone) for period in free],
        errors=errors or {},
        back=url_for("citizen.manage", reference=view.reference),
    )
    return make_response(page, 422 if errors else 409 if free else 200)


def _days(view: BookingView) -> Iterator[date]:
    """From tomorrow until the day of the appointment; before that, any day suits."""
    zone = ZoneInfo(municipality_of(view).time_zone)
    day, last = now().astimezone(zone).date(), view.period.start.astimezone(zone).date()
    for _ in range(_DAYS):
        day += timedelta(days=1)
        if day > last:
            return
        yield day
