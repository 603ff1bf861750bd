"""How a mail begins: subject, heading and first paragraphs, by the reason for writing."""

from __future__ import annotations

from collections.abc import Callable

from booking.messages import around
from booking.messages.model import MessageKind
from booking.messages.occasion import Occasion
from booking.messages.phrases import Opening, awaited, moment, welcome
from booking.messages.phrases import name as _name
from booking.messages.phrases import when as _when
from booking.words.translation import Translation


def opening(occasion: Occasion, say: Translation) -> Opening:
    """In the booking's language."""
    return _OPENINGS[occasion.kind](occasion, say)


def _confirmation(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Το ραντεβού σας κλείστηκε"),
        (welcome(occasion, say) % _name(occasion), *awaited(occasion, say)),
    )


def _changed(occasion: Occasion, say: Translation) -> Opening:
    moved = occasion.previous is not None or occasion.previous_channel is not None
    return (
        say.gettext("Άλλαξε το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Το ραντεβού σας άλλαξε")
        if moved
        else say.gettext("Τα στοιχεία του ραντεβού σας άλλαξαν"),
        (welcome(occasion, say) % _name(occasion), *awaited(occasion, say)),
    )


def _cancelled(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Ακυρώθηκε το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Το ραντεβού σας ακυρώθηκε"),
        (
            say.gettext("%(name)s, το παρακάτω ραντεβού δεν ισχύει πλέον.") % _name(occasion),
            *_undo_note(occasion, say),
        ),
    )


def _cancel_undone(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Ισχύει το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Η ακύρωση αναιρέθηκε: το ραντεβού σας ισχύει"),
        (welcome(occasion, say) % _name(occasion), *awaited(occasion, say)),
    )


def _meeting_ready(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Ο σύνδεσμος της τηλεδιάσκεψής σας: %(when)s") % _when(occasion),
        say.gettext("Ο σύνδεσμος της τηλεδιάσκεψής σας είναι έτοιμος"),
        (
            say.gettext("%(name)s, από τον παρακάτω σύνδεσμο θα συμμετάσχετε στη συνάντηση.")
            % _name(occasion),
        ),
    )


def _meeting_missing(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Για την τηλεδιάσκεψή σας: %(when)s") % _when(occasion),
        say.gettext("Θα επικοινωνήσουμε μαζί σας για την τηλεδιάσκεψη"),
        (
            say.gettext(
                "%(name)s, το ραντεβού σας ισχύει, αλλά ο σύνδεσμος της τηλεδιάσκεψης δεν "
                "δημιουργήθηκε ακόμη."
            )
            % _name(occasion),
            say.gettext(
                "Η υπηρεσία ενημερώθηκε και θα επικοινωνήσει μαζί σας πριν από το "
                "ραντεβού. Δεν χρειάζεται να κάνετε κάτι."
            ),
        ),
    )


def _released(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Δεν κλείστηκε το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Λυπούμαστε, το ραντεβού σας δεν κλείστηκε"),
        (
            say.gettext(
                "%(name)s, η ώρα που ζητήσατε δεν μπόρεσε να καταχωριστεί στο ημερολόγιο "
                "της υπηρεσίας. Ζητούμε συγγνώμη για την ταλαιπωρία."
            )
            % _name(occasion),
        ),
    )


def _office_moved(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Η υπηρεσία μετακίνησε το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Το ραντεβού σας μετακινήθηκε"),
        (
            say.gettext(
                "%(name)s, η υπηρεσία χρειάστηκε να αλλάξει την ώρα του ραντεβού σας. Ζητούμε "
                "συγγνώμη για την ταλαιπωρία."
            )
            % _name(occasion),
            say.gettext(
                "Αν σας εξυπηρετεί η νέα ώρα, δεν χρειάζεται να κάνετε κάτι. Αλλιώς, επιλέξτε "
                "άλλη ώρα ή ακυρώστε το από τους παρακάτω συνδέσμους."
            ),
        ),
    )


def _office_cancelled(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Η υπηρεσία ακύρωσε το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Λυπούμαστε, η υπηρεσία ακύρωσε το ραντεβού σας"),
        (
            say.gettext(
                "%(name)s, το ραντεβού που είχατε κλείσει δεν μπορεί να πραγματοποιηθεί. Ζητούμε "
                "συγγνώμη για την ταλαιπωρία."
            )
            % _name(occasion),
        ),
    )


def _office_conflict(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Πρόβλημα με το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Ίσως το ραντεβού σας δεν μπορεί να γίνει αυτή την ώρα"),
        (
            say.gettext(
                "%(name)s, προέκυψε εμπόδιο στο ημερολόγιο της υπηρεσίας για την ώρα του ραντεβού "
                "σας."
            )
            % _name(occasion),
            say.gettext(
                "Μπορείτε να επιλέξετε τώρα άλλη ώρα. Αν περιμένετε, η υπηρεσία θα σας ενημερώσει "
                "για το ραντεβού σας."
            ),
        ),
    )


def _office_restored(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Ισχύει το ραντεβού σας: %(when)s") % _when(occasion),
        say.gettext("Το ραντεβού σας γίνεται κανονικά"),
        (
            say.gettext("%(name)s, το εμπόδιο για το οποίο σας γράψαμε δεν υπάρχει πια.")
            % _name(occasion),
        ),
    )


def _undo_note(occasion: Occasion, say: Translation) -> tuple[str, ...]:
    until = occasion.booking.undo_until
    if until is None or not occasion.links.manage:
        return ()
    return (
        say.gettext("Αν η ακύρωση έγινε κατά λάθος, μπορείτε να την αναιρέσετε έως %(until)s.")
        % {"until": moment(until, occasion)},
    )


_OPENINGS: dict[MessageKind, Callable[[Occasion, Translation], Opening]] = {
    MessageKind.CONFIRMATION: _confirmation,
    MessageKind.CHANGED: _changed,
    MessageKind.CANCELLED: _cancelled,
    MessageKind.CANCEL_UNDONE: _cancel_undone,
    MessageKind.MEETING_READY: _meeting_ready,
    MessageKind.MEETING_MISSING: _meeting_missing,
    MessageKind.RELEASED: _released,
    MessageKind.OFFICE_MOVED: _office_moved,
    MessageKind.OFFICE_CANCELLED: _office_cancelled,
    MessageKind.OFFICE_CONFLICT: _office_conflict,
    MessageKind.OFFICE_RESTORED: _office_restored,
    MessageKind.REMINDER: around.reminder,
    MessageKind.EARLIER: around.earlier,
    MessageKind.FOLLOW_UP: around.follow_up,
}
