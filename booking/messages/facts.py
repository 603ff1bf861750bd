"""The facts of an appointment, row by row, with the labels of the municipalities' manuals."""

from __future__ import annotations

from booking.messages.model import MessageKind
from booking.messages.occasion import Occasion
from booking.messages.parts import Row
from booking.messages.plain import line
from booking.model import BookingState
from booking.words import dates
from booking.words.translation import Translation
from connectors.contract import Period
from mapping.model import Channel

#: The appointment is still going to take place.
_AHEAD = {BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFLICT}


def channel_name(channel: Channel, say: Translation) -> str:
    """«Φυσική παρουσία», «Τηλεδιάσκεψη», «Τηλέφωνο»."""
    return {
        Channel.IN_PERSON: say.gettext("Φυσική παρουσία"),
        Channel.TELECONFERENCE: say.gettext("Τηλεδιάσκεψη"),
        Channel.TELEPHONE: say.gettext("Τηλέφωνο"),
    }[channel]


def rows(occasion: Occasion, say: Translation) -> tuple[Row, ...]:
    booking, channel = occasion.booking, occasion.channel
    place = occasion.say(channel.place) if channel else ""
    found = [Row(say.gettext("Όνομα υπηρεσίας"), (occasion.title,)), *_times(occasion, say)]
    if occasion.previous is not None and occasion.previous != booking.period:
        found.append(Row(say.gettext("Προηγούμενη ώρα"), _when(occasion.previous, occasion)))
    found.append(Row(say.gettext("Τρόπος"), (channel_name(booking.channel, say),)))
    if occasion.previous_channel is not None:
        before = channel_name(occasion.previous_channel, say)
        found.append(Row(say.gettext("Προηγούμενος τρόπος"), (before,)))
    if place:
        found.append(Row(say.gettext("Πού"), (place,)))
    if call := _call(occasion, say):
        found.append(Row(say.gettext("Κλήση"), (call,)))
    found.append(Row(say.gettext("Κωδικός κράτησης"), (reference(occasion),), strong=True))
    return tuple(found)


def _call(occasion: Occasion, say: Translation) -> str:
    """That the office calls, and from which number, while it is going to."""
    channel = occasion.channel
    by_phone = channel is not None and channel.channel is Channel.TELEPHONE
    if channel is None or not by_phone or occasion.booking.state not in _AHEAD:
        return ""
    if not channel.calls_from:
        return say.gettext("Σας καλούμε εμείς, στο τηλέφωνο που δώσατε.")
    told = say.gettext("Σας καλούμε εμείς, στο τηλέφωνο που δώσατε, από τον αριθμό %(phone)s.")
    return told % {"phone": line(channel.calls_from)}


def _times(occasion: Occasion, say: Translation) -> list[Row]:
    now = _when(occasion.booking.period, occasion)
    if occasion.kind is not MessageKind.EARLIER:
        return [Row(say.gettext("Πότε"), now, strong=True)]
    offered = [
        Row(say.gettext("Νωρίτερη ώρα"), _when(each, occasion), strong=True)
        for each in occasion.alternatives
    ]
    return [*offered, Row(say.gettext("Το ραντεβού σας τώρα"), now)]


def _when(period: Period, occasion: Occasion) -> tuple[str, ...]:
    zone, language = occasion.zone, occasion.language
    start = dates.local(period.start, zone=zone)
    times = dates.clock_range(period, zone=zone, language=language)
    label = dates.zone_label(period.start, zone=zone, language=language)
    return dates.day(start.date(), language=language), f"{times}, {label}"


def reference(occasion: Occasion) -> str:
    return line(occasion.booking.reference)
