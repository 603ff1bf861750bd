"""Phrases that several kinds of mail begin with."""

from __future__ import annotations

from datetime import datetime

from booking.messages.occasion import Occasion
from booking.messages.plain import person
from booking.words import dates
from booking.words.translation import Translation
from connectors.contract import Period
from mapping.model import Channel

#: Subject, heading and first paragraphs.
Opening = tuple[str, str, tuple[str, ...]]


def moment(at: datetime, occasion: Occasion) -> str:
    """An instant with day, hour and the name of its zone."""
    written = dates.day_and_clock(at, zone=occasion.zone, language=occasion.language)
    label = dates.zone_label(at, zone=occasion.zone, language=occasion.language)
    return f"{written}, {label}"


def name(occasion: Occasion) -> dict[str, str]:
    return {"name": person(occasion.booking.citizen.name)}


def when(occasion: Occasion, period: Period | None = None) -> dict[str, str]:
    """Without a year; of the appointment, where no other period is meant."""
    return {
        "when": dates.day_and_clock(
            (period or occasion.booking.period).start,
            zone=occasion.zone,
            language=occasion.language,
            year=False,
        )
    }


def welcome(occasion: Occasion, say: Translation) -> str:
    if occasion.booking.channel is Channel.TELEPHONE:
        return say.gettext("%(name)s, θα σας καλέσουμε:")
    return say.gettext("%(name)s, σας περιμένουμε:")


def awaited(occasion: Occasion, say: Translation) -> tuple[str, ...]:
    if not occasion.link_awaited:
        return ()
    return (
        say.gettext(
            "Ο σύνδεσμος της τηλεδιάσκεψης θα σας σταλεί με νέο μήνυμα, μόλις είναι έτοιμος."
        ),
    )
