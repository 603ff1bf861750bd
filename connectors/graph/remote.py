"""From a Graph event to the contract's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors.contract import EventRef, RemoteEvent, ShowAs
from connectors.errors import TryLater
from connectors.graph import properties
from connectors.graph.moments import span_of

#: ``freeBusyStatus``; what it does not know yet counts as busy.
_SHOWN: Final = {
    "free": ShowAs.FREE,
    "tentative": ShowAs.TENTATIVE,
    "busy": ShowAs.BUSY,
    "oof": ShowAs.OUT_OF_OFFICE,
    "workingelsewhere": ShowAs.WORKING_ELSEWHERE,
    "unknown": ShowAs.BUSY,
}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

#: What an event must be asked for, so that ``remote_event`` can say everything.
SELECT: Final = (
    "id",
    "changeKey",
    "createdDateTime",
    "start",
    "end",
    "isAllDay",
    "originalStartTimeZone",
    "showAs",
    "isCancelled",
    "type",
    "seriesMasterId",
    "recurrence",
    "subject",
    "categories",
    "isOnlineMeeting",
    "onlineMeeting",
)


def remote_event(
    event: Mapping[str, Any],
    *,
    office_zone: ZoneInfo,
    ours: Mapping[str, str] | None = None,
) -> RemoteEvent:
    """``ours`` are our properties where the answer does not carry them (that of a write).

    Raises TryLater where the answer names neither id nor version: nothing can be built on it.
    """
    given = {**(ours or {}), **properties.read(event)}
    span = span_of(event, office_zone=office_zone)
    cancelled = event.get("isCancelled") is True
    return RemoteEvent(
        ref=ref_of(event),
        period=span.period,
        key=given.get(properties.KEY),
        reference=given.get(properties.REFERENCE) or None,
        show_as=ShowAs.FREE if cancelled else shown(event.get("showAs")),
        all_day=span.all_day,
        recurring=is_recurring(event),
        cancelled=cancelled,
        subject=text(event.get("subject")),
        meeting_url=join_url(event) or given.get(properties.MEETING_URL, ""),
        categories=tuple(name for name in event.get("categories") or () if isinstance(name, str)),
        about=given.get(properties.ABOUT, ""),
        body=given.get(properties.BODY, "").replace("\r\n", "\n"),
    )


def ref_of(event: Mapping[str, Any]) -> EventRef:
    """Id and version tag, which is the entity tag that ``If-Match`` takes, everywhere the same."""
    event_id = event.get("id")
    etag = etag_of(event)
    if not isinstance(event_id, str) or not event_id or not etag:
        raise TryLater("the answer is incomplete: an event without id or version")
    return EventRef(event_id, etag)


def etag_of(event: Mapping[str, Any]) -> str:
    etag = event.get("@odata.etag")
    if isinstance(etag, str) and etag:
        return etag
    change_key = event.get("changeKey")
    return f'W/"{change_key}"' if isinstance(change_key, str) and change_key else ""


def shown(value: object) -> ShowAs:
    """Members of an enumeration are spelt in any case."""
    return _SHOWN.get(value.casefold(), ShowAs.BUSY) if isinstance(value, str) else ShowAs.BUSY


def is_recurring(event: Mapping[str, Any]) -> bool:
    kind = text(event.get("type")).casefold()
    return kind in {"seriesmaster", "occurrence", "exception"} or bool(
        event.get("recurrence") or event.get("seriesMasterId")
    )


def is_online(event: Mapping[str, Any]) -> bool:
    return event.get("isOnlineMeeting") is True or bool(join_url(event))


def join_url(event: Mapping[str, Any]) -> str:
    """Where to join the event's own online meeting, "" where there is none that we would open."""
    meeting = event.get("onlineMeeting")
    url = text(meeting.get("joinUrl")) if isinstance(meeting, Mapping) else ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme == "https" and parts.hostname:
        return url
    return url if parts.scheme == "http" and parts.hostname in _LOOPBACK else ""


def text(value: object) -> str:
    return value if isinstance(value, str) else ""
