"""What the office does to an appointment for its citizen: cancel, take back, move, mend a name."""

from __future__ import annotations

import logging

from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from booking import cancelling, rescheduling
from booking.model import (
    BookingState,
    BookingView,
    FieldErrors,
    NotOffered,
    SlotTaken,
    TooManyBookings,
    WrongState,
)
from booking.office import correcting, staff_view
from booking.placement.releasing import kept_for
from booking.words import dates
from booking_web import sign_in
from booking_web.current import desk, gettext, language, now
from booking_web.staff import desk_form, offered, time_pages
from booking_web.staff.offered import Chosen
from booking_web.staff.shown import CHANNELS
from connectors.contract import Period
from mapping import flow
from mapping.model import Channel

_log = logging.getLogger("rantevou.audit")
_BOOKING = "/bookings/<reference>"
_STANDING = {BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFLICT}
_LET_DOWN = {BookingState.CONFLICT, BookingState.RELEASED}
_MOVABLE = {BookingState.CONFIRMED, BookingState.CONFLICT, BookingState.RELEASED}


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule(f"{_BOOKING}/cancel", "cancel", cancel)
    blueprint.add_url_rule(f"{_BOOKING}/cancel", "do_cancel", do_cancel, methods=["POST"])
    blueprint.add_url_rule(f"{_BOOKING}/undo", "undo", undo, methods=["POST"])
    blueprint.add_url_rule(f"{_BOOKING}/move", "move", move)
    blueprint.add_url_rule(f"{_BOOKING}/move", "do_move", do_move, methods=["POST"])
    blueprint.add_url_rule(f"{_BOOKING}/details", "correct", correct)
    blueprint.add_url_rule(f"{_BOOKING}/details", "do_correct", do_correct, methods=["POST"])


def actions(view: BookingView) -> list[tuple[str, str]]:
    """(address, words) of what one can do about the booking now."""
    base = f"/staff/bookings/{view.reference}"
    found = []
    if view.erased_at is None and view.state in _STANDING:
        found.append((f"{base}/slip", gettext("Εκτύπωση του σημειώματος")))
    if can_move(view):
        found.append((f"{base}/move", gettext("Αλλαγή ώρας ή τρόπου")))
        found.append((f"{base}/details", gettext("Διόρθωση ονόματος, τηλεφώνου ή email")))
    if can_cancel(view):
        found.append((f"{base}/cancel", gettext("Ακύρωση του ραντεβού")))
    return found


def can_move(view: BookingView) -> bool:
    """What ``booking.rescheduling`` accepts, so that nobody chooses a time in vain."""
    if view.state is BookingState.RELEASED:
        return view.erased_at is None
    settled = view.state in _MOVABLE and view.pending_period is None
    return settled and view.period.start > now()


def can_cancel(view: BookingView) -> bool:
    return view.state in _STANDING and view.period.start > now()


def can_undo(view: BookingView) -> bool:
    return view.state is BookingState.CANCELLING and bool(
        view.undo_until and view.undo_until > now()
    )


def _view(reference: str) -> BookingView:
    return staff_view.booking_for_staff(desk(), reference=reference, account=sign_in.signed_in())


def _back(view: BookingView, told: str) -> Response:
    flash(told)
    return redirect(f"/staff/bookings/{view.reference}", 303)


def _not_now(view: BookingView) -> Response:
    return _back(
        view, gettext("Το ραντεβού δεν μπορεί να αλλάξει όπως είναι τώρα. Δεν άλλαξε τίποτα.")
    )


def _told(view: BookingView, with_mail: str) -> str:
    """What was done, and how its citizen hears of it."""
    if view.citizen.email:
        return f"{with_mail} {gettext('Ο πολίτης ενημερώνεται με email.')}"
    return f"{with_mail} {gettext('Ο πολίτης δεν έχει email: πείτε του το.')}"


def _audit(view: BookingView, what: str) -> None:
    _log.info("%s %s by %s", view.reference, what, sign_in.signed_in().user)


def cancel(reference: str) -> Response:
    """Shows what is cancelled; the button does it."""
    view = _view(reference)
    page = render_template(
        "staff/cancel.html",
        account=sign_in.signed_in(),
        reference=view.reference,
        can_cancel=can_cancel(view),
        rows=[(gettext("Πότε"), _when(view)), (gettext("Όνομα και επώνυμο"), view.citizen.name)],
        has_mail=bool(view.citizen.email),
        minutes=int(desk().settings.undo.total_seconds() // 60),
    )
    return make_response(page)


def do_cancel(reference: str) -> Response:
    view = _view(reference)
    try:
        cancelling.cancel(desk(), booking_id=view.id)
    except WrongState:
        return _not_now(view)
    _audit(view, "cancelled")
    return _back(view, _told(view, gettext("Το ραντεβού ακυρώθηκε.")))


def undo(reference: str) -> Response:
    """Take the cancellation back."""
    view = _view(reference)
    try:
        cancelling.undo(desk(), booking_id=view.id)
    except (WrongState, SlotTaken, TooManyBookings):
        return _back(view, gettext("Η ακύρωση δεν μπορεί πια να αναιρεθεί. Κλείστε νέο ραντεβού."))
    _audit(view, "cancellation taken back")
    return _back(view, _told(view, gettext("Η ακύρωση αναιρέθηκε. Το ραντεβού ισχύει.")))


def move(reference: str) -> Response:
    """The free times; those of another channel with ``?kanali=``."""
    view = _view(reference)
    return _times(view, _as_asked(view)) if can_move(view) else _not_now(view)


def do_move(reference: str) -> Response:
    """Another time, another channel, or both; minimum notice does not bind the office."""
    view = _view(reference)
    if not can_move(view):
        return _not_now(view)
    chosen = _as_asked(view)
    start = offered.start_of(request.form)
    if start is None:
        return _times(view, chosen, errors={"ora": gettext("Επιλέξτε μία ώρα")}, status=422)
    by = chosen.channel.channel
    if by is Channel.TELECONFERENCE and not view.citizen.email:
        return _times(view, chosen, errors={"ora": _needs_mail()}, status=422)
    try:
        after = rescheduling.reschedule(
            desk(),
            booking_id=view.id,
            starts_at=start,
            citizen=None,
            answers=None,
            channel=by,
            at_desk=True,
        )
    except SlotTaken as taken:
        errors = {
            "plisiesteres" if taken.alternatives else "ora": gettext(
                "Η ώρα δεν είναι πια ελεύθερη. Επιλέξτε άλλη."
            )
        }
        return _times(view, chosen, errors=errors, alternatives=taken.alternatives, status=409)
    except WrongState:
        return _not_now(view)
    _audit(view, "moved")
    settled = after.state is BookingState.CONFIRMED and after.pending_period is None
    done = gettext("Το ραντεβού άλλαξε.") if settled else gettext("Η αλλαγή επιβεβαιώνεται.")
    return _back(view, _told(view, done))


def _needs_mail() -> str:
    return gettext("Για τηλεδιάσκεψη χρειάζεται email. Γράψτε το πρώτα στη «Διόρθωση».")


def correct(reference: str) -> Response:
    view = _view(reference)
    contact = {
        "name": view.citizen.name,
        "phone": view.citizen.phone,
        "email": view.citizen.email,
    }
    return _details(view, contact, {}) if can_move(view) else _not_now(view)


def do_correct(reference: str) -> Response:
    view = _view(reference)
    typed = {key: request.form.get(name, "") for key, name in desk_form.CONTACT_IDS.items()}
    try:
        correcting.correct(desk(), reference=reference, account=sign_in.signed_in(), **typed)
    except FieldErrors as refused:
        chosen = offered.chosen_of(view)
        errors = desk_form.messages(chosen, refused.errors, {})  # type: ignore[arg-type]
        shown = {key: desk_form.harmless(text) for key, text in typed.items()}
        return _details(view, shown, errors, status=422)
    except WrongState:
        return _not_now(view)
    _audit(view, "details corrected")
    return _back(view, gettext("Τα στοιχεία διορθώθηκαν."))


def _when(view: BookingView) -> str:
    zone = offered.zone_of(view)
    return dates.day_and_range(view.period, zone=zone, language=language())


def _as_asked(view: BookingView) -> Chosen:
    wanted = request.values.get("kanali")
    try:
        return offered.chosen_of(view, channel=Channel(wanted) if wanted else None)
    except ValueError:
        raise NotOffered("there is no such channel") from None


def _times(
    view: BookingView,
    chosen: Chosen,
    *,
    errors: dict[str, str] | None = None,
    alternatives: tuple[Period, ...] = (),
    status: int = 200,
) -> Response:
    base = f"/staff/bookings/{view.reference}"
    by = chosen.channel.channel
    g.here = f"{base}/move"
    if by is view.channel and view.state in _LET_DOWN and not errors:
        # Nobody else gets these, so they are offered first.
        alternatives = tuple(each.period for each in kept_for(desk(), booking_id=view.id))
    others = [each.channel for each in flow.channels(chosen.service) if each.channel is not by]
    return time_pages.show_page(
        chosen,
        status,
        moving=view,
        alternatives=alternatives,
        action=f"{base}/move",
        hidden={"kanali": by.value} if by is not view.channel else {},
        button=gettext("Μεταφορά σε αυτή την ώρα"),
        first=gettext("Μεταφορά στην πρώτη ελεύθερη"),
        hurry=False,
        channels=[
            (
                f"{base}/move?kanali={each.value}",
                gettext("Ώρες με τρόπο: %(channel)s") % {"channel": gettext(CHANNELS[each])},
            )
            for each in others
        ],
        notice=gettext("Το ραντεβού %(reference)s είναι τώρα: %(when)s, %(channel)s")
        % {
            "reference": view.reference,
            "when": _when(view),
            "channel": gettext(CHANNELS[view.channel]),
        },
        errors=errors or {},
        back=base,
        back_words=gettext("Ραντεβού") + f" {view.reference}",
    )


def _details(
    view: BookingView, contact: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response:
    page = render_template(
        "staff/correct.html",
        account=sign_in.signed_in(),
        reference=view.reference,
        fields=desk_form.contact_fields(contact, errors, by=view.channel),
        errors=errors,
    )
    return make_response(page, status)
