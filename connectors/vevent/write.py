"""From an event draft to the text of a calendar object, and a change of it in place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.prop import vText

from connectors.contract import EventDraft, EventRef, RemoteEvent
from connectors.vevent.find import remote_event, target
from connectors.vevent.identity import (
    ABOUT_PROPERTY,
    BODY_PROPERTY,
    KEY_PROPERTY,
    REFERENCE_PROPERTY,
    our_body,
    text_of,
    uid_of,
)
from connectors.vevent.parse import Unreadable, parse
from connectors.vevent.text import many_lines, one_line, renewed

PRODUCT: Final = "-//Rantevou//Rantevou//EL"
_UTC: Final = ZoneInfo("UTC")
_MICROSOFT_STATUS: Final = "X-MICROSOFT-CDO-BUSYSTATUS"
#: Where Outlook's CalDAV programs keep the description a second time.
_HTML_BODY: Final = "X-ALT-DESC"


def event_text(draft: EventDraft, *, key: str, stamp: datetime) -> str:
    """A VCALENDAR with one VEVENT (RFC 5545; RFC 4791, 4.1: no METHOD), times in UTC.

    No ORGANIZER and no ATTENDEE ever: a CalDAV server would mail them (RFC 6638, 3.2).
    ``stamp`` is when it was made, aware.
    """
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    event = Event()
    event.add("UID", uid_of(key))
    event.add(KEY_PROPERTY, vText(key))
    event.add("CREATED", stamp.astimezone(UTC))
    _fill(event, draft, stamp=stamp, sequence=draft.sequence)
    event.add("DESCRIPTION", _body(draft))
    event.add(BODY_PROPERTY, vText(_body(draft)))
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")


def amend(raw: str, draft: EventDraft, *, stamp: datetime) -> str:
    """``raw`` with our event changed to ``draft``; what a person added stays: alarms, categories,
    attachments, and notes around our text. Raises Unreadable.

    Our text is found by the copy kept of it; where a person wrote into it, it is put above
    theirs, so that nothing of theirs is lost.
    """
    calendars = parse(raw)
    event = target(calendars)
    if draft.forgets:
        _forget(calendars, draft, stamp=stamp)
        return _as_text(calendars)
    written = text_of(event, "DESCRIPTION").replace("\r\n", "\n")
    ours = our_body(event)
    body = _body(draft)
    if not written or written == body:
        description = body
    elif ours and ours in written:
        description = written.replace(ours, body, 1)
    else:
        description = f"{body}\n\n{written}"
    sequence = max(draft.sequence, _number(text_of(event, "SEQUENCE")) + 1)
    _fill(event, draft, stamp=stamp, sequence=sequence)
    _set(event, "DESCRIPTION", description)
    _set(event, BODY_PROPERTY, vText(body))
    if _MICROSOFT_STATUS in event:
        _set(event, _MICROSOFT_STATUS, "BUSY")
    text = _as_text(calendars)
    if remote_event(text, ref=EventRef("", ""), office_zone=_UTC).period != draft.period:
        # Such as an event inside of another component, which nobody finds when it is read again.
        raise Unreadable("unreadable")
    return text


def _as_text(calendars: Sequence[Calendar]) -> str:
    try:
        return "".join(str(calendar.to_ical(), "utf-8") for calendar in calendars)
    except Exception as error:  # a rule that the library took and cannot write raises anything
        raise Unreadable("unreadable") from error


def already_as(raw: str, draft: EventDraft, *, office_zone: ZoneInfo) -> bool:
    """True where the stored event already says what ``draft`` says, as after a lost answer."""
    remote = remote_event(raw, ref=EventRef("", ""), office_zone=office_zone)
    event = target(parse(raw))
    if draft.forgets:
        return our_body(event) == _body(draft)
    return (
        remote.period == draft.period
        and not remote.cancelled
        and text_of(event, "SUMMARY") == one_line(draft.subject)
        and text_of(event, "LOCATION") == one_line(draft.location)
        and our_body(event) == _body(draft)
    )


def written_event(draft: EventDraft, *, key: str, ref: EventRef) -> RemoteEvent:
    """What stands in the calendar right after ``draft`` was written under ``key``."""
    return RemoteEvent(
        ref=ref,
        period=draft.period,
        key=key,
        reference=one_line(draft.reference) or None,
        subject=one_line(draft.subject),
        meeting_url=one_line(draft.meeting_url, limit=2_000),
        categories=tuple(name for name in map(one_line, draft.categories) if name),
        about=one_line(draft.about),
        body=_body(draft),
    )


def _fill(event: Event, draft: EventDraft, *, stamp: datetime, sequence: int) -> None:
    _set(event, "DTSTAMP", stamp.astimezone(UTC))
    _set(event, "LAST-MODIFIED", stamp.astimezone(UTC))
    _set(event, "DTSTART", draft.period.start)
    event.pop("DURATION", None)
    _set(event, "DTEND", draft.period.end)
    _set(event, "SUMMARY", one_line(draft.subject))
    _set(event, "STATUS", "CONFIRMED")
    _set(event, "TRANSP", "OPAQUE")
    _set(event, "SEQUENCE", sequence)
    _set(event, REFERENCE_PROPERTY, vText(one_line(draft.reference)))
    if draft.private:
        _set(event, "CLASS", "PRIVATE")
    _set_or_drop(event, "LOCATION", one_line(draft.location))
    _set_or_drop(event, ABOUT_PROPERTY, one_line(draft.about))
    _set_or_drop(event, "URL", one_line(draft.link, limit=2_000))
    _set_or_drop(event, "X-RANTEVOU-MEETING", one_line(draft.meeting_url, limit=2_000))
    event.pop("CONFERENCE", None)
    if draft.meeting_url:
        # RFC 7986, 5.11; clients that do not know it show the address in the text.
        event.add(
            "CONFERENCE",
            one_line(draft.meeting_url, limit=2_000),
            parameters={"VALUE": "URI", "FEATURE": "VIDEO"},
        )
    _add_categories(event, draft.categories)


def _forget(calendars: Sequence[Calendar], draft: EventDraft, *, stamp: datetime) -> None:
    """Our text in all of them, overridden occurrences of a series included."""
    former, body = our_body(target(calendars)), _body(draft)
    events = [each for calendar in calendars for each in calendar.walk("VEVENT")]
    for event in (each for each in events if isinstance(each, Event)):
        written = text_of(event, "DESCRIPTION")
        description = renewed(written, former=former, wanted=body, forgets=draft.forgets)
        _set(event, "DESCRIPTION", description)
        _set(event, BODY_PROPERTY, vText(body))
        _set(event, "SUMMARY", one_line(draft.subject))
        _set(event, "DTSTAMP", stamp.astimezone(UTC))
        _set(event, "LAST-MODIFIED", stamp.astimezone(UTC))
        _set(event, "SEQUENCE", _number(text_of(event, "SEQUENCE")) + 1)
        for name in (_HTML_BODY, "X-RANTEVOU-MEETING", "CONFERENCE"):
            event.pop(name, None)


def _add_categories(event: Event, wanted: tuple[str, ...]) -> None:
    present = list(event.categories)
    missing = [name for name in map(one_line, wanted) if name and name not in present]
    if missing:
        event.categories = present + missing


def _body(draft: EventDraft) -> str:
    body = many_lines(draft.body)
    if draft.meeting_url and draft.meeting_url not in body:
        body = f"{body}\n\n{one_line(draft.meeting_url, limit=2_000)}".lstrip()
    return body


def _set(event: Event, name: str, value: object) -> None:
    event.pop(name, None)
    event.add(name, value)


def _set_or_drop(event: Event, name: str, value: str) -> None:
    event.pop(name, None)
    if value:
        event.add(name, vText(value) if name.startswith("X-") else value)


def _number(text: str) -> int:
    # RFC 5545, 3.3.8: an INTEGER has ten digits at most.
    return int(text) if text.isdecimal() and len(text) <= 10 else 0
