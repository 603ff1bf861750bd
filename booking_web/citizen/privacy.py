"""What is asked, why, and how long it is kept: from the mapping, in the page's language."""

from __future__ import annotations

from dataclasses import dataclass

from booking.settings import Settings
from booking_web.current import desk, gettext, language, translation
from booking_web.texts import full_stop
from mapping.model import Municipality, Question, Service, SignIn


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the privacy page."""

    what: str
    why: str
    until: str


def kept_by(within: Municipality) -> list[Kept]:
    """Every kind of data that a booking with this municipality may leave."""
    found = [
        Kept(
            gettext("Όνομα και επώνυμο, ηλεκτρονικό ταχυδρομείο, αριθμός τηλεφώνου"),
            purpose_of(within),
            days_after(within.privacy.erase_after_days),
        )
    ]
    if _signs_in(within, desk().settings):
        found.append(
            Kept(
                gettext("Όνομα και ΑΦΜ όπως τα δίνει το TAXISnet, αν συνδεθείτε"),
                gettext("Για να είναι βέβαιο ποιος κλείνει το ραντεβού."),
                days_after(within.privacy.erase_after_days),
            )
        )
    found += _questions(within)
    if any(service.declarations for service in within.services):
        found.append(
            Kept(
                gettext("Οι απαντήσεις σας στις δηλώσεις πριν από το ημερολόγιο"),
                gettext("Για να γίνει το ραντεβού μόνο όπου μπορεί να σας εξυπηρετήσει."),
                days_after(within.privacy.erase_after_days),
            )
        )
    found.append(
        Kept(
            gettext("Από ποιο δίκτυο έγινε η κράτηση, ως κωδικός που δεν διαβάζεται"),
            gettext("Για να μη δεσμεύει κανείς όλες τις ώρες."),
            gettext("2 ημέρες μετά την κράτηση"),
        )
    )
    found.append(
        Kept(
            gettext("Μια φόρμα που δεν ολοκληρώθηκε"),
            gettext("Για να συνεχίσετε από εκεί που μείνατε."),
            gettext("μετά από 2 ώρες"),
        )
    )
    return found


def why_asked(within: Municipality) -> str:
    """What the contact details are for, and until when, in a line over the form."""
    until = days_after(within.privacy.erase_after_days)
    why = gettext("Γιατί τα ζητάμε: %(why)s") % {"why": full_stop(purpose_of(within))}
    kept = gettext("Διαγράφονται %(until)s.") % {"until": until}
    return f"{why} {kept}"


def purpose_of(within: Municipality) -> str:
    """What name, mail address and phone are asked for."""
    return within.privacy.purpose.in_language(language()) or gettext(
        "Για να επιβεβαιώσουμε το ραντεβού και να σας ειδοποιήσουμε αν αλλάξει κάτι."
    )


def days_after(days: int) -> str:
    return translation().ngettext(
        "%(num)d ημέρα μετά το ραντεβού", "%(num)d ημέρες μετά το ραντεβού", days
    ) % {"num": days}


def _questions(within: Municipality) -> list[Kept]:
    """Each question once, however many services ask it the same way."""
    lines = (
        _line(question, within) for service in within.services for question in service.questions
    )
    return list(dict.fromkeys(lines))


def _line(question: Question, within: Municipality) -> Kept:
    own = question.erase_after_days
    days = (
        within.privacy.erase_after_days
        if own is None
        else min(own, within.privacy.erase_after_days)
    )
    label = question.label.in_language(language()).replace("*", "").strip().rstrip(":")
    return Kept(
        label,
        question.purpose.in_language(language())
        or gettext("Για να προετοιμαστεί ο υπάλληλος που θα σας εξυπηρετήσει."),
        days_after(days),
    )


def _signs_in(within: Municipality, settings: Settings) -> bool:
    """Whether anybody may be asked to sign in here."""
    return any(_mode(within, each, settings) is not SignIn.OFF for each in within.services)


def _mode(within: Municipality, service: Service, settings: Settings) -> SignIn:
    return service.sign_in or within.sign_in or SignIn(settings.sign_in)
