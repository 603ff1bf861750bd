"""The page with the next free times of a service, for somebody on the telephone or at the desk."""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.wrappers import Response

from booking.model import BookingView
from booking.words import dates
from booking_web import sign_in
from booking_web.current import gettext, language
from booking_web.staff.offered import Chosen
from booking_web.staff.times import times
from connectors.contract import Period


def show_taken(
    chosen: Chosen,
    entry_id: str,
    *,
    alternatives: tuple[Period, ...],
) -> Response:
    target = "plisiesteres" if alternatives else "ora"
    return show(
        chosen,
        entry_id=entry_id,
        errors={
            target: gettext("Η ώρα δεν είναι πια ελεύθερη. Επιλέξτε άλλη· ό,τι γράψατε έμεινε.")
        },
        alternatives=alternatives,
        status=409,
    )


def show(
    chosen: Chosen,
    *,
    entry_id: str | None,
    errors: dict[str, str] | None = None,
    alternatives: tuple[Period, ...] = (),
    status: int = 200,
) -> Response:
    return show_page(
        chosen,
        status,
        moving=None,
        alternatives=alternatives,
        action=chosen.url,
        hidden={"entry": entry_id} if entry_id else {},
        button=gettext("Συνέχεια στα στοιχεία"),
        first=gettext("Πρώτη ελεύθερη"),
        hurry=True,
        channels=[],
        notice="",
        errors=errors or {},
        back=f"/staff/book?dimos={chosen.municipality.slug}"
        + (f"&entry={entry_id}" if entry_id else ""),
        back_words=gettext("Αλλαγή υπηρεσίας"),
    )


def show_page(
    chosen: Chosen,
    status: int,
    *,
    moving: BookingView | None,
    alternatives: tuple[Period, ...],
    **values: object,
) -> Response:
    """``moving``: the booking that another time is looked for."""
    page = render_template(
        "staff/times.html",
        account=sign_in.signed_in(),
        title=chosen.title,
        caption=f"{chosen.municipality.name.in_language(language())} – {chosen.channel_label}",
        duration=dates.duration(chosen.service.duration_minutes, language=language()),
        times=times(chosen, moving=moving, alternatives=alternatives),
        **values,
    )
    return make_response(page, status)
