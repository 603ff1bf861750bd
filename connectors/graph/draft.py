"""From an event draft to Graph's JSON: a new event, and the fields that a change needs."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.contract import EventDraft, ShowAs
from connectors.graph import properties
from connectors.graph.moments import span_of, utc_value
from connectors.graph.remote import is_online, shown, text
from connectors.vevent.text import many_lines, one_line, renewed

#: Not a name of anything in the world: it only makes our transaction ids our own.
_NAMESPACE: Final = uuid.UUID("7a3f6c1e-52d4-4b0e-9a61-0c6d4f0e8b57")
_REMINDER_MINUTES: Final = 15
_MAX_URL: Final = 2_000
_MAX_DIGITS: Final = 10
_TAG: Final = re.compile(
    r"<(?:style|head)\b.*?</(?:style|head)>|<[^>]*>", re.DOTALL | re.IGNORECASE
)


def transaction_id(key: str, *, after: str = "") -> str:
    """The id by which the service recognises a repeated POST (event resource, transactionId).

    ``after`` names the event that an earlier id of this key stands for and that is not there any
    more: everybody who sees that goes on to the same next id.
    """
    return str(uuid.uuid5(_NAMESPACE, f"{key}\n{after}"))


def new_event(draft: EventDraft, *, key: str, transaction: str) -> dict[str, Any]:
    """Body of the POST. No attendees, ever: the service would mail them."""
    event: dict[str, Any] = {
        "transactionId": transaction,
        "subject": one_line(draft.subject),
        "body": {"contentType": "text", "content": body_text(draft)},
        "start": utc_value(draft.period.start),
        "end": utc_value(draft.period.end),
        "isAllDay": False,
        "location": {"displayName": place_of(draft)},
        "categories": _categories(draft),
        "showAs": "busy",
        "sensitivity": "private" if draft.private else "normal",
        "isReminderOn": True,
        "reminderMinutesBeforeStart": _REMINDER_MINUTES,
        "singleValueExtendedProperties": properties.written(our_properties(draft, key=key)),
    }
    if draft.wants_meeting:
        event |= _ONLINE
    return event


def our_properties(draft: EventDraft, *, key: str) -> dict[str, str]:
    values = {
        properties.KEY: key,
        properties.REFERENCE: one_line(draft.reference),
        properties.ABOUT: one_line(draft.about),
        properties.SEQUENCE: str(draft.sequence),
        properties.MEETING_URL: one_line(draft.meeting_url, limit=_MAX_URL),
        properties.BODY: body_text(draft),
    }
    return {name: value for name, value in values.items() if value}


def amendment(
    event: Mapping[str, Any], draft: EventDraft, *, office_zone: ZoneInfo
) -> dict[str, Any]:
    """Body of the PATCH that makes ``event`` say what ``draft`` says; empty where it does already.

    Only what differs: what a person added stays. The body of an online meeting is never touched,
    because the service would switch the meeting off (event-update, "update an online meeting");
    but what is to be forgotten is, and the meeting is over then.
    """
    if draft.forgets:
        return _forgetting(event, draft)
    change = _times(event, draft, office_zone)
    if text(event.get("subject")) != one_line(draft.subject):
        change["subject"] = one_line(draft.subject)
    if shown(event.get("showAs")) is not ShowAs.BUSY:
        change["showAs"] = "busy"
    if draft.private and text(event.get("sensitivity")).casefold() in {"", "normal"}:
        change["sensitivity"] = "private"
    change |= _location(event, draft) | _added_categories(event, draft)
    online = is_online(event)
    if not (online or draft.wants_meeting):
        change |= _body(event, draft)
    change |= _changed_properties(event, draft, with_body="body" in change)
    if change and draft.wants_meeting and not online:
        change |= _ONLINE
    return change


def _forgetting(event: Mapping[str, Any], draft: EventDraft) -> dict[str, Any]:
    """Text only: when it was and how it was shown stays."""
    change: dict[str, Any] = {}
    subject = one_line(draft.subject)
    if text(event.get("subject")) != subject:
        change["subject"] = subject
    wanted, now = body_text(draft), _plain(event.get("body"))
    former = properties.read(event).get(properties.BODY, "")
    content = renewed(now, former=former, wanted=wanted, forgets=draft.forgets)
    if _squeezed(content) != _squeezed(now):
        change["body"] = {"contentType": "text", "content": content}
    return change | _changed_properties(event, draft, with_body=True)


def body_text(draft: EventDraft) -> str:
    """What the employee needs, with the addresses that do not stand in it already."""
    parts = [many_lines(draft.body)]
    for url in (draft.meeting_url, draft.link):
        if url and url not in parts[0]:
            parts.append(one_line(url, limit=_MAX_URL))
    return "\n\n".join(part for part in parts if part)


def place_of(draft: EventDraft) -> str:
    return one_line(draft.location) or one_line(draft.meeting_url, limit=_MAX_URL)


_ONLINE: Final[dict[str, Any]] = {
    "isOnlineMeeting": True,
    "onlineMeetingProvider": "teamsForBusiness",
}


def _times(event: Mapping[str, Any], draft: EventDraft, office_zone: ZoneInfo) -> dict[str, Any]:
    span = span_of(event, office_zone=office_zone)
    if span.period == draft.period and not span.all_day:
        return {}
    change: dict[str, Any] = {
        "start": utc_value(draft.period.start),
        "end": utc_value(draft.period.end),
    }
    return change | ({"isAllDay": False} if span.all_day else {})


def _location(event: Mapping[str, Any], draft: EventDraft) -> dict[str, Any]:
    location = event.get("location")
    now = text(location.get("displayName")) if isinstance(location, Mapping) else ""
    wanted = place_of(draft)
    if now == wanted or (not wanted and is_online(event)):
        # The service itself calls the place of an online meeting by the meeting's name.
        return {}
    return {"location": {"displayName": wanted}}


def _categories(draft: EventDraft) -> list[str]:
    return [name for name in map(one_line, draft.categories) if name]


def _added_categories(event: Mapping[str, Any], draft: EventDraft) -> dict[str, Any]:
    present = [name for name in event.get("categories") or () if isinstance(name, str)]
    missing = [name for name in _categories(draft) if name not in present]
    return {"categories": present + missing} if missing else {}


def _changed_properties(
    event: Mapping[str, Any], draft: EventDraft, *, with_body: bool
) -> dict[str, Any]:
    now = properties.read(event)
    wanted = our_properties(draft, key="")
    if not with_body:
        wanted.pop(properties.BODY, None)
    if _number(now.get(properties.SEQUENCE, "")) >= draft.sequence:
        wanted.pop(properties.SEQUENCE, None)
    if now.get(properties.MEETING_URL):
        wanted.setdefault(properties.MEETING_URL, "")
    changed = {name: value for name, value in wanted.items() if now.get(name) != value}
    return {"singleValueExtendedProperties": properties.written(changed)} if changed else {}


def _body(event: Mapping[str, Any], draft: EventDraft) -> dict[str, Any]:
    """Our text in place of our former text; where a person wrote into that, above theirs."""
    wanted, now = body_text(draft), _plain(event.get("body"))
    if _squeezed(wanted) in _squeezed(now):
        return {}
    former = properties.read(event).get(properties.BODY, "").split()
    # The service keeps HTML and breaks lines as it likes.
    ours = re.search(r"\s+".join(map(re.escape, former)), now) if former else None
    if not now.strip():
        content = wanted
    elif ours:
        content = now[: ours.start()] + wanted + now[ours.end() :]
    else:
        content = f"{wanted}\n\n{now}"
    return {"body": {"contentType": "text", "content": content.strip()}}


def _plain(body: object) -> str:
    if not isinstance(body, Mapping):
        return ""
    content = text(body.get("content")).replace("\r\n", "\n")
    if text(body.get("contentType")).casefold() == "html":
        content = html.unescape(_TAG.sub(" ", content))
    return content


def _squeezed(value: str) -> str:
    return " ".join(value.split())


def _number(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < _MAX_DIGITS else 0
