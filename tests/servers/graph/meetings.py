"""Online meetings: found by their join address, options set where the tenant allows it.

Reading and setting them needs a Teams application access policy beside the permission
(concepts/cloud-communication-online-meeting-application-access-policy.md).
"""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import World
from tests.servers.graph.zones import stamp

_FILTER = re.compile(
    r"^\s*(JoinWebUrl|joinMeetingIdSettings/joinMeetingId)\s+eq\s+'((?:[^']|'')+)'\s*$",
    re.IGNORECASE,
)
_SCOPES = (
    "organizer",
    "organization",
    "organizationAndFederated",
    "everyone",
    "invited",
    "organizationExcludingGuests",
)
_PRESENTERS = ("everyone", "organization", "roleIsPresenter", "organizer")
_ADMITTERS = ("organizerAndCoOrganizersAndPresenters", "organizerAndCoOrganizers")
_FLAGS = (
    "allowAttendeeToEnableCamera",
    "allowAttendeeToEnableMic",
    "allowBreakoutRooms",
    "allowCopyingAndSharingMeetingContent",
    "allowParticipantsToChangeName",
    "allowPowerPointSharing",
    "allowRecording",
    "allowTeamworkReactions",
    "allowTranscription",
    "allowWhiteboard",
    "isEndToEndEncryptionEnabled",
    "isEntryExitAnnounced",
    "recordAutomatically",
)
_DEFAULTS: dict[str, Any] = {
    "allowedPresenters": "everyone",
    "allowRecording": True,
    "allowTranscription": True,
    "isEntryExitAnnounced": True,
    "lobbyBypassSettings": {"scope": "organization", "isDialInBypassEnabled": False},
    "recordAutomatically": False,
}


class Meetings:
    """``granted``: whose meetings the application may reach, True for the policy ``-Global``."""

    def __init__(self, world: World, client_of: Callable[[str], str] = lambda token: "") -> None:
        self.world = world
        self.granted: bool | set[str] = False
        self._client_of = client_of
        for method, pattern, handler in (
            ("GET", "/users/{user}/onlineMeetings", self._find),
            ("POST", "/users/{user}/onlineMeetings", self._create),
            ("GET", "/users/{user}/onlineMeetings/{meeting}", self._get),
            ("PATCH", "/users/{user}/onlineMeetings/{meeting}", self._change),
            ("DELETE", "/users/{user}/onlineMeetings/{meeting}", self._delete),
        ):
            world.routes.add(method, pattern, handler)

    def options(self, join_url: str) -> dict[str, Any]:
        """What is set for the meeting behind a join address. Raises KeyError."""
        with self.world.lock:
            return _DEFAULTS | self.world.meetings[join_url].get("options", {})

    def _find(self, call: Call, user: str) -> Answer:
        box = self._organizer(call, user)
        given = _FILTER.match(call.parameter("$filter") or "")
        if given is None:
            raise GraphError(400, "BadRequest", "Filter expression expected - JoinWebUrl eq '...'.")
        by_link = given[1].lower() == "joinweburl"
        wanted = given[2].replace("''", "'").lower()
        with self.world.lock:
            found = [
                self._body(one)
                for one in self.world.meetings.values()
                if wanted == (one["joinUrl"].lower() if by_link else _number(one))
                and one["organizer"] == box.address
            ]
        return Answer(200, {"value": found})

    def _create(self, call: Call, user: str) -> Answer:
        """A meeting on nobody's calendar (application-post-onlinemeetings.md)."""
        box = self._organizer(call, user)
        wish = call.json()
        with self.world.changing():
            name = uuid.uuid4().hex
            join_url = f"{self.world.join_base}{name}"
            now = self.world.clock.now().isoformat()
            meeting = {
                "id": f"MSo{name}",
                "joinUrl": join_url,
                "organizer": box.address,
                "subject": wish.get("subject") or "",
                "start": wish.get("startDateTime") or now,
                "end": wish.get("endDateTime") or now,
            }
            self.world.meetings[join_url] = meeting
            self._set(meeting, wish)
            return Answer(201, self._body(meeting))

    def _get(self, call: Call, user: str, meeting: str) -> Answer:
        return Answer(200, self._body(self._known(call, user, meeting)))

    def _change(self, call: Call, user: str, meeting: str) -> Answer:
        found = self._known(call, user, meeting)
        with self.world.changing():
            self._set(found, call.json())
            return Answer(200, self._body(found))

    def _delete(self, call: Call, user: str, meeting: str) -> Answer:
        found = self._known(call, user, meeting)
        with self.world.changing():
            del self.world.meetings[found["joinUrl"]]
        return Answer(204)

    def _organizer(self, call: Call, user: str) -> Mailbox:
        try:
            uuid.UUID(user)
        except ValueError:
            raise GraphError(
                404, "NotFound", f"The user '{user}' must be given by its object id here."
            ) from None
        box = self.world.mailbox(user)
        if box is None:
            raise GraphError(404, "NotFound", f"User '{user}' was not found.")
        granted = self.granted
        if not (granted is True or (granted and box.address in granted)):
            raise GraphError(
                403,
                "Forbidden",
                "No Application Access Policy found for this app "
                f"{self._client_of(call.token)} on the user.",
            )
        return box

    def _known(self, call: Call, user: str, meeting: str) -> dict[str, Any]:
        box = self._organizer(call, user)
        with self.world.lock:
            for one in self.world.meetings.values():
                if one["id"] == meeting and one["organizer"] == box.address:
                    return one
        raise GraphError(404, "NotFound", "The meeting was not found.")

    def _set(self, meeting: dict[str, Any], wish: dict[str, Any]) -> None:
        options = dict(meeting.get("options", {}))
        both = {"startDateTime", "endDateTime"}
        if len(both & set(wish)) == 1:
            raise GraphError(400, "BadRequest", "startDateTime and endDateTime come together.")
        for name, value in wish.items():
            if "@" in name:
                continue
            if name in ("subject", "startDateTime", "endDateTime"):
                meeting[{"startDateTime": "start", "endDateTime": "end"}.get(name, name)] = value
            elif name == "lobbyBypassSettings":
                options[name] = _lobby(options.get(name, _DEFAULTS[name]), value)
            elif name == "allowedPresenters":
                options[name] = _member(name, value, _PRESENTERS)
            elif name == "allowedLobbyAdmitters":
                options[name] = _member(name, value, _ADMITTERS)
            elif name in _FLAGS:
                options[name] = _flag(name, value)
            elif name == "joinMeetingIdSettings":
                options[name] = {
                    "isPasscodeRequired": bool(value.get("isPasscodeRequired")),
                    "joinMeetingId": _number(meeting),
                    "passcode": "k3Tf9x" if value.get("isPasscodeRequired") else None,
                }
            else:
                raise GraphError(400, "BadRequest", f"The property '{name}' cannot be set here.")
        meeting["options"] = options

    def _body(self, meeting: dict[str, Any]) -> dict[str, Any]:
        box = self.world.mailbox(meeting["organizer"])
        user = {"id": box.object_id if box else None, "displayName": None}
        organizer = {
            "upn": meeting["organizer"],
            "role": "presenter",
            "identity": {"user": user},
        }
        return {
            "id": meeting["id"],
            "creationDateTime": _moment(meeting["start"]),
            "startDateTime": _moment(meeting["start"]),
            "endDateTime": _moment(meeting["end"]),
            "joinWebUrl": meeting["joinUrl"],
            "subject": meeting["subject"],
            "participants": {"organizer": organizer, "attendees": []},
            "joinMeetingIdSettings": {
                "isPasscodeRequired": False,
                "joinMeetingId": _number(meeting),
                "passcode": None,
            },
        } | (_DEFAULTS | meeting.get("options", {}))


def _lobby(former: dict[str, Any], wish: Any) -> dict[str, Any]:
    if not isinstance(wish, dict):
        raise GraphError(400, "BadRequest", "lobbyBypassSettings must be an object.")
    result = dict(former)
    for name, value in wish.items():
        if name == "scope":
            result[name] = _member(name, value, _SCOPES)
        elif name == "isDialInBypassEnabled":
            result[name] = _flag(name, value)
        elif "@" not in name:
            raise GraphError(400, "BadRequest", f"The property '{name}' is not known.")
    return result


def _member(name: str, value: Any, members: tuple[str, ...]) -> str:
    for member in members:
        if isinstance(value, str) and value.lower() == member.lower():
            return member
    raise GraphError(400, "BadRequest", f"Invalid value for '{name}'.")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise GraphError(400, "BadRequest", f"'{name}' must be a boolean.")
    return value


def _number(meeting: dict[str, Any]) -> str:
    """What one types to join without the link: ten digits, always the same."""
    return str(zlib.crc32(meeting["id"].encode())).rjust(10, "1")


def _moment(text: str) -> str:
    return stamp(datetime.fromisoformat(text).astimezone(UTC))
