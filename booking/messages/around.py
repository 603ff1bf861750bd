"""Mails around the appointment: what to think of before it, and what the office says after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from booking.messages import phrases
from booking.messages.model import MessageKind
from booking.messages.occasion import Occasion
from booking.messages.phrases import Opening
from booking.words.translation import Translation
from mapping.model import Service


def reminder_ahead(service: Service, *, start: datetime, now: datetime) -> bool:
    """Whether whoever has this appointment will be reminded of it from now on."""
    return any(start - timedelta(minutes=each) > now for each in service.reminder_minutes)


def reminder(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Υπενθύμιση για το ραντεβού σας: %(when)s") % phrases.when(occasion),
        say.gettext("Υπενθύμιση για το ραντεβού σας"),
        (
            phrases.welcome(occasion, say) % phrases.name(occasion),
            *phrases.awaited(occasion, say),
        ),
    )


def before_links(occasion: Occasion, say: Translation) -> str:
    if occasion.kind is not MessageKind.REMINDER:
        return ""
    return say.gettext(
        "Αν το ραντεβού δεν σας εξυπηρετεί πια, αλλάξτε το ή ακυρώστε το, για να πάρει την ώρα "
        "κάποιος άλλος:"
    )


def earlier(occasion: Occasion, say: Translation) -> Opening:
    """An earlier time, kept for a while; what they have stays theirs unless they take it."""
    (offered, *_) = occasion.alternatives or (occasion.booking.period,)
    return (
        say.gettext("Ελευθερώθηκε νωρίτερη ώρα για το ραντεβού σας: %(when)s")
        % phrases.when(occasion, offered),
        say.gettext("Ελευθερώθηκε νωρίτερη ώρα για εσάς"),
        (
            _kept_until(occasion, say),
            say.gettext(
                "Αν δεν την επιλέξετε, το ραντεβού που έχετε μένει όπως είναι και δεν χρειάζεται "
                "να κάνετε κάτι."
            ),
            _what_then(occasion, say),
        ),
    )


def _what_then(occasion: Occasion, say: Translation) -> str:
    if occasion.last_offer:
        return say.gettext(
            "Είναι η τελευταία ώρα που σας προτείνουμε. Αν θέλετε να περιμένετε και άλλη, "
            "ζητήστε το ξανά από τη σελίδα του ραντεβού σας."
        )
    return say.gettext("Για να μην περιμένετε άλλο, πείτε το στη σελίδα του ραντεβού σας.")


def _kept_until(occasion: Occasion, say: Translation) -> str:
    if occasion.until is None:
        told = say.gettext("%(name)s, ελευθερώθηκε η νωρίτερη ώρα που ζητήσατε.")
        return told % phrases.name(occasion)
    told = say.gettext("%(name)s, κρατάμε για εσάς τη νωρίτερη ώρα που ζητήσατε έως %(until)s.")
    return told % {**phrases.name(occasion), "until": phrases.moment(occasion.until, occasion)}


def follow_up(occasion: Occasion, say: Translation) -> Opening:
    """With the paragraphs that the service has for it."""
    told = occasion.service.follow_up.in_language(occasion.language)
    return (
        say.gettext("Μετά το ραντεβού σας: %(when)s") % phrases.when(occasion),
        say.gettext("Μετά το ραντεβού σας"),
        (
            say.gettext("%(name)s, σας γράφουμε για το ραντεβού που είχατε.")
            % phrases.name(occasion),
            *occasion.paragraphs(told),
        ),
    )


def to_check_again(occasion: Occasion, say: Translation) -> tuple[tuple[str, str], ...]:
    """What the citizen confirmed when booking, as it was put to them, and what to do where it is
    not so any more."""
    found = []
    for key, value in occasion.booking.declarations.items():
        declaration = occasion.municipality.declaration(key)
        given = declaration and next(
            (each for each in declaration.answers if each.value == value), None
        )
        if declaration is None or not given or not given.confirmation.el:
            continue
        advice = occasion.say(declaration.otherwise) or say.gettext(
            "Αν δεν ισχύει πια, αλλάξτε ή ακυρώστε το ραντεβού."
        )
        found.append((occasion.say(given.confirmation), advice))
    return tuple(found)
