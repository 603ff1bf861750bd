"""What a caller or visitor tells, and the one POST that books for them.

The guard is that of everybody: nothing is sold twice, and pressed twice it is one booking.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from booking import holds, submitting
from booking.model import (
    BookingRequest,
    BookingState,
    BookingView,
    Citizen,
    ConsentStale,
    FieldErrors,
    HoldLapsed,
    KeyReused,
    SlotTaken,
    Submission,
    TooManyBookings,
)
from booking.office.accounts import Account
from booking.words import dates
from booking_web import sign_in
from booking_web.current import desk, gettext, language
from booking_web.staff import desk_form, offered
from booking_web.staff import entry as entries
from booking_web.staff.entry import Entry
from booking_web.staff.offered import Chosen
from booking_web.staff.time_pages import show_taken
from mapping.answers import CheckedDetails

_log = logging.getLogger("rantevou.audit")


def details(entry_id: str) -> Response:
    account = sign_in.signed_in()
    entry = entries.load(entry_id, account=account)
    if entry.reference:
        return _booked(entry.reference)
    chosen = _chosen(account, entry)
    if entry.start is None:
        return redirect(f"{chosen.url}?entry={entry_id}", 303)
    return _details(account, chosen, entry, entry_id)


def submit(entry_id: str) -> Response:
    account = sign_in.signed_in()
    entry = entries.load(entry_id, account=account)
    if entry.reference:
        return _booked(entry.reference)
    chosen = _chosen(account, entry)
    if entry.start is None:
        return redirect(f"{chosen.url}?entry={entry_id}", 303)
    entry = desk_form.typed(entry, chosen, request.form)
    entries.keep(entry, entry_id=entry_id)
    judged, errors = desk_form.checked(chosen, request.form)
    if errors:
        return _details(account, chosen, entry, entry_id, errors=errors, status=422)
    return _submit(account, chosen, entry, entry_id, judged)


def _submit(
    account: Account, chosen: Chosen, entry: Entry, entry_id: str, judged: CheckedDetails
) -> Response:
    errors: dict[str, str] = {}
    try:
        outcome = _submitted(account, chosen, entry, judged)
    except SlotTaken as taken:
        entries.keep(replace(entry, starts_at="", hold_id=""), entry_id=entry_id, new_key=True)
        return show_taken(chosen, entry_id, alternatives=taken.alternatives)
    except ConsentStale:
        errors["synainesi"] = desk_form.stale()
    except FieldErrors as refused:  # imported between our look and theirs
        errors["kratisi"] = gettext("Η φόρμα άλλαξε στο μεταξύ. Ελέγξτε την ξανά.")
        _log.info("fields refused at the desk: %s", ", ".join(sorted(refused.errors)))
    except TooManyBookings:
        errors["kratisi"] = gettext(
            "Ο πολίτης έχει ήδη όσα ραντεβού επιτρέπει ο Δήμος. Ακυρώστε ή μετακινήστε ένα από "
            "αυτά."
        )
    except KeyReused:  # pressed twice, with something changed in between
        errors["kratisi"] = gettext(
            "Το ραντεβού είχε ήδη κλειστεί με τα προηγούμενα στοιχεία. Βρείτε το στα ραντεβού της "
            "ημέρας."
        )
    else:
        booked = outcome.booking
        _log.info("%s booked by %s at the desk", booked.reference, account.user)
        # Nothing personal stays; whoever presses once more is led to the booking.
        done = Entry(entry.service_id, entry.channel, key=entry.key, reference=booked.reference)
        entries.keep(done, entry_id=entry_id)
        flash(_told(chosen, booked))
        return _booked(booked.reference)
    return _details(account, chosen, entry, entry_id, errors=errors, status=409)


def _submitted(
    account: Account, chosen: Chosen, entry: Entry, judged: CheckedDetails
) -> Submission:
    """Book with the hold; where it has lapsed, the time may still be free."""
    assert entry.start is not None
    wanted = BookingRequest(
        service_id=chosen.service_id,
        channel=chosen.channel.channel,
        starts_at=entry.start,
        citizen=Citizen(name=judged.name, email=judged.email, phone=judged.phone),
        answers=judged.answers,
        declarations=entry.declarations,
        consent_version=entry.consent_version,
        language=entry.language,
        hold_id=entry.hold_id or None,
        clerk=account.user,
    )
    try:
        return submitting.submit(desk(), request=wanted, idempotency_key=entry.key)
    except HoldLapsed:
        without = replace(wanted, hold_id=None)
        return submitting.submit(desk(), request=without, idempotency_key=entry.key)


def _told(chosen: Chosen, booked: BookingView) -> str:
    """What the clerk says to the citizen, or cannot say yet."""
    when = dates.day_and_clock(
        booked.period.start, zone=chosen.zone, language=language(), year=False
    )
    if booked.state is BookingState.PENDING:
        return gettext(
            "Η ώρα κρατήθηκε και επιβεβαιώνεται στο ημερολόγιο. Αν δεν γίνει, ο πολίτης "
            "ενημερώνεται: με email ή, αν δεν έχει, με ενέργεια του γραφείου να τον καλέσετε."
        )
    return gettext("Το ραντεβού κλείστηκε. Πείτε στον πολίτη: %(when)s, κωδικός %(reference)s") % {
        "when": when,
        "reference": booked.reference,
    }


def _chosen(account: Account, entry: Entry) -> Chosen:
    return offered.chosen(account, entry.service_id, entry.channel)


def _booked(reference: str) -> Response:
    return redirect(f"/staff/bookings/{reference}", 303)


def _details(
    account: Account,
    chosen: Chosen,
    entry: Entry,
    entry_id: str,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    assert entry.start is not None
    errors = errors or {}
    consent = desk_form.consent_of(chosen)
    when = dates.day_and_clock(entry.start, zone=chosen.zone, language=language())
    page = render_template(
        "staff/book_details.html",
        account=account,
        rows=[
            (gettext("Υπηρεσία"), chosen.title, ""),
            (gettext("Τρόπος"), chosen.channel_label, ""),
            (gettext("Πότε"), when, f"{chosen.url}?entry={entry_id}"),
        ],
        held_until=_held_until(chosen, entry),
        declarations=desk_form.declarations(chosen, entry, errors),
        fields=desk_form.fields(chosen, entry, errors),
        consent=consent.text.in_language(language()) if consent else "",
        consent_label=desk_form.consent_label(consent) if consent else "",
        consent_version=consent.version if consent else "",
        agreed=bool(consent and entry.consent_version == consent.version),
        languages=desk_form.LANGUAGES,
        chosen_language=entry.language,
        documents=[each.in_language(language()) for each in chosen.service.documents],
        errors=errors,
        back=f"{chosen.url}?entry={entry_id}",
    )
    return make_response(page, status)


def _held_until(chosen: Chosen, entry: Entry) -> str:
    """Extend the hold; the time it ends, or "" where the time is not held any more."""
    if not entry.hold_id:
        return ""
    try:
        kept = holds.extend(desk(), hold_id=entry.hold_id)
    except HoldLapsed:
        return ""
    return dates.clock(kept.expires_at, zone=chosen.zone, language=language())
