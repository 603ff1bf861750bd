"""Mails around the appointment: what to think of before it, and what the office says after it."""

from __future__ import annotations

from booking.messages import phrases
from booking.messages.occasion import Occasion
from booking.messages.phrases import Opening
from booking.words.translation import Translation


def reminder(occasion: Occasion, say: Translation) -> Opening:
    return (
        say.gettext("Υπενθύμιση για το ραντεβού σας: %(when)s") % phrases.when(occasion),
        say.gettext("Υπενθύμιση για το ραντεβού σας"),
        (
            phrases.welcome(occasion, say) % phrases.name(occasion),
            *phrases.awaited(occasion, say),
            say.gettext(
                "Αν δεν σας εξυπηρετεί πια, αλλάξτε το ή ακυρώστε το από τους παρακάτω "
                "συνδέσμους, για να πάρει την ώρα κάποιος άλλος."
            ),
        ),
    )


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
