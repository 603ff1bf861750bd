"""OData's query options: which are known, $select, $expand, $orderby, paging."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from tests.servers.graph.call import Call, GraphError

EVENT_PROPERTIES = frozenset(
    (
        "id",
        "categories",
        "changeKey",
        "createdDateTime",
        "lastModifiedDateTime",
        "allowNewTimeProposals",
        "attendees",
        "body",
        "bodyPreview",
        "cancelledOccurrences",
        "end",
        "hasAttachments",
        "hideAttendees",
        "iCalUId",
        "importance",
        "isAllDay",
        "isCancelled",
        "isDraft",
        "isOnlineMeeting",
        "isOrganizer",
        "isReminderOn",
        "location",
        "locations",
        "onlineMeeting",
        "onlineMeetingProvider",
        "onlineMeetingUrl",
        "organizer",
        "originalEndTimeZone",
        "originalStart",
        "originalStartTimeZone",
        "recurrence",
        "reminderMinutesBeforeStart",
        "responseRequested",
        "responseStatus",
        "sensitivity",
        "seriesMasterId",
        "showAs",
        "start",
        "subject",
        "transactionId",
        "type",
        "webLink",
    )
)
EXPANDABLE = frozenset({"singlevalueextendedproperties", "calendar", "instances", "attachments"})
DEFAULT_PAGE, LARGEST_PAGE = 10, 1000


def known_only(call: Call, *names: str, strict: bool = True) -> None:
    """Raises GraphError 400 for a query option beside ``names`` (any case, $ optional)."""
    known = {name.lower().removeprefix("$") for name in names}
    for given, _ in call.query:
        bare = given.lower().removeprefix("$")
        if bare in known or not (strict or given.startswith("$")):
            continue
        raise GraphError(
            400,
            "RequestBroker--ParseUri",
            f"The query parameter '{given}' is not supported for this request.",
        )


def selected(call: Call) -> set[str] | None:
    """Lower-case names; None without $select."""
    text = call.parameter("$select")
    if not text or text.strip() == "*":
        return None
    names = {name.strip().lower() for name in text.split(",") if name.strip()}
    known = {name.lower() for name in EVENT_PROPERTIES} | EXPANDABLE
    for name in sorted(names - known):
        raise GraphError(
            400,
            "RequestBroker--ParseUri",
            f"Could not find a property named '{name}' on type 'microsoft.graph.event'.",
        )
    return names


def only(event: dict[str, Any], names: set[str] | None) -> dict[str, Any]:
    """id and annotations stay whatever is selected."""
    if names is None:
        return event
    return {
        name: value
        for name, value in event.items()
        if name == "id" or name.startswith("@") or name.lower() in names
    }


def expanded_properties(call: Call) -> set[str] | None:
    """Ids of the extended properties that $expand asks for, in lower case; None: none asked."""
    text = call.parameter("$expand")
    if not text:
        return None
    pattern = r"\s*singleValueExtendedProperties\s*(?:\(\s*\$filter\s*=(.*)\))?\s*$"
    match = re.match(pattern, text, re.IGNORECASE | re.DOTALL)
    if match is None:
        if text.strip().lower() in EXPANDABLE:
            return None
        raise GraphError(
            400, "RequestBroker--ParseUri", f"The expand option '{text}' is not supported."
        )
    if match[1] is None:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            "An extended property filter is required to expand singleValueExtendedProperties.",
        )
    wanted = set()
    for part in re.split(r"\s+or\s+", match[1].strip()):
        one = re.fullmatch(r"\(?\s*id\s+eq\s+'((?:[^']|'')*)'\s*\)?", part.strip())
        if one is None:
            raise GraphError(
                400, "RequestBroker--ParseUri", f"The filter clause '{part}' is not supported."
            )
        wanted.add(property_key(one[1].replace("''", "'")))
    return wanted


def property_key(given: str) -> str:
    """``String {GUID} Name x``: the type and GUID in any case, the name as written."""
    match = re.fullmatch(
        r"(\w+)\s+\{([0-9a-fA-F-]{36})\}\s+(Name|Id)\s+(\S.*)", given.strip(), re.IGNORECASE
    )
    if match is None:
        raise GraphError(
            400,
            "ErrorInvalidExtendedProperty",
            f"The extended property id '{given}' is not valid.",
        )
    kind, guid, way, name = match.groups()
    return f"{kind.capitalize()} {{{guid.lower()}}} {way.capitalize()} {name}"


def whole_number(call: Call, name: str, default: int) -> int:
    text = call.parameter(name)
    if text is None:
        return default
    if not text.isdigit():
        raise GraphError(
            400, "RequestBroker--ParseUri", f"Invalid value '{text}' for {name} query option."
        )
    return int(text)


def ordered(
    call: Call, events: Iterable[dict[str, Any]], value: Callable[[dict[str, Any], str], Any]
) -> list[dict[str, Any]]:
    """By $orderby, last criterion first, so that the first one decides."""
    result = list(events)
    for part in reversed((call.parameter("$orderby") or "").split(",")):
        name, _, direction = part.strip().partition(" ")
        if not name:
            continue
        if name.split("/")[0].lower() not in {name.lower() for name in EVENT_PROPERTIES}:
            raise GraphError(400, "RequestBroker--ParseUri", f"Could not order by '{name}'.")
        pairs = [(str(value(event, name)), event) for event in result]
        pairs.sort(key=lambda pair: pair[0], reverse=direction.strip().lower() == "desc")
        result = [event for _, event in pairs]
    return result


def page(
    call: Call, base_url: str, found: Sequence[Any], render: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """The collection with ``value`` and, where more follows, ``@odata.nextLink``.

    Graph gives ten where nobody asks for more."""
    preferred = call.prefer.get("odata.maxpagesize", "")
    default = int(preferred) if preferred.isdigit() and int(preferred) else DEFAULT_PAGE
    top = whole_number(call, "$top", default)
    if top > LARGEST_PAGE or top < 1:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            f"The value of $top must be between 1 and {LARGEST_PAGE}, and is {top}.",
        )
    skip = whole_number(call, "$skip", 0)
    result: dict[str, Any] = {}
    if (call.parameter("$count") or "").lower() == "true":
        result["@odata.count"] = len(found)
    result["value"] = [render(one) for one in found[skip : skip + top]]
    if skip + top < len(found):
        rest = [
            (name, value) for name, value in call.query if name.lower() not in {"$skip", "skip"}
        ]
        query = urlencode([*rest, ("$skip", str(skip + top))], quote_via=quote, safe="$:,/'()=")
        result["@odata.nextLink"] = f"{base_url}{call.path}?{query}"
    return result
