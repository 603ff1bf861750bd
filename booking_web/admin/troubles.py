"""What keeps a calendar from being offered, and what an administrator does about it."""

from __future__ import annotations

from dataclasses import dataclass

from booking.office.overview import MailboxStatus
from booking_web.current import gettext


def _(message: str) -> str:
    """Marks a text for extraction."""
    return message


@dataclass(frozen=True, slots=True)
class Trouble:
    """``detail`` is what the server or the product said, in English."""

    what: str
    remedy: str
    detail: str = ""


_BRAKED = (
    _("Το ημερολόγιο άλλαξε απότομα"),
    _("Ελέγξτε το ημερολόγιο. Αν είναι σωστό όπως είναι, επιβεβαιώστε το στη σελίδα του."),
)
_DEGRADED = (
    _("Έχει εγγραφή που δεν καταλαβαίνουμε"),
    _("Ζητήστε να διορθωθεί η εγγραφή, ή αποδεχτείτε την στη σελίδα του ημερολογίου."),
)
_UNWRITABLE = (
    _("Δεν μπορούμε να γράψουμε στο ημερολόγιο"),
    _(
        "Δώστε στον λογαριασμό μας δικαίωμα δημιουργίας, αλλαγής και διαγραφής. "
        "Δοκιμάζουμε ξανά κάθε λεπτό."
    ),
)
_UNREAD = (
    _("Δεν διαβάστηκε ακόμη"),
    _("Ελέγξτε ότι εκτελούνται οι διεργασίες worker και scheduler."),
)
_STALE = (
    _("Δεν διαβάστηκε πρόσφατα"),
    _("Ελέγξτε ότι εκτελούνται οι διεργασίες worker και scheduler."),
)
_LATE = (
    _("Η ανάγνωση καθυστερεί"),
    _(
        "Ελέγξτε ότι εκτελούνται οι διεργασίες worker και scheduler: χωρίς ανάγνωση το ημερολόγιο"
        " σύντομα δεν θα προσφέρει ώρες."
    ),
)
_WAITS = (
    _("Ο πάροχος μας ζήτησε να περιμένουμε"),
    _("Δεν χρειάζεται ενέργεια: διαβάζεται ξανά μόλις το επιτρέψει ο πάροχος."),
)
_CODES = {
    "later": (
        _("Ο διακομιστής δεν απαντά"),
        _("Ελέγξτε ότι λειτουργεί και ότι φτάνουμε σε αυτόν από το δίκτυο."),
    ),
    "not_authorised": (
        _("Ο διακομιστής δεν μας δίνει πρόσβαση"),
        _(
            "Ορίστε ξανά τον κωδικό με «rantevou secret set», "
            "ή δώστε στον λογαριασμό μας δικαίωμα στο ημερολόγιο."
        ),
    ),
    "not_found": (
        _("Το ημερολόγιο δεν υπάρχει"),
        _("Διορθώστε τη διεύθυνσή του στο αρχείο του Δήμου, ή δημιουργήστε το ξανά."),
    ),
    "unsupported": (
        _("Ο διακομιστής δεν προσφέρει ό,τι χρειάζεται"),
        _("Ελέγξτε τη διεύθυνση του ημερολογίου και τις ρυθμίσεις του διακομιστή."),
    ),
}
_OTHER = (
    _("Η ανάγνωση απέτυχε"),
    _("Πατήστε «Έλεγχος» για λεπτομέρειες."),
)

#: What to do where a calendar cannot be had to call us; it is read at intervals all the same.
_CALLS = {
    "rejected": _(
        "Ελέγξτε ότι το RANTEVOU_NOTIFICATION_URL φτάνει σε εμάς από το διαδίκτυο, "
        "με έγκυρο πιστοποιητικό."
    ),
    "not_authorised": _("Δώστε στην εφαρμογή μας δικαίωμα ανάγνωσης του ημερολογίου."),
}
_CALLS_OTHER = _("Δοκιμάζουμε ξανά. Στο μεταξύ το ημερολόγιο διαβάζεται περιοδικά.")

_FINDINGS = {
    "reachable": _("Ο διακομιστής απαντά"),
    "clock": _("Ρολόι του διακομιστή"),
    "readable": _("Ανάγνωση"),
    "sync": _("Ανάγνωση μόνο των αλλαγών"),
    "versions": _("Εκδόσεις των εγγραφών"),
    "private_readable": _("Ιδιωτικές εγγραφές"),
    "writable": _("Εγγραφή"),
    "meeting_link": _("Σύνδεσμος τηλεδιάσκεψης"),
    "secure_meetings": _("Προθάλαμος και καταγραφή των τηλεδιασκέψεων"),
    "working_hours": _("Ώρες εργασίας"),
    "scope": _("Μόνο τα γραμματοκιβώτιά μας"),
    "clean": _("Δοκιμαστικές εγγραφές"),
}


def trouble(status: MailboxStatus) -> Trouble | None:
    """The first thing to put right, in the page's language; None where all is well."""
    if status.braked:
        return _told(_BRAKED, status.braked)
    if status.error_code:
        return _told(_CODES.get(status.error_code, _OTHER), status.error_text)
    if status.degraded:
        return _told(_DEGRADED)
    if status.last_read_at is None:
        return _told(_UNREAD)
    if status.writable is False:
        detail = next((each.detail for each in status.findings if each.name == "writable"), "")
        return _told(_UNWRITABLE, detail)
    if not status.offers:
        return _told(_WAITS if status.waits_until else _STALE)
    if status.late:
        return _told(_LATE)
    return None


def calls_remedy(code: str) -> str:
    """What an administrator does about a calendar that should call us, in the page's language."""
    return gettext(_CALLS.get(code, _CALLS_OTHER))


def finding_name(name: str) -> str:
    """What a check looked at, in the page's language."""
    return gettext(_FINDINGS[name]) if name in _FINDINGS else name


def _told(words: tuple[str, str], detail: str = "") -> Trouble:
    what, remedy = words
    return Trouble(gettext(what), gettext(remedy), detail)
