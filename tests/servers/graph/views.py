"""calendarView and instances: everything that stands in a window, series expanded."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.servers.graph import odata, series
from tests.servers.graph.access import calendar_of, item_of, mailbox_of
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.events import CALENDAR_PATHS, LIST_OPTIONS, collection
from tests.servers.graph.items import Instance
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import World
from tests.servers.graph.zones import read_moment

_LONGEST = timedelta(days=1825)


def install(world: World) -> None:
    views = Views(world)
    for base in CALENDAR_PATHS:
        world.routes.add("GET", f"{base}/calendarView", views.window)
        world.routes.add("GET", f"{base}/events/{{event}}/instances", views.instances)


class Views:
    def __init__(self, world: World) -> None:
        self.world = world

    def window(self, call: Call, *, user: str, calendar: str | None = None) -> Answer:
        strict = self.world.switches.unknown_options == "refused"
        odata.known_only(call, "startDateTime", "endDateTime", *LIST_OPTIONS, strict=strict)
        start, end = window_of(call)
        with self.world.lock:
            box = mailbox_of(self.world, user)
            found = standing(box, calendar_of(box, calendar), start, end)
            return collection(call, box, found, "calendarView")

    def instances(
        self, call: Call, *, user: str, event: str, calendar: str | None = None
    ) -> Answer:
        strict = self.world.switches.unknown_options == "refused"
        odata.known_only(call, "startDateTime", "endDateTime", *LIST_OPTIONS, strict=strict)
        start, end = window_of(call)
        with self.world.lock:
            box = mailbox_of(self.world, user)
            item, _ = item_of(box, event, None if calendar is None else calendar_of(box, calendar))
            if item.recurrence is None:
                raise GraphError(
                    400, "ErrorInvalidRequest", "The event is not the master of a series."
                )
            found = series.instances(item, start, end)
            return collection(call, box, found, f"events('{event}')/instances")


def window_of(call: Call) -> tuple[datetime, datetime]:
    """Raises GraphError 400 where the window is missing, empty or longer than five years."""
    given = {name: call.parameter(name) for name in ("startDateTime", "endDateTime")}
    if None in given.values():
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters"
            " StartDateTime and EndDateTime.",
        )
    start, end = (read_moment(text, name) for name, text in given.items())
    if end <= start:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            "StartDateTime should be earlier than EndDateTime.",
        )
    if end - start > _LONGEST:
        raise GraphError(
            400,
            "ErrorCalendarViewRangeTooBig",
            "The requested time duration specified for FindItem is too long. Allowed limit = 1825"
            " days.",
        )
    return start, end


def standing(box: Mailbox, calendar: str, start: datetime, end: datetime) -> list[Instance]:
    """In order of time; equal times in order of creation."""
    found = [
        one for item in box.in_calendar(calendar) for one in series.instances(item, start, end)
    ]
    return sorted(found, key=lambda one: (one.start, one.item.created, one.item.uid))
