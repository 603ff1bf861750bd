"""The fallback judge of a clone without the OpenAPI subset: Microsoft's own models in the SDK.

The first model that is parsed imports all of them (3 s of CPU), each further event costs 20 ms:
so one request and one answer of each operation is looked at, not each, and only at the end.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory

from tests.servers.graph.call import Answer, Call
from tests.servers.graph.deliveries import Delivery

Factory = Callable[[Any], Any]

#: (method, path, model of the request's body, model of the answer's): names below ``msgraph``.
_USER = r"/users/[^/]+"
_CALENDAR = rf"{_USER}(?:/calendar|/calendars/[^/]+)?"
_EVENT, _EVENTS = "event.Event", "event_collection_response.EventCollectionResponse"
_MEETING = "online_meeting.OnlineMeeting"
_DELTA = "users.item.calendar_view.delta.delta_get_response.DeltaGetResponse"
_SCHEDULE = "users.item.calendar.get_schedule.get_schedule_post"
_OPERATIONS: tuple[tuple[str, str, str, str], ...] = (
    ("GET", _USER, "", "user.User"),
    ("GET", "/users", "", "user_collection_response.UserCollectionResponse"),
    ("GET", f"{_USER}/calendars", "", "calendar_collection_response.CalendarCollectionResponse"),
    ("GET", f"{_USER}/(calendar|calendars/[^/]+)", "", "calendar.Calendar"),
    ("GET", f"{_CALENDAR}/events", "", _EVENTS),
    ("POST", f"{_CALENDAR}/events", _EVENT, _EVENT),
    ("GET", f"{_CALENDAR}/events/[^/]+", "", _EVENT),
    ("PATCH", f"{_CALENDAR}/events/[^/]+", _EVENT, _EVENT),
    ("GET", f"{_CALENDAR}/calendarView", "", _EVENTS),
    ("GET", rf"{_CALENDAR}/calendarView/delta(\(\))?", "", _DELTA),
    (
        "POST",
        f"{_USER}/calendar/getSchedule",
        "",  # the SDK writes Schedules where the documentation (and everybody) has schedules
        f"{_SCHEDULE}_response.GetSchedulePostResponse",
    ),
    (
        "GET",
        f"{_USER}/onlineMeetings",
        "",
        "online_meeting_collection_response.OnlineMeetingCollectionResponse",
    ),
    ("PATCH", f"{_USER}/onlineMeetings/[^/]+", _MEETING, _MEETING),
    ("GET", f"{_USER}/mailboxSettings", "", "mailbox_settings.MailboxSettings"),
    ("POST", "/subscriptions", "subscription.Subscription", "subscription.Subscription"),
    ("PATCH", "/subscriptions/[^/]+", "subscription.Subscription", "subscription.Subscription"),
    (
        "GET",
        "/subscriptions",
        "",
        "subscription_collection_response.SubscriptionCollectionResponse",
    ),
)
_ERROR = "o_data_errors.o_data_error.ODataError"
#: The SDK has no model of what Graph sends (resources/changenotification.md).
_NOTIFICATION = {
    "changeType",
    "clientState",
    "id",
    "lifecycleEvent",
    "resource",
    "resourceData",
    "subscriptionExpirationDateTime",
    "subscriptionId",
    "tenantId",
}


class ModelJudge:
    at_once = False

    def __init__(self) -> None:
        self._seen: set[tuple[str, int]] = set()
        self._lock = threading.Lock()

    def request(self, call: Call) -> Iterable[str]:
        if not call.body or "json" not in call.headers.get("Content-Type", ""):
            return
        for index, (method, pattern, model, _) in enumerate(_OPERATIONS):
            if model and method == call.method and _is(pattern, call) and self._new("in", index):
                yield from _leftovers(model, call.body)

    def answer(self, call: Call, answer: Answer) -> Iterable[str]:
        content, kind = answer.encoded()
        if not content or "json" not in kind:
            return
        if answer.status >= 400:
            if self._new("error", answer.status):
                yield from _leftovers(_ERROR, content)
            return
        for index, (method, pattern, _, model) in enumerate(_OPERATIONS):
            if method == call.method and _is(pattern, call) and self._new("out", index):
                yield from _leftovers(model, content)

    def notification(self, delivery: Delivery) -> Iterable[str]:
        for one in delivery.notifications:
            for name in sorted(set(one) - _NOTIFICATION):
                yield f"the property {name} is unknown"

    def _new(self, side: str, index: int) -> bool:
        with self._lock:
            before = len(self._seen)
            self._seen.add((side, index))
            return len(self._seen) > before


def _is(pattern: str, call: Call) -> bool:
    return re.fullmatch(pattern, unquote(call.path), re.IGNORECASE) is not None


def _leftovers(model: str, content: bytes) -> Iterator[str]:
    """Names that the model does not know, as places in the body."""
    below = "" if model.startswith("users.") else "models."
    module, _, name = f"msgraph.generated.{below}{model}".rpartition(".")
    factory = getattr(importlib.import_module(module), name)
    node = JsonParseNodeFactory().get_root_parse_node("application/json", content)
    yield from _unknown(node.get_object_value(factory), name)


def _unknown(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, list | tuple):  # the SDK's store keeps a list beside its length
        for one in value:
            yield from _unknown(one, place)
        return
    if not hasattr(value, "additional_data"):
        return
    for name in value.additional_data:
        if "@" not in name:
            yield f"{place}: the property {name} is unknown"
    store = getattr(value, "backing_store", None)
    pairs = store.enumerate_() if store is not None else list(vars(value).items())
    for name, inner in pairs:
        if name != "additional_data":
            yield from _unknown(inner, f"{place}.{name}")
