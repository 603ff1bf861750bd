"""The mail that proves an address before anything is booked: a code to type, a link to open."""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from booking.messages.model import OutgoingMail
from booking.messages.parts import Content, Link, Row
from booking.messages.plain import address, line
from booking.messages.render import laid_out, sender_of
from booking.words import dates
from booking.words.translation import Translation, words
from mapping.model import Municipality


def verification(
    *,
    municipality: Municipality,
    recipient: str,
    code: str,
    link: str,
    until: datetime,
    language: str,
    stamp: datetime,
    fallback_sender: str = "",
) -> OutgoingMail:
    """``code`` is typed on the page that waits for it; ``link``, an absolute address of ours,
    carries on in whichever browser opens it; both count ``until`` then. No appointment is named,
    nor the person: the address may be somebody else's. The same link gives the same Message-ID.
    Raises ValueError for a sender or recipient that is not one valid address.
    """
    say, host = words(language), urlsplit(link).hostname or "localhost"
    sender, answered_at = sender_of(municipality, fallback_sender, host)
    said = _content(municipality, say, code, link, until, language, answered=bool(answered_at))
    named = hashlib.sha256(f"verification|{link}".encode()).hexdigest()[:32]
    return OutgoingMail(
        message_id=f"<{named}@{host}>",
        sender=sender,
        sender_name=said.office,
        recipient=address(recipient),
        subject=said.subject,
        text=laid_out("mail.txt", said),
        html=laid_out("mail.html", said),
        calendar=None,
        calendar_method=None,
        language=language,
        stamp=stamp,
        reply_to=answered_at if answered_at != sender else "",
    )


def _content(
    municipality: Municipality,
    say: Translation,
    code: str,
    link: str,
    until: datetime,
    language: str,
    *,
    answered: bool,
) -> Content:
    zone = ZoneInfo(municipality.time_zone)
    ends = dates.day_and_clock(until, zone=zone, language=language, year=False)
    label = dates.zone_label(until, zone=zone, language=language)
    office = line(municipality.name.in_language(language))
    return Content(
        language=language,
        subject=say.gettext("%(code)s: ο κωδικός για την κράτησή σας") % {"code": line(code)},
        preview=say.gettext("Γράψτε τον στη σελίδα της κράτησης, για να συνεχίσετε."),
        office=office,
        tagline=say.gettext("Ραντεβού με τον Δήμο"),
        heading=say.gettext("Επιβεβαιώστε τη διεύθυνση του email σας"),
        paragraphs=(
            say.gettext("Για να συνεχίσετε την κράτησή σας, γράψτε αυτόν τον κωδικό στη σελίδα:"),
        ),
        details="",
        rows=(
            Row(say.gettext("Κωδικός"), (line(code),), strong=True),
            Row(say.gettext("Ισχύει έως"), (f"{ends}, {label}",)),
        ),
        action=Link(say.gettext("Συνέχεια της κράτησης"), link),
        action_note=say.gettext(
            "Με το κουμπί συνεχίζετε χωρίς να γράψετε τον κωδικό, και σε άλλη συσκευή."
        ),
        footer=_footer(municipality, say, answered=answered),
    )


def _footer(municipality: Municipality, say: Translation, *, answered: bool) -> tuple[str, ...]:
    lines = [
        say.gettext(
            "Αν δεν ζητήσατε εσείς τον κωδικό, δεν χρειάζεται να κάνετε κάτι: χωρίς αυτόν δεν "
            "κλείνεται ραντεβού. Μην τον δώσετε σε κανέναν."
        )
    ]
    if phone := line(municipality.contact.phone):
        lines.append(say.gettext("Για βοήθεια καλέστε στο %(phone)s.") % {"phone": phone})
    if not answered:
        lines.append(say.gettext("Μην απαντήσετε σε αυτό το μήνυμα: δεν διαβάζεται από κανέναν."))
    return tuple(lines)
