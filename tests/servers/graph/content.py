"""What an event carries beside its times: taking it from requests, checked and in one form."""

from __future__ import annotations

import copy
import html
import re
from typing import Any

from tests.servers.graph.call import GraphError

ENUMS = {
    "showAs": ("unknown", "free", "tentative", "busy", "oof", "workingElsewhere"),
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "importance": ("low", "normal", "high"),
    "onlineMeetingProvider": (
        "unknown",
        "teamsForBusiness",
        "skypeForBusiness",
        "skypeForConsumer",
    ),
}
_FLAGS = (
    "isAllDay",
    "isReminderOn",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
    "isOnlineMeeting",
)
#: Taken from requests elsewhere, or only ever given by the service.
_ELSEWHERE = frozenset({"start", "end", "recurrence", "transactionId"})
_PROPERTIES = "singleValueExtendedProperties"
_READ_ONLY = frozenset(
    (
        "id",
        "changeKey",
        "createdDateTime",
        "lastModifiedDateTime",
        "bodyPreview",
        "cancelledOccurrences",
        "hasAttachments",
        "iCalUId",
        "isCancelled",
        "isDraft",
        "isOrganizer",
        "onlineMeeting",
        "onlineMeetingUrl",
        "organizer",
        "originalEndTimeZone",
        "originalStart",
        "originalStartTimeZone",
        "responseStatus",
        "seriesMasterId",
        "type",
        "webLink",
    )
)
_NO_RESPONSE = {"response": "none", "time": "0001-01-01T00:00:00Z"}


def blank() -> dict[str, Any]:
    """What the service fills in."""
    return {
        "subject": "",
        "body": {"contentType": "html", "content": ""},
        "categories": [],
        "showAs": "busy",
        "sensitivity": "normal",
        "importance": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "responseRequested": True,
        "allowNewTimeProposals": True,
        "hideAttendees": False,
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "onlineMeeting": None,
        "location": {
            "displayName": "",
            "locationType": "default",
            "uniqueIdType": "unknown",
            "address": {},
            "coordinates": {},
        },
        "locations": [],
        "attendees": [],
    }


def taken(payload: dict[str, Any]) -> dict[str, Any]:
    """The stored form of what a POST or PATCH sends; only what it sends. Raises GraphError 400."""
    result: dict[str, Any] = {}
    for name, value in payload.items():
        if "@" in name or name in _ELSEWHERE or name in _READ_ONLY or name == _PROPERTIES:
            continue
        if name in ENUMS:
            result[name] = _member(name, ENUMS[name], value)
        elif name in _FLAGS:
            result[name] = _flag(name, value)
        elif name == "subject":
            result[name] = _text(name, value)[:255]
        elif name == "reminderMinutesBeforeStart":
            result[name] = _number(name, value)
        elif name == "categories":
            result[name] = [_text(name, one) for one in _array(name, value)]
        elif name == "body":
            result[name] = _body(value)
        elif name in {"location", "locations", "attendees"}:
            result[name] = value
        else:
            raise GraphError(
                400,
                "RequestBodyRead",
                f"The property '{name}' does not exist on type 'microsoft.graph.event'."
                " Make sure to only use property names that are defined by the type.",
            )
    if "attendees" in result:
        result["attendees"] = [_attendee(one) for one in _array("attendees", result["attendees"])]
    return result | _places(result)


def shown_body(body: dict[str, Any], *, as_text: bool) -> dict[str, str]:
    """Bodies are HTML unless ``Prefer: outlook.body-content-type="text"``."""
    if as_text:
        return {"contentType": "text", "content": plain(body)}
    if body["contentType"] == "html":
        return {"contentType": "html", "content": body["content"]}
    lines = "<br>\r\n".join(html.escape(body["content"], quote=False).splitlines())
    page = f"<html>\r\n<head>\r\n</head>\r\n<body>\r\n{lines}\r\n</body>\r\n</html>\r\n"
    return {"contentType": "html", "content": page if body["content"] else ""}


def plain(body: dict[str, Any]) -> str:
    """The text of a body without its marks."""
    if body["contentType"] != "html":
        return str(body["content"])
    text = re.sub(r"(?is)<(head|style|script)\b.*?</\1>", "", body["content"])
    text = re.sub(r"(?i)<br\s*/?>|</(p|div)>", "\n", re.sub(r"\r?\n", "", text))
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


def blob(join_url: str) -> str:
    """What Teams writes at the end of a body; without it the meeting goes."""
    line = "_" * 80
    return (
        f'<div><span>{line}</span></div><div><a href="{html.escape(join_url)}">Join Microsoft'
        f" Teams Meeting</a></div><div><span>{line}</span></div>"
    )


def with_blob(body: dict[str, Any], join_url: str) -> dict[str, str]:
    as_html = shown_body(body, as_text=False)["content"] or "<html><body></body></html>"
    head, end, tail = as_html.rpartition("</body>")
    if not end:
        return {"contentType": "html", "content": as_html + blob(join_url)}
    return {"contentType": "html", "content": head + blob(join_url) + end + tail}


def holds_blob(body: dict[str, Any], join_url: str) -> bool:
    return join_url in html.unescape(body["content"])


def _places(result: dict[str, Any]) -> dict[str, Any]:
    """``location`` replaces ``locations``, and the other way round."""
    if "locations" in result:
        every = [_place(one) for one in _array("locations", result["locations"])]
        together = "; ".join(one["displayName"] for one in every)
    elif "location" in result:
        if result["location"] is None:
            result["location"] = {"displayName": ""}
        if not isinstance(result["location"], dict):
            raise _refused("location")
        every = [_place(result["location"])] if result["location"].get("displayName") else []
        together = "; ".join(one["displayName"] for one in every)
    else:
        return {}
    first = copy.deepcopy(blank()["location"])
    if together:
        first = {
            "displayName": together,
            "locationType": "default",
            "uniqueId": together,
            "uniqueIdType": "private",
        }
    return {"location": first, "locations": every}


def _place(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _refused("locations")
    kept = {name: value for name, value in given.items() if "@" not in name}
    kind = str(kept.get("locationType") or "default")
    return kept | {
        "displayName": str(kept.get("displayName") or ""),
        "locationType": kind[:1].lower() + kind[1:],
        "uniqueIdType": "unknown",
    }


def _attendee(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("emailAddress"), dict):
        raise _refused("attendees")
    address = given["emailAddress"]
    if not address.get("address"):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    return {
        "type": _member("type", ("required", "optional", "resource"), given.get("type")),
        "status": _NO_RESPONSE,
        "emailAddress": {
            "name": address.get("name") or address["address"],
            "address": address["address"],
        },
    }


def _body(value: Any) -> dict[str, str]:
    if value is None:
        return {"contentType": "html", "content": ""}
    if not isinstance(value, dict):
        raise _refused("body")
    kind = _member("contentType", ("text", "html"), value.get("contentType") or "text")
    return {"contentType": kind, "content": _text("content", value.get("content"))}


def _member(name: str, members: tuple[str, ...], value: Any) -> str:
    """In any case, as the service takes it."""
    if value is None:
        return members[0]
    for member in members:
        if isinstance(value, str) and member.lower() == value.lower():
            return member
    raise GraphError(
        400, "RequestBodyRead", f"Cannot convert the value '{value}' of '{name}' to its type."
    )


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _refused(name)
    return value


def _number(name: str, value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        raise _refused(name) from None


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _refused(name)
    return value


def _array(name: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _refused(name)
    return value


def _refused(name: str) -> GraphError:
    return GraphError(
        400, "RequestBodyRead", f"The value of property '{name}' could not be read as its type."
    )
