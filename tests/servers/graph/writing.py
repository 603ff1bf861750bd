"""Creating and changing events: times, series, Teams links, mails, repeated transactions."""

from __future__ import annotations

import copy
import hashlib
import json
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from tests.servers.graph import content as contents
from tests.servers.graph import odata, series
from tests.servers.graph.call import Call, GraphError
from tests.servers.graph.items import Instance, Item
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.zones import read_wall, to_utc, zone_of


def create(box: Mailbox, calendar: str, call: Call) -> Item:
    """Inside ``world.changing()``. Raises GraphError 400."""
    payload = call.json()
    content = contents.blank() | contents.taken(payload)
    if not isinstance(payload.get("start"), dict) or not isinstance(payload.get("end"), dict):
        raise _invalid("An event needs start and end.")
    start, zone = _time(box, payload["start"])
    end, end_zone = _time(box, payload["end"])
    _in_order(start, zone, end, end_zone, all_day=content["isAllDay"])
    recurrence = None
    if payload.get("recurrence"):
        recurrence = series.normal(payload["recurrence"], start, zone)
    wants_link = content.pop("isOnlineMeeting")
    content |= {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown"}
    item = box.insert(
        start=start,
        end=end,
        zone=zone,
        end_zone=end_zone,
        content=content,
        calendar=calendar,
        recurrence=recurrence,
        properties=_properties(payload),
        transaction=payload.get("transactionId"),
    )
    if wants_link:
        open_meeting(box, item, call)
    _mail(box, item.content["attendees"], "invitation")
    return item


def change(box: Mailbox, item: Item, call: Call) -> None:
    """A sparse PATCH of a single event or a whole series."""
    payload = call.json()
    wanted = contents.taken(payload)
    if "transactionId" in payload and payload["transactionId"] != item.transaction:
        raise GraphError(400, "ErrorInvalidPropertySet", "transactionId cannot be changed.")
    start, zone = datetime.fromisoformat(item.start), item.zone
    end, end_zone = datetime.fromisoformat(item.end), item.end_zone
    if payload.get("start"):
        start, zone = _time(box, payload["start"])
    if payload.get("end"):
        end, end_zone = _time(box, payload["end"])
    all_day = wanted.get("isAllDay", item.all_day)
    _in_order(start, zone, end, end_zone, all_day=all_day)
    moved = (start.isoformat(), end.isoformat()) != (item.start, item.end) or zone != item.zone
    recurrence = copy.deepcopy(item.recurrence)
    if "recurrence" in payload:
        given = payload["recurrence"]
        recurrence = series.normal(given, start, zone) if given else None
    vanished: list[str] = []
    if item.recurrence is not None and (moved or recurrence != item.recurrence):
        if recurrence is not None and "recurrence" not in payload:
            recurrence["range"]["startDate"] = start.date().isoformat()
        before = _dates(item)
        item.overrides, item.removed = {}, []
        item.recurrence = recurrence
        vanished = [day for day in before if day not in (_dates(item) if recurrence else [])]
    item.recurrence = recurrence
    item.start, item.zone, item.end, item.end_zone = (
        start.isoformat(),
        zone,
        end.isoformat(),
        end_zone,
    )
    item.properties |= _properties(payload)
    _mail_changes(box, item.content["attendees"], wanted, moved)
    item.content = _merged(box, item, wanted, call)
    box.note(item, "updated", vanished=vanished)


def change_occurrence(box: Mailbox, item: Item, original: date, call: Call) -> None:
    """A PATCH of one occurrence makes an exception of it."""
    payload = call.json()
    wanted = contents.taken(payload)
    wanted.pop("isOnlineMeeting", None)
    wanted.pop("onlineMeetingProvider", None)
    one = series.instance_of(item, original)
    assert one is not None
    zone = zone_of(item.zone, every_iana_name=True)
    times = {"start": one.start, "end": one.end}
    for name in times:
        if payload.get(name):
            wall, name_of_zone = _time(box, payload[name])
            times[name] = to_utc(wall, zone_of(name_of_zone, every_iana_name=True))
    if times["end"] < times["start"]:
        raise _too_early()
    _not_crossing(item, one, times["start"])
    former = item.overrides.get(original.isoformat(), {"content": {}})
    item.overrides[original.isoformat()] = {
        "start": times["start"].astimezone(zone).replace(tzinfo=None).isoformat(),
        "end": times["end"].astimezone(zone).replace(tzinfo=None).isoformat(),
        "content": former["content"] | wanted,
    }
    _mail_changes(box, item.content["attendees"], wanted, "start" in payload or "end" in payload)
    box.note(item, "updated", original=original, occurrence="changed")


def remove(box: Mailbox, item: Item, original: date | None, reason: str) -> None:
    _mail(box, item.content["attendees"], reason)
    if original is None:
        box.erase(item)
        return
    item.overrides.pop(original.isoformat(), None)
    item.removed.append(original.isoformat())
    box.note(item, "updated", original=original, occurrence="removed")


def digest(call: Call) -> str:
    """Whether two POSTs have the same content."""
    return hashlib.sha256(json.dumps(call.json(), sort_keys=True).encode()).hexdigest()


def open_meeting(box: Mailbox, item: Item, call: Call) -> None:
    """The Teams link, unless the mailbox, a fault or a switch keeps it away."""
    switch = box.world.switches.teams_link
    if not box.teams or "no_link" in call.flags or switch == "never":
        return
    meeting = uuid.uuid4()
    if box.world.join_base.startswith("https://teams.microsoft.com/"):
        context = quote(json.dumps({"Tid": box.world.tenant, "Oid": box.object_id}), safe="")
        name = quote(f"19:meeting_{meeting.hex}@thread.v2", safe="")
        join_url = f"{box.world.join_base}{name}/0?context={context}"
    else:
        join_url = f"{box.world.join_base}{meeting.hex}"
    number = str(meeting.int % 10**9).rjust(9, "1")
    box.world.meetings[join_url] = {
        "id": f"MSo{meeting.hex}",
        "joinUrl": join_url,
        "organizer": box.address,
        "subject": item.content["subject"],
        "start": item.start_utc.isoformat(),
        "end": item.end_utc.isoformat(),
    }
    item.content |= {
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "onlineMeeting": {"joinUrl": join_url, "conferenceId": number, "tollNumber": "+30 21 0000"},
        "body": contents.with_blob(item.content["body"], join_url),
    }
    if switch == "later" or "late_link" in call.flags:
        item.link_hidden_for = box.world.switches.teams_link_answers


def _merged(box: Mailbox, item: Item, wanted: dict[str, Any], call: Call) -> dict[str, Any]:
    """Content after a PATCH: a Teams meeting can be switched on, and lost by its body only."""
    online = wanted.pop("isOnlineMeeting", None)
    wanted.pop("onlineMeetingProvider", None)
    former = item.content
    item.content = former | wanted
    if former["isOnlineMeeting"]:
        join_url = former["onlineMeeting"]["joinUrl"]
        if "body" in wanted and not contents.holds_blob(wanted["body"], join_url):
            box.world.meetings.pop(join_url, None)
            item.content |= {
                "isOnlineMeeting": False,
                "onlineMeetingProvider": "unknown",
                "onlineMeeting": None,
            }
    elif online:
        open_meeting(box, item, call)
    return item.content


def _time(box: Mailbox, given: Any) -> tuple[datetime, str]:
    if not isinstance(given, dict):
        raise GraphError(
            400, "RequestBodyRead", "A 'dateTimeTimeZone' value was expected for start and end."
        )
    wall = read_wall(given.get("dateTime"))
    name = given.get("timeZone") or "UTC"
    zone_of(name, every_iana_name=box.world.switches.iana_zones == "all")
    return wall, name


def _in_order(start: datetime, zone: str, end: datetime, end_zone: str, *, all_day: bool) -> None:
    begin = to_utc(start, zone_of(zone, every_iana_name=True))
    finish = to_utc(end, zone_of(end_zone, every_iana_name=True))
    if finish < begin:
        raise _too_early()
    if not all_day:
        return
    if start.time() != time.min or end.time() != time.min or zone != end_zone:
        raise _invalid(
            "The Event.Start and Event.End of an all-day event need to be set to midnight, in the"
            " same time zone."
        )
    if end - start < timedelta(days=1):
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "The duration of an event marked as All day must be at least 24 hours.",
        )


def _not_crossing(item: Item, one: Instance, start: datetime) -> None:
    """An occurrence may not be moved to or past the day of its neighbour."""
    around = series.instances(item, one.start - timedelta(days=400), one.end + timedelta(days=400))
    before = [o.start for o in around if o.original and one.original and o.original < one.original]
    after = [o.start for o in around if o.original and one.original and o.original > one.original]
    if (before and start <= max(before)) or (after and start >= min(after)):
        raise GraphError(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )


def _properties(payload: dict[str, Any]) -> dict[str, str]:
    found = {}
    for one in payload.get("singleValueExtendedProperties") or []:
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            raise _invalid("An extended property needs an id and a value.")
        found[odata.property_key(one["id"])] = str(one.get("value", ""))
    return found


def _dates(item: Item) -> list[str]:
    begin = datetime.fromisoformat(item.start) - timedelta(days=366)
    return [day.isoformat() for day in series.originals(item, begin, begin + timedelta(days=1500))]


def _mail(box: Mailbox, attendees: list[dict[str, Any]], reason: str) -> None:
    for one in attendees:
        mail = (box.address, one["emailAddress"]["address"], reason)
        box.world.mails_to_attendees.append(mail)


def _mail_changes(
    box: Mailbox, former: list[dict[str, Any]], wanted: dict[str, Any], moved: bool
) -> None:
    """Only a change of nothing but attendees spares those who stay."""
    if set(wanted) == {"attendees"} and not moved:
        known = {one["emailAddress"]["address"].lower() for one in former}
        now = {one["emailAddress"]["address"].lower() for one in wanted["attendees"]}
        kept = known & now
        every = [*former, *wanted["attendees"]]
        _mail(box, [o for o in every if o["emailAddress"]["address"].lower() not in kept], "update")
    elif wanted or moved:
        _mail(box, wanted.get("attendees", former), "update")


def _too_early() -> GraphError:
    return GraphError(
        400,
        "ErrorPropertyValidationFailure",
        "At least one property failed validation. The end is earlier than the start.",
    )


def _invalid(message: str) -> GraphError:
    return GraphError(400, "ErrorPropertyValidationFailure", message)
