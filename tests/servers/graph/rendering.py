"""An event as Graph shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests.servers.graph import content as contents
from tests.servers.graph import ids, odata
from tests.servers.graph.call import Call
from tests.servers.graph.items import Instance, Item, itself
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.zones import stamp, to_utc, written, zone_of

_UTC = ZoneInfo("UTC")
_UNANSWERED = "0001-01-01T00:00:00Z"


@dataclass(frozen=True)
class View:
    """What a request prefers, and what it selects and expands."""

    immutable: bool = False
    zone_name: str = "UTC"
    zone: ZoneInfo = _UTC
    text_body: bool = False
    select: frozenset[str] | None = None
    properties: frozenset[str] | None = None
    floating: bool = True  #: all-day events keep their dates in every zone

    def shows(self, name: str) -> bool:
        """``name`` in lower case."""
        return self.select is None or name in self.select


PLAIN = View()
IMMUTABLE = View(immutable=True)


def view_of(call: Call, box: Mailbox, *, options: bool = True) -> View:
    """Raises GraphError 400. Without ``options`` $select and $expand are not looked at."""
    every = box.world.switches.iana_zones == "all"
    zone_name = call.prefer.get("outlook.timezone", "UTC")
    select = odata.selected(call) if options else None
    expand = odata.expanded_properties(call) if options else None
    return View(
        immutable=call.immutable_ids,
        zone_name=zone_name,
        zone=zone_of(zone_name, every_iana_name=every),
        text_body=call.prefer.get("outlook.body-content-type", "").lower() == "text",
        select=frozenset(select) if select is not None else None,
        properties=frozenset(expand) if expand is not None else None,
        floating=box.world.switches.all_day_reading == "midnight",
    )


def applied(call: Call) -> dict[str, str]:
    """The answer's header that tells which preferences were kept."""
    kept = [
        f'{name}="{value}"'
        for name, value in call.prefer.items()
        if name in {"outlook.timezone", "idtype", "outlook.body-content-type"}
    ]
    return {"Preference-Applied": ", ".join(kept)} if kept else {}


def name_of(box: Mailbox, item: Item, original: date | None, *, immutable: bool) -> str:
    """The id in the form asked for."""
    if immutable:
        return ids.immutable_id(item.uid, original)
    return ids.plain_id(item.uid, item.calendar, item.moves, original)


def as_graph(box: Mailbox, item: Item, view: View = IMMUTABLE) -> dict[str, Any]:
    """The single event or the master."""
    return instance_as_graph(box, itself(item), view)


def instance_as_graph(box: Mailbox, one: Instance, view: View = IMMUTABLE) -> dict[str, Any]:
    """All properties, then what the view selects and expands. Not to be changed: it shares parts
    with what is stored."""
    item, content = one.item, one.content
    event_id = name_of(box, item, one.original, immutable=view.immutable)
    key = ids.change_key(box.address, item.version)
    event: dict[str, Any] = {"@odata.etag": f'W/"{key}"', "id": event_id}
    event |= {
        "createdDateTime": item.created,
        "lastModifiedDateTime": item.modified,
        "changeKey": key,
        "iCalUId": item.ical_uid,
        "originalStartTimeZone": item.zone,
        "originalEndTimeZone": item.end_zone,
        "hasAttachments": False,
        "bodyPreview": contents.plain(content["body"])[:255] if view.shows("bodypreview") else "",
        "isOrganizer": True,
        "isDraft": False,
        "type": one.type,
        "seriesMasterId": None,
        "recurrence": item.recurrence if one.original is None else None,
        "webLink": "https://outlook.office365.com/owa/?itemid="
        f"{quote(event_id, safe='')}&exvsurl=1&path=/calendar/item",
        "onlineMeetingUrl": None,
        "responseStatus": {"response": "organizer", "time": _UNANSWERED},
        "organizer": {"emailAddress": {"name": box.name, "address": box.address}},
    }
    event |= content
    if view.shows("body"):
        event["body"] = contents.shown_body(content["body"], as_text=view.text_body)
    event["start"], event["end"] = shown_times(one, view)
    if item.transaction is not None:
        event["transactionId"] = item.transaction
    if one.original is not None:
        event["seriesMasterId"] = name_of(box, item, None, immutable=view.immutable)
        event["originalStart"] = stamp(_rule_start(one))
    elif item.recurrence is not None and view.select and "cancelledoccurrences" in view.select:
        event["cancelledOccurrences"] = [f"OID.{item.uid}.{day}" for day in item.removed]
    return _finished(event, item, view)


def bare(box: Mailbox, one: Instance, view: View) -> dict[str, Any]:
    """An occurrence as calendarView/delta gives it: who it is and when, nothing else."""
    start, end = shown_times(one, view)
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": f'W/"{ids.change_key(box.address, one.item.version)}"',
        "seriesMasterId": name_of(box, one.item, None, immutable=view.immutable),
        "type": one.type,
        "id": name_of(box, one.item, one.original, immutable=view.immutable),
        "start": start,
        "end": end,
    }


def shown_times(one: Instance, view: View) -> tuple[dict[str, str], dict[str, str]]:
    """All-day events read "midnight" keep their dates in whatever zone is asked for."""
    if one.content["isAllDay"] and view.floating:
        return _midnight(one, "start", view), _midnight(one, "end", view)
    return (
        written(one.start, view.zone, view.zone_name),
        written(one.end, view.zone, view.zone_name),
    )


def looked_at(box: Mailbox, one: Instance) -> dict[str, Any]:
    """What $filter and $orderby look at: the event in UTC."""
    return instance_as_graph(box, one, PLAIN)


def _midnight(one: Instance, name: str, view: View) -> dict[str, str]:
    item = one.item
    if one.original is None:
        wall = datetime.fromisoformat(getattr(item, name))
    else:
        moment = one.start if name == "start" else one.end
        wall = moment.astimezone(zone_of(item.zone, every_iana_name=True)).replace(tzinfo=None)
    return {"dateTime": wall.isoformat(timespec="microseconds") + "0", "timeZone": view.zone_name}


def _rule_start(one: Instance) -> datetime:
    assert one.original is not None
    at = datetime.fromisoformat(one.item.start).time()
    zone = zone_of(one.item.zone, every_iana_name=True)
    return to_utc(datetime.combine(one.original, at), zone)


def _finished(event: dict[str, Any], item: Item, view: View) -> dict[str, Any]:
    event = odata.only(event, set(view.select) if view.select is not None else None)
    if view.properties is not None:
        kept = [
            {"id": key, "value": value}
            for key, value in item.properties.items()
            if key in view.properties
        ]
        if kept:
            event["singleValueExtendedProperties"] = kept
    return event
