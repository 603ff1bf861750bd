"""Settings of a mailbox: working hours, time zone; categories and known time zones beside them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from tests.servers.graph.access import mailbox_of
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import World
from tests.servers.graph.zones import iana_names, windows_names, zone_of

CUSTOM_ZONE = "#microsoft.graph.customTimeZone"
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_TIME = re.compile(r"^(\d\d):(\d\d)(:\d\d)?(\.\d+)?$")
_STANDARD = re.compile(
    r"TimeZoneStandard=(?:microsoft\.graph\.timeZoneStandard)?'(\w+)'", re.IGNORECASE
)
_SETTINGS = frozenset(
    {
        "automaticRepliesSetting",
        "dateFormat",
        "delegateMeetingMessageDeliveryOptions",
        "language",
        "timeFormat",
        "timeZone",
        "workingHours",
    }
)


class Settings:
    """``permitted`` False: the application lacks MailboxSettings.Read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.permitted = True
        for method, pattern, handler in (
            ("GET", "/users/{user}/mailboxSettings", self._read),
            ("PATCH", "/users/{user}/mailboxSettings", self._change),
            ("GET", "/users/{user}/mailboxSettings/{one}", self._read_one),
            ("GET", "/users/{user}/outlook/masterCategories", self._categories),
            ("POST", "/users/{user}/outlook/masterCategories", self._add_category),
            ("GET", "/users/{user}/outlook/{name}", self._zones),
        ):
            world.routes.add(method, pattern, handler)

    def _box(self, user: str) -> Mailbox:
        if not self.permitted:
            raise GraphError(
                403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
            )
        return mailbox_of(self.world, user)

    def _read(self, call: Call, user: str) -> Answer:
        box = self._box(user)
        body = shown(box)
        if wanted := call.parameter("$select"):
            names = {name.strip().lower() for name in wanted.split(",")}
            body = {name: value for name, value in body.items() if name.lower() in names}
        return Answer(200, {"@odata.context": self._context(box)} | body)

    def _read_one(self, call: Call, user: str, one: str) -> Answer:
        box = self._box(user)
        found = next((v for name, v in shown(box).items() if name.lower() == one.lower()), None)
        if found is None:
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{one}'.")
        body = found if isinstance(found, dict) else {"value": found}
        return Answer(200, {"@odata.context": f"{self._context(box)}/{one}"} | body)

    def _change(self, call: Call, user: str) -> Answer:
        box = self._box(user)
        wish = {name: value for name, value in call.json().items() if "@" not in name}
        for name in wish:
            if name not in _SETTINGS:
                raise GraphError(400, "BadRequest", f"The property '{name}' cannot be set.")
        with self.world.changing():
            if "timeZone" in wish:
                zone_of(wish["timeZone"], every_iana_name=True)
                box.time_zone = wish.pop("timeZone")
            if "workingHours" in wish:
                box.working_hours = _working_hours(box.working_hours, wish.pop("workingHours"))
            if isinstance(replies := wish.get("automaticRepliesSetting"), dict):
                status = str(replies.get("status") or "disabled")
                replies["status"] = status[:1].lower() + status[1:]  # members in any case
            box.settings = box.settings | wish
            return Answer(200, {"@odata.context": self._context(box)} | shown(box))

    def _categories(self, call: Call, user: str) -> Answer:
        box = mailbox_of(self.world, user)
        context = f"https://graph.microsoft.com/v1.0/$metadata#users('{box.object_id}')"
        return Answer(
            200,
            {
                "@odata.context": f"{context}/outlook/masterCategories",
                "value": box.settings.get("masterCategories", []),
            },
        )

    def _add_category(self, call: Call, user: str) -> Answer:
        wish = call.json()
        if not isinstance(wish.get("displayName"), str) or not wish["displayName"]:
            raise GraphError(400, "BadRequest", "A category needs a displayName.")
        with self.world.changing():
            box = mailbox_of(self.world, user)
            known = box.settings.get("masterCategories", [])
            if any(o["displayName"].lower() == wish["displayName"].lower() for o in known):
                raise GraphError(
                    409, "ErrorDuplicateCategory", "A category of this name exists already."
                )
            category = {
                "id": str(uuid.uuid4()),
                "displayName": wish["displayName"],
                "color": wish.get("color") or "none",
            }
            box.settings = box.settings | {"masterCategories": [*known, category]}
        return Answer(201, category)

    def _zones(self, call: Call, user: str, name: str) -> Answer:
        mailbox_of(self.world, user)
        if not name.lower().startswith("supportedtimezones"):
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{name}'.")
        wanted = _STANDARD.search(name)
        iana = wanted is not None and wanted[1].lower() == "iana"
        names = iana_names() if iana else windows_names()
        zones = [{"alias": one, "displayName": one} for one in names]
        context = "$metadata#Collection(microsoft.graph.timeZoneInformation)"
        return Answer(
            200,
            {"@odata.context": f"https://graph.microsoft.com/v1.0/{context}", "value": zones},
        )

    def _context(self, box: Mailbox) -> str:
        root = "https://graph.microsoft.com/v1.0/$metadata"
        return f"{root}#users('{box.object_id}')/mailboxSettings"


def shown(box: Mailbox) -> dict[str, Any]:
    """mailboxSettings as Graph tells them."""
    kept = {name: value for name, value in box.settings.items() if name in _SETTINGS}
    return {
        "automaticRepliesSetting": {"status": "disabled", "externalAudience": "none"},
        "timeZone": box.time_zone,
        "language": {"locale": "el-GR", "displayName": "Greek (Greece)"},
        "dateFormat": "d/M/yyyy",
        "timeFormat": "h:mm tt",
        "userPurpose": "user",
        "workingHours": box.working_hours,
    } | kept


def _working_hours(former: dict[str, Any], wish: Any) -> dict[str, Any]:
    if not isinstance(wish, dict):
        raise GraphError(400, "BadRequest", "workingHours must be an object.")
    result = dict(former)
    for name, value in wish.items():
        if "@" in name:
            continue
        if name == "daysOfWeek":
            days = [str(day).lower() for day in value]
            if not set(days) <= set(_DAYS):
                raise GraphError(400, "BadRequest", "daysOfWeek has an unknown day.")
            result[name] = days
        elif name in ("startTime", "endTime"):
            if not _TIME.match(str(value)):
                raise GraphError(400, "BadRequest", f"{name} must be a time of day.")
            result[name] = f"{str(value)[:8]:0<8}.0000000"
        elif name == "timeZone":
            result[name] = _zone(value)
        else:
            raise GraphError(400, "BadRequest", f"The property '{name}' is not known.")
    return result


def _zone(value: Any) -> dict[str, Any]:
    """A name, or a rule of its own with offsets in minutes (customTimeZone)."""
    if not isinstance(value, dict) or not value.get("name"):
        raise GraphError(400, "BadRequest", "timeZone needs a name.")
    if value.get("@odata.type") != CUSTOM_ZONE:
        zone_of(str(value["name"]), every_iana_name=True)
        return {"name": value["name"]}
    return {
        "@odata.type": CUSTOM_ZONE,
        "bias": int(value.get("bias") or 0),
        "name": value["name"],
        "standardOffset": _offset(value.get("standardOffset")),
        "daylightOffset": _offset(value.get("daylightOffset")),
    }


def _offset(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    day = value.get("dayOfWeek")
    return value | ({"dayOfWeek": str(day).lower()} if day else {})
