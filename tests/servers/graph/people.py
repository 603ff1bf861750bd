"""Users and calendars as resources of their own."""

from __future__ import annotations

from typing import Any

from tests.servers.graph import ids, odata
from tests.servers.graph.access import calendar_of, mailbox_of, not_found, unknown_user
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import World


def install(world: World) -> None:
    people = People(world)
    world.routes.add("GET", "/users", people.users)
    world.routes.add("GET", "/users/{user}", people.user)
    world.routes.add("GET", "/users/{user}/calendars", people.calendars)
    world.routes.add("POST", "/users/{user}/calendars", people.add_calendar)
    world.routes.add("GET", "/users/{user}/calendar", people.calendar)
    world.routes.add("GET", "/users/{user}/calendars/{calendar}", people.calendar)
    world.routes.add("DELETE", "/users/{user}/calendars/{calendar}", people.remove_calendar)


class People:
    def __init__(self, world: World) -> None:
        self.world = world

    def users(self, call: Call) -> Answer:
        with self.world.lock:
            found = list(self.world.mailboxes.values())
            body = odata.page(call, self.world.base_url, found, lambda box: _user(call, box))
        return self._answer("users", body)

    def user(self, call: Call, *, user: str) -> Answer:
        with self.world.lock:
            box = self.world.mailbox(user)
            if box is None:
                raise unknown_user(self.world, user)
            return self._answer("users/$entity", _user(call, box))

    def calendars(self, call: Call, *, user: str) -> Answer:
        with self.world.lock:
            box = mailbox_of(self.world, user)
            found = list(box.calendars)
            body = odata.page(call, self.world.base_url, found, lambda one: _calendar(box, one))
        return self._answer(f"users('{box.object_id}')/calendars", body)

    def calendar(self, call: Call, *, user: str, calendar: str | None = None) -> Answer:
        with self.world.lock:
            box = mailbox_of(self.world, user)
            shown = _calendar(box, calendar_of(box, calendar))
        return self._answer(f"users('{box.object_id}')/calendars/$entity", shown)

    def add_calendar(self, call: Call, *, user: str) -> Answer:
        with self.world.changing():
            box = mailbox_of(self.world, user)
            name = str(call.json().get("name") or "")
            if not name:
                raise GraphError(400, "ErrorInvalidParameter", "A calendar needs a name.")
            if name in box.calendars.values():
                raise GraphError(
                    409, "ErrorFolderExists", "A folder with the specified name already exists."
                )
            shown = _calendar(box, box.add_calendar(name))
        answer = self._answer(f"users('{box.object_id}')/calendars/$entity", shown)
        answer.status = 201
        return answer

    def remove_calendar(self, call: Call, *, user: str, calendar: str) -> Answer:
        with self.world.changing():
            box = mailbox_of(self.world, user)
            if calendar_of(box, calendar) == box.default_calendar:
                raise GraphError(
                    400, "ErrorDeleteDistinguishedFolder", "This folder cannot be deleted."
                )
            for item in box.in_calendar(calendar):
                box.erase(item)
            if box.calendars.pop(calendar, None) is None:
                raise not_found()
        return Answer(204)

    def _answer(self, context: str, body: dict[str, Any]) -> Answer:
        return Answer(200, {"@odata.context": f"{self.world.base_url}/$metadata#{context}", **body})


def _user(call: Call, box: Mailbox) -> dict[str, Any]:
    first, _, last = box.name.partition(" ")
    user = {
        "id": box.object_id,
        "displayName": box.name,
        "givenName": first,
        "surname": last,
        "mail": box.address,
        "userPrincipalName": box.address,
        "jobTitle": None,
    }
    if wanted := call.parameter("$select"):
        names = {name.strip().lower() for name in wanted.split(",")}
        user = {name: value for name, value in user.items() if name.lower() in names}
    return user


def _calendar(box: Mailbox, calendar: str) -> dict[str, Any]:
    default = calendar == box.default_calendar
    return {
        "id": calendar,
        "name": box.calendars[calendar],
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": default,
        "changeKey": ids.change_key(box.address, 1),
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"] if box.teams else [],
        "defaultOnlineMeetingProvider": "teamsForBusiness" if box.teams else "unknown",
        "isTallyingResponses": default,
        "isRemovable": not default,
        "owner": {"name": box.name, "address": box.address},
    }
