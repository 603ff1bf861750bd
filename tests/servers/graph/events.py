"""The paths that create, read, list, change and remove events."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.servers.graph import filters, odata, rendering, writing
from tests.servers.graph.access import calendar_of, item_of, mailbox_of
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.items import Instance, Item, itself
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.rendering import as_graph, instance_as_graph
from tests.servers.graph.series import instance_of
from tests.servers.graph.world import World
from tests.servers.graph.zones import stamp

CALENDAR_PATHS = (
    "/users/{user}",
    "/users/{user}/calendar",
    "/users/{user}/calendars/{calendar}",
)
LIST_OPTIONS = ("$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count", "$search")


def install(world: World) -> None:
    events = Events(world)
    for base in CALENDAR_PATHS:
        world.routes.add("POST", f"{base}/events", events.create)
        world.routes.add("GET", f"{base}/events", events.list)
        world.routes.add("GET", f"{base}/events/{{event}}", events.read)
        world.routes.add("PATCH", f"{base}/events/{{event}}", events.change)
        world.routes.add("DELETE", f"{base}/events/{{event}}", events.delete)
        world.routes.add("POST", f"{base}/events/{{event}}/cancel", events.cancel)


class Events:
    def __init__(self, world: World) -> None:
        self.world = world

    def create(self, call: Call, *, user: str, calendar: str | None = None) -> Answer:
        odata.known_only(call, strict=self._strict)
        with self.world.changing():
            box = mailbox_of(self.world, user)
            target = calendar_of(box, calendar)
            view = rendering.view_of(call, box)
            transaction = call.json().get("transactionId")
            if transaction and (known := self._repeated(box, transaction, call)) is not None:
                return self._answer(call, box, 201, known)
            item = writing.create(box, target, call)
            shown = hide_late_link(item, as_graph(box, item, view))
            if transaction:
                entry = {"uid": item.uid, "digest": writing.digest(call), "body": shown}
                box.remember(transaction, entry)
            return self._answer(call, box, 201, shown)

    def list(self, call: Call, *, user: str, calendar: str | None = None) -> Answer:
        """Masters unexpanded, single events and exceptions not apart."""
        odata.known_only(call, *LIST_OPTIONS, strict=self._strict)
        with self.world.lock:
            box = mailbox_of(self.world, user)
            stored = box.in_calendar(calendar_of(box, calendar))
            found = [itself(item) for item in stored]
            found.sort(key=lambda one: one.item.created, reverse=True)
            return collection(call, box, found, "events")

    def read(self, call: Call, *, user: str, event: str, calendar: str | None = None) -> Answer:
        odata.known_only(call, "$select", "$expand", strict=self._strict)
        with self.world.lock:
            box = mailbox_of(self.world, user)
            item, original = item_of(box, event, self._inside(box, calendar))
            view = rendering.view_of(call, box)
            one = itself(item) if original is None else instance_of(item, original)
            assert one is not None
            shown = hide_late_link(item, instance_as_graph(box, one, view))
            return self._answer(call, box, 200, shown)

    def change(self, call: Call, *, user: str, event: str, calendar: str | None = None) -> Answer:
        odata.known_only(call, strict=self._strict)
        with self.world.changing():
            box = mailbox_of(self.world, user)
            item, original = item_of(box, event, self._inside(box, calendar))
            self._match(call, box, item, self.world.switches.if_match_on_patch)
            view = rendering.view_of(call, box)
            kept = copy.deepcopy(item)
            try:
                if original is None:
                    writing.change(box, item, call)
                else:
                    writing.change_occurrence(box, item, original, call)
            except GraphError:
                box.items[item.uid] = kept
                raise
            one = itself(item) if original is None else instance_of(item, original)
            assert one is not None
            shown = hide_late_link(item, instance_as_graph(box, one, view), count=False)
            return self._answer(call, box, 200, shown)

    def delete(self, call: Call, *, user: str, event: str, calendar: str | None = None) -> Answer:
        odata.known_only(call, strict=self._strict)
        with self.world.changing():
            box = mailbox_of(self.world, user)
            item, original = item_of(box, event, self._inside(box, calendar))
            self._match(call, box, item, self.world.switches.if_match_on_delete)
            writing.remove(box, item, original, "cancellation")
            return Answer(204)

    def cancel(self, call: Call, *, user: str, event: str, calendar: str | None = None) -> Answer:
        with self.world.changing():
            box = mailbox_of(self.world, user)
            item, original = item_of(box, event, self._inside(box, calendar))
            alone = not item.content["attendees"]
            refused = alone and self.world.switches.cancel_without_attendees == "refused"
            if refused or not item.content.get("isOrganizer", True):
                raise GraphError(
                    400, "ErrorInvalidRequest", "You need to be an organizer to cancel a meeting."
                )
            writing.remove(box, item, original, "cancellation")
            return Answer(202)

    @property
    def _strict(self) -> bool:
        return self.world.switches.unknown_options == "refused"

    def _inside(self, box: Mailbox, calendar: str | None) -> str | None:
        return None if calendar is None else calendar_of(box, calendar)

    def _match(self, call: Call, box: Mailbox, item: Item, switch: str) -> None:
        wanted = call.headers.get("If-Match", "").strip()
        if not wanted or wanted == "*" or switch == "ignored":
            return
        etag = as_graph(box, item)["@odata.etag"]
        if etag not in [one.strip() for one in wanted.split(",")]:
            raise GraphError(
                412,
                "ErrorIrresolvableConflict",
                "The send or update operation could not be performed because the change key passed"
                " in the request does not match the current change key for the item.",
            )

    def _repeated(self, box: Mailbox, transaction: str, call: Call) -> dict[str, Any] | None:
        """The event to answer with, None to create one; raises GraphError 409."""
        entry = box.recall(transaction)
        if entry is None:
            return None
        switches = self.world.switches
        item = box.items.get(entry["uid"])
        if item is None:
            answers: dict[str, Callable[[], dict[str, Any] | None]] = {
                "new_event": lambda: None,
                "old_body": lambda: dict(entry["body"]),
            }
            found = answers.get(switches.transaction_after_delete)
            if found is None:
                raise _duplicate()
            return found()
        same = entry["digest"] == writing.digest(call)
        way = switches.transaction_repeat if same else switches.transaction_other_content
        if way == "conflict":
            raise _duplicate()
        if way == "new_event":
            return None
        return hide_late_link(item, as_graph(box, item, rendering.view_of(call, box)), count=False)

    def _answer(self, call: Call, box: Mailbox, status: int, shown: dict[str, Any]) -> Answer:
        context = f"{self.world.base_url}/$metadata#users('{box.object_id}')/events/$entity"
        headers = rendering.applied(call)
        if status == 201:
            headers["Location"] = (
                f"{self.world.base_url}/users/{box.object_id}/events/{shown['id']}"
            )
        return Answer(status, {"@odata.context": context, **shown}, headers)


def collection(call: Call, box: Mailbox, found: list[Instance], what: str) -> Answer:
    """Filtered, ordered, paged."""
    view = rendering.view_of(call, box)
    if call.parameter("$search"):
        raise GraphError(
            400, "ErrorInvalidUrlQuery", "The query parameter '$search' is not supported."
        )
    if text := call.parameter("$filter"):
        passes = filters.compiled(text)
        newest = stamp(box.world.clock.now() - box.world.switches.filter_delay)
        found = [
            one
            for one in found
            if one.item.created <= newest
            and passes(partial(rendering.looked_at, box, one), one.item.properties)
        ]
    if call.parameter("$orderby"):
        pairs = [{"one": one, **rendering.looked_at(box, one)} for one in found]
        found = [pair["one"] for pair in odata.ordered(call, pairs, filters.value_of)]
    world = box.world

    def shown(one: Instance) -> dict[str, Any]:
        return hide_late_link(one.item, instance_as_graph(box, one, view), count=False)

    body = odata.page(call, world.base_url, found, shown)
    context = f"{world.base_url}/$metadata#users('{box.object_id}')/{what}"
    return Answer(200, {"@odata.context": context, **body}, rendering.applied(call))


def hide_late_link(item: Item, shown: dict[str, Any], *, count: bool = True) -> dict[str, Any]:
    """A link that is not made yet is missing in this answer, and there from the next read on."""
    if item.link_hidden_for <= 0:
        return shown
    if count:
        item.link_hidden_for -= 1
    hidden = {
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "onlineMeeting": None,
    }
    return shown | {name: value for name, value in hidden.items() if name in shown}


def _duplicate() -> GraphError:
    return GraphError(
        409,
        "ErrorDuplicateTransactionId",
        "Your request can't be completed. An event with this transactionId was created before.",
    )
