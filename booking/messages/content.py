"""What a mail says, in one language, before it is laid out as text or HTML.

Words are those of the municipalities' manuals where a manual shows them: «Λεπτομέρειες κράτησης»,
«Όνομα υπηρεσίας», «Πότε», «Προγραμματισμός εκ νέου», «Ακύρωση κράτησης», «Νέα κράτηση»,
«Συμμετοχή στη συνάντηση». Tax number, phone and answers of the citizen never occur.
"""

from __future__ import annotations

from booking.messages import around
from booking.messages.facts import reference, rows
from booking.messages.model import MessageKind
from booking.messages.occasion import Occasion
from booking.messages.openings import opening
from booking.messages.parts import Content, Link, Listing
from booking.messages.plain import line
from booking.words import dates
from booking.words.translation import Translation, words
from mapping.model import ServiceChannel

#: After these nothing stands in any calendar.
_ENDED = {MessageKind.CANCELLED, MessageKind.RELEASED, MessageKind.OFFICE_CANCELLED}
#: After these nothing is left to be done about the appointment.
_OVER = _ENDED | {MessageKind.FOLLOW_UP}
#: These say nothing of what to bring and what to do.
_SHORT = _OVER | {MessageKind.EARLIER}


def content(occasion: Occasion) -> Content:
    """The content of a mail, in the booking's language."""
    say = words(occasion.language)
    subject, heading, paragraphs = opening(occasion, say)
    channel = occasion.channel
    return Content(
        language=occasion.language,
        subject=line(subject.replace(dates.NO_BREAK_SPACE, " ")),
        preview=say.gettext("%(service)s. Κωδικός κράτησης %(reference)s.")
        % {"service": occasion.title, "reference": reference(occasion)},
        office=occasion.say(occasion.municipality.name),
        tagline=say.gettext("Ραντεβού με τον Δήμο"),
        heading=heading,
        paragraphs=paragraphs,
        details=say.gettext("Λεπτομέρειες κράτησης"),
        rows=rows(occasion, say),
        action=_action(occasion, say),
        action_note=_action_note(occasion, say),
        alternatives=_alternatives(occasion, say),
        links=_links(occasion, say),
        links_note=around.before_links(occasion, say),
        lists=_lists(occasion, channel, say) if occasion.kind not in _SHORT else (),
        footer=_footer(occasion, say),
    )


def _action(occasion: Occasion, say: Translation) -> Link | None:
    links = occasion.links
    match occasion.kind:
        case MessageKind.CANCELLED if occasion.booking.undo_until is not None:
            action = Link(say.gettext("Αναίρεση της ακύρωσης"), links.manage)
        case MessageKind.CANCELLED | MessageKind.FOLLOW_UP:
            return None
        case MessageKind.RELEASED | MessageKind.OFFICE_CANCELLED | MessageKind.OFFICE_CONFLICT:
            # The alternatives are kept for this booking: only through it are they free.
            action = Link(say.gettext("Επιλέξτε άλλη ώρα"), links.reschedule)
        case MessageKind.EARLIER:
            action = Link(say.gettext("Δείτε τη νωρίτερη ώρα"), links.manage)
        case _:
            action = Link(say.gettext("Συμμετοχή στη συνάντηση"), occasion.join)
    return action if action.url else None


def _action_note(occasion: Occasion, say: Translation) -> str:
    if occasion.kind in _SHORT or not occasion.join:
        return ""
    return say.gettext(
        "Ο σύνδεσμος ανοίγει λίγο πριν από την ώρα του ραντεβού. "
        "Θα περιμένετε λίγο, μέχρι να σας δεχθεί ο υπάλληλος."
    )


def _alternatives(occasion: Occasion, say: Translation) -> Listing | None:
    if not occasion.alternatives or occasion.kind is MessageKind.EARLIER:
        return None
    zone, language = occasion.zone, occasion.language
    return Listing(
        say.gettext("Ώρες που κρατάμε για εσάς, για 24 ώρες το πολύ"),
        tuple(
            dates.day_and_range(period, zone=zone, language=language)
            for period in occasion.alternatives
        ),
    )


def _links(occasion: Occasion, say: Translation) -> tuple[Link, ...]:
    links = occasion.links
    again = Link(say.gettext("Νέα κράτηση"), links.book_again)
    if occasion.kind is MessageKind.EARLIER:
        return ()
    if occasion.kind in _OVER:
        return (again,) if again.url else ()
    # Where other times are offered, the button above leads there already.
    reschedule = "" if occasion.alternatives else links.reschedule
    shown = (
        Link(say.gettext("Προγραμματισμός εκ νέου"), reschedule),
        Link(say.gettext("Ακύρωση κράτησης"), links.cancel),
        # Whoever is reminded has an appointment, and few links are read.
        *(() if occasion.kind is MessageKind.REMINDER else (again,)),
    )
    return tuple(link for link in shown if link.url)


def _lists(
    occasion: Occasion, channel: ServiceChannel | None, say: Translation
) -> tuple[Listing, ...]:
    documents = tuple(occasion.say(text) for text in occasion.service.documents)
    instructions = tuple(occasion.say(text) for text in channel.instructions) if channel else ()
    tips = tuple(occasion.say(text) for text in channel.tips) if channel else ()
    lists = (
        *_checked_again(occasion, say),
        Listing(say.gettext("Έχετε μαζί σας"), documents),
        Listing(say.gettext("Την ημέρα του ραντεβού"), instructions),
        Listing(say.gettext("Συμβουλές για αποτελεσματικότερη εξυπηρέτηση με τηλεδιάσκεψη"), tips),
    )
    return tuple(listing for listing in lists if listing.items)


def _checked_again(occasion: Occasion, say: Translation) -> tuple[Listing, ...]:
    if occasion.kind is not MessageKind.REMINDER:
        return ()
    heading = say.gettext("Ελέγξτε ότι ισχύει ακόμη αυτό που δηλώσατε")
    return tuple(
        Listing(heading, (stated,), note=advice)
        for stated, advice in around.to_check_again(occasion, say)
    )


def _footer(occasion: Occasion, say: Translation) -> tuple[str, ...]:
    phone = line(occasion.municipality.contact.phone)
    lines = []
    if occasion.has_calendar and occasion.kind in _ENDED:
        lines.append(
            say.gettext(
                "Το συνημμένο αρχείο (rantevou.ics) βγάζει το ραντεβού από το ημερολόγιό σας."
            )
        )
    elif occasion.has_calendar:
        lines.append(
            say.gettext("Το ραντεβού είναι και στο συνημμένο αρχείο ημερολογίου (rantevou.ics).")
        )
    if occasion.reminded:
        lines.append(say.gettext("Θα σας στείλουμε υπενθύμιση πριν από το ραντεβού."))
    if occasion.kind in {MessageKind.CONFIRMATION, MessageKind.CHANGED}:
        lines.append(
            say.gettext(
                "Αν δεν κλείσατε εσείς αυτό το ραντεβού, ακυρώστε το από τον παραπάνω σύνδεσμο."
            )
        )
    if phone:
        lines.append(say.gettext("Για βοήθεια καλέστε στο %(phone)s.") % {"phone": phone})
    if not occasion.answers_read:
        lines.append(say.gettext("Μην απαντήσετε σε αυτό το μήνυμα: δεν διαβάζεται από κανέναν."))
    return tuple(lines)
