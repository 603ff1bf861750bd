"""The citizen's .ics: REQUEST and CANCEL as mail programs understand them (RFC 5546, RFC 6047)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from icalendar import Calendar, Event
from icalendar.prop import vCalAddress

from connectors.contract import Period
from connectors.vevent.text import many_lines, one_line
from connectors.vevent.write import PRODUCT


def invitation(
    *,
    uid: str,
    sequence: int,
    method: Literal["REQUEST", "CANCEL"],
    period: Period,
    summary: str,
    description: str,
    location: str,
    url: str,
    organizer: str,
    organizer_name: str,
    attendee: str,
    attendee_name: str,
    stamp: datetime,
) -> bytes:
    """One VCALENDAR in UTF-8; the mail part's ``method`` parameter must say the same as ``method``.

    The same ``uid`` with a higher ``sequence`` replaces what was sent before; a CANCEL needs a
    higher one too (RFC 5546, 3.2.5). ``organizer`` and ``attendee`` are mail addresses; the
    attendee must be the address the mail goes to. ``stamp`` is aware. Raises ValueError for an
    address with characters that no address has.
    """
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    event = Event()
    event.add("UID", one_line(uid))
    event.add("SEQUENCE", sequence)
    event.add("DTSTAMP", stamp.astimezone(UTC))
    event.add("DTSTART", period.start)
    event.add("DTEND", period.end)
    event.add("SUMMARY", one_line(summary))
    event.add("STATUS", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    for name, value in (
        ("DESCRIPTION", many_lines(description)),
        ("LOCATION", one_line(location)),
        ("URL", one_line(url, limit=2_000)),
    ):
        if value:
            event.add(name, value)
    event.add("ORGANIZER", _address(organizer, organizer_name))
    guest = _address(attendee, attendee_name)
    guest.params["ROLE"] = "REQ-PARTICIPANT"
    # The citizen booked it; nothing is to be answered (buttons would mail the organizer).
    guest.params["PARTSTAT"] = "ACCEPTED"
    guest.params["RSVP"] = "FALSE"
    event.add("ATTENDEE", guest)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(address: str, name: str) -> vCalAddress:
    clean = one_line(address, limit=320)
    if clean != address or "@" not in clean or any(sign in clean for sign in ' <>"'):
        raise ValueError("a calendar address must be one plain mail address")
    value = vCalAddress(f"mailto:{clean}")
    # RFC 5545, 3.2: a parameter value cannot hold a double quote at all.
    if shown := one_line(name).replace('"', "'"):
        value.params["CN"] = shown
    return value
