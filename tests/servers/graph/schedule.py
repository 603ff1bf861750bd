"""getSchedule: free/busy of the default calendars of several mailboxes."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.servers.graph import rendering
from tests.servers.graph.access import mailbox_of
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.items import Instance
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.views import standing
from tests.servers.graph.world import World
from tests.servers.graph.zones import read_wall, to_utc, written, zone_of

_LONGEST = timedelta(days=62)
_DIGIT = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3, "unknown": 2}


def install(world: World) -> None:
    schedule = Schedule(world)
    for base in ("/users/{user}/calendar", "/users/{user}/calendars/{calendar}"):
        world.routes.add("POST", f"{base}/getSchedule", schedule.answer)


class Schedule:
    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, *, user: str, calendar: str | None = None) -> Answer:
        """``calendar`` makes no difference: schedules are those of the default calendars."""
        payload = {name.lower(): value for name, value in call.json().items()}
        unknown = set(payload) - {"schedules", "starttime", "endtime", "availabilityviewinterval"}
        if unknown:
            raise _refused(f"Unknown parameter: {min(unknown)}.")
        with self.world.lock:
            mailbox_of(self.world, user)
            schedules = self._schedules(payload.get("schedules"))
            start, end = self._time(payload.get("starttime")), self._time(payload.get("endtime"))
            if end <= start:
                raise _refused("The end time must be later than the start time.")
            if end - start >= _LONGEST:
                raise GraphError(
                    400, "5006", "The requested time window is too long; at most 62 days."
                )
            minutes = self._interval(payload.get("availabilityviewinterval"))
            if end - start < timedelta(minutes=minutes):
                raise GraphError(400, "5011", "The time window is shorter than the interval.")
            zone_name = call.prefer.get("outlook.timezone", "UTC")
            zone = zone_of(zone_name, every_iana_name=self.world.switches.iana_zones == "all")
            value = [
                self._one(address, start, end, minutes, zone, zone_name) for address in schedules
            ]
        context = f"{self.world.base_url}/$metadata#Collection(microsoft.graph.scheduleInformation)"
        return Answer(200, {"@odata.context": context, "value": value}, rendering.applied(call))

    def _schedules(self, given: Any) -> list[str]:
        if not isinstance(given, list) or not given or not all(isinstance(a, str) for a in given):
            raise _refused("schedules needs at least one address.")
        most = self.world.switches.schedules_at_most
        if len(given) > most:
            raise GraphError(
                400,
                "ErrorMailboxDataArrayTooBig",
                f"There are too many mailboxes in the request: {len(given)}; at most {most}.",
            )
        return given

    def _time(self, given: Any) -> datetime:
        if not isinstance(given, dict):
            raise _refused("startTime and endTime are needed.")
        every = self.world.switches.iana_zones == "all"
        zone = zone_of(given.get("timeZone"), every_iana_name=every)
        return to_utc(read_wall(given.get("dateTime")), zone)

    def _interval(self, given: Any) -> int:
        try:
            minutes = int(given if given is not None else 30)
        except (TypeError, ValueError):
            raise _refused("availabilityViewInterval is a number of minutes.") from None
        if not 5 <= minutes <= 1440:
            raise GraphError(400, "5018", "The interval must be between 5 and 1440 minutes.")
        return minutes

    def _one(
        self,
        address: str,
        start: datetime,
        end: datetime,
        minutes: int,
        zone: ZoneInfo,
        zone_name: str,
    ) -> dict[str, Any]:
        box = self.world.mailbox(address)
        if box is None or not box.enabled or box.address.lower() != address.lower():
            return _failed(
                address,
                "ErrorMailRecipientNotFound",
                "Unable to resolve e-mail address to an Active Directory object.",
            )
        if not self.world.allowed(box) and self.world.switches.schedule_outside_scope == "error":
            return _failed(address, "ErrorNoFreeBusyAccess", "No free/busy access.")
        if box.schedule_error:
            return _failed(address, box.schedule_error, "The free/busy data could not be read.")
        found = standing(box, box.default_calendar, start, end)
        if len(found) > self.world.switches.schedule_entries:
            return _failed(
                address, "ErrorFreeBusyGenerationFailed", "Too many entries in the time window."
            )
        slots = _slots(found, start, end, minutes)
        return {
            "scheduleId": address,
            "availabilityView": "".join(str(digit) for digit in slots),
            "scheduleItems": [self._item(box, one, zone, zone_name) for one in found],
            "workingHours": box.working_hours,
        }

    def _item(self, box: Mailbox, one: Instance, zone: ZoneInfo, zone_name: str) -> dict[str, Any]:
        content = one.content
        item = {
            "status": content["showAs"],
            "start": written(one.start, zone, zone_name),
            "end": written(one.end, zone, zone_name),
        }
        private = content["sensitivity"] in {"private", "confidential"}
        if self.world.switches.schedule_details:
            item["isPrivate"] = private
            if not private:
                item["subject"] = content["subject"]
                item["location"] = content["location"]["displayName"]
        return item


def _slots(found: list[Instance], start: datetime, end: datetime, minutes: int) -> list[int]:
    step = timedelta(minutes=minutes)
    slots = [0] * math.ceil((end - start) / step)
    for one in found:
        first = max(0, (one.start - start) // step)
        last = min(len(slots), math.ceil((one.end - start) / step))
        for index in range(first, last):
            slots[index] = max(slots[index], _DIGIT[one.content["showAs"]])
    return slots


def _failed(address: str, code: str, message: str) -> dict[str, Any]:
    return {
        "scheduleId": address,
        "availabilityView": "",
        "scheduleItems": [],
        "error": {"message": message, "responseCode": code},
    }


def _refused(message: str) -> GraphError:
    return GraphError(400, "ErrorInvalidParameter", message)
