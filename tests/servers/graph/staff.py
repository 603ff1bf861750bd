"""What an employee does in Outlook, as methods of a mailbox for tests."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.graph import ids, series
from tests.servers.graph.content import blank
from tests.servers.graph.zones import stamp, zone_of

if TYPE_CHECKING:
    from tests.servers.graph.items import Item
    from tests.servers.graph.mailbox import Mailbox

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class StaffSide:
    """Times are aware datetimes; ids go in in either form and come out immutable."""

    def put(
        self: Any,
        start: datetime,
        end: datetime,
        show_as: str = "busy",
        subject: str = "Of my own",
        *,
        all_day: bool = False,
        sensitivity: str = "normal",
        calendar: str | None = None,
    ) -> str:
        """A new single event. All-day ones: from midnight to midnight in the mailbox's zone."""
        box: Mailbox = self
        if all_day and (_wall(box, start).time() != time.min or _wall(box, end).time() != time.min):
            raise ValueError("all-day events go from midnight to midnight in the mailbox's zone")
        content = blank() | {
            "subject": subject,
            "showAs": show_as,
            "sensitivity": sensitivity,
            "isAllDay": all_day,
        }
        with box.world.changing():
            item = box.insert(
                start=_wall(box, start),
                end=_wall(box, end),
                zone=box.time_zone,
                content=content,
                calendar=calendar,
            )
        return ids.immutable_id(item.uid)

    def put_series(
        self: Any,
        start: datetime,
        end: datetime,
        weekly_count: int = 10,
        *,
        show_as: str = "busy",
        subject: str = "Every week",
        pattern: dict[str, Any] | None = None,
        range: dict[str, Any] | None = None,  # noqa: A002  (Graph's word)
        calendar: str | None = None,
    ) -> str:
        """A series in the mailbox's own zone, weekly unless ``pattern`` says otherwise."""
        box: Mailbox = self
        first = _wall(box, start)
        recurrence = {
            "pattern": pattern
            or {"type": "weekly", "interval": 1, "daysOfWeek": [_DAYS[first.weekday()]]},
            "range": {
                "type": "numbered",
                "numberOfOccurrences": weekly_count,
                "startDate": first.date().isoformat(),
            }
            | (range or {}),
        }
        with box.world.changing():
            item = box.insert(
                start=first,
                end=_wall(box, end),
                zone=box.time_zone,
                content=blank() | {"subject": subject, "showAs": show_as},
                recurrence=series.normal(recurrence, first, box.time_zone),
                calendar=calendar,
            )
        return ids.immutable_id(item.uid)

    def move(self: Any, event_id: str, start: datetime, end: datetime) -> None:
        """Drag a single event, or the whole series, to another time."""
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, event_id)
            zone = zone_of(item.zone, every_iana_name=True)
            item.start = start.astimezone(zone).replace(tzinfo=None).isoformat()
            item.end = end.astimezone(zone).replace(tzinfo=None).isoformat()
            item.end_zone = item.zone
            if item.recurrence is not None:
                item.overrides, item.removed = {}, []
                item.recurrence["range"]["startDate"] = item.start[:10]
            box.note(item, "updated")

    def move_occurrence(
        self: Any, master_id: str, index: int, start: datetime, end: datetime
    ) -> None:
        """Drag the ``index``-th occurrence (from 0): it becomes an exception."""
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, master_id)
            zone = zone_of(item.zone, every_iana_name=True)
            day = series.original_at(item, index)
            former = item.overrides.get(day.isoformat(), {"content": {}})
            item.overrides[day.isoformat()] = {
                "start": start.astimezone(zone).replace(tzinfo=None).isoformat(),
                "end": end.astimezone(zone).replace(tzinfo=None).isoformat(),
                "content": former["content"],
            }
            box.note(item, "updated", original=day, occurrence="changed")

    def remove_occurrence(self: Any, master_id: str, index: int) -> None:
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, master_id)
            day = series.original_at(item, index)
            item.overrides.pop(day.isoformat(), None)
            item.removed.append(day.isoformat())
            box.note(item, "updated", original=day, occurrence="removed")

    def shorten_series(self: Any, master_id: str, count: int) -> None:
        """The series ends after ``count`` occurrences."""
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, master_id)
            assert item.recurrence is not None
            before = _all_dates(item)
            item.recurrence["range"] |= {"type": "numbered", "numberOfOccurrences": count}
            gone = [day for day in before if day not in _all_dates(item)]
            for day in gone:
                item.overrides.pop(day, None)
            box.note(item, "updated", vanished=gone)

    def remove(self: Any, event_id: str) -> None:
        """Delete a single event, a whole series, or (by its own id) one occurrence."""
        box: Mailbox = self
        with box.world.changing():
            meant = ids.meant_by(event_id)
            item = _item(box, event_id)
            if meant is not None and meant.original is not None:
                item.overrides.pop(meant.original.isoformat(), None)
                item.removed.append(meant.original.isoformat())
                box.note(item, "updated", original=meant.original, occurrence="removed")
            else:
                box.erase(item)

    def set_show_as(self: Any, event_id: str, show_as: str) -> None:
        self.edit(event_id, showAs=show_as)

    def set_categories(self: Any, event_id: str, categories: list[str] | tuple[str, ...]) -> None:
        self.edit(event_id, categories=list(categories))

    def edit(self: Any, event_id: str, **content: Any) -> None:
        """Change properties of Graph's event (``subject=…``, ``sensitivity=…``, …) by hand."""
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, event_id)
            item.content = item.content | content
            box.note(item, "updated")

    def copy(self: Any, event_id: str, start: datetime, end: datetime) -> str:
        """Ctrl-drag in Outlook: a second event which carries our extended properties too."""
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, event_id)
            made = box.insert(
                start=_wall(box, start),
                end=_wall(box, end),
                zone=box.time_zone,
                content=deepcopy(item.content),
                calendar=item.calendar,
                properties=dict(item.properties),
            )
        return ids.immutable_id(made.uid)

    def repeat(self: Any, event_id: str, weekly_count: int) -> None:
        """Make a series of a single event: its id is the master's then."""
        box: Mailbox = self
        with box.world.changing():
            item = _item(box, event_id)
            first = datetime.fromisoformat(item.start)
            recurrence = {
                "pattern": {"type": "weekly", "daysOfWeek": [_DAYS[first.weekday()]]},
                "range": {"type": "numbered", "numberOfOccurrences": weekly_count},
            }
            item.recurrence = series.normal(recurrence, first, item.zone)
            box.note(item, "updated")

    def move_to_calendar(self: Any, event_id: str, calendar: str) -> None:
        """Another folder: the plain id changes, the immutable one stays."""
        box: Mailbox = self
        with box.world.changing():
            box.transfer(_item(box, event_id), calendar)

    def invite(
        self: Any, start: datetime, end: datetime, organizer: str, subject: str = "Invitation"
    ) -> str:
        """Somebody else's meeting arrives: tentative until it is answered."""
        event_id: str = self.put(start, end, "tentative", subject)
        self.edit(
            event_id,
            isOrganizer=False,
            organizer={"emailAddress": {"name": organizer, "address": organizer}},
            responseStatus={"response": "notResponded", "time": "0001-01-01T00:00:00Z"},
        )
        return event_id

    def answer(self: Any, event_id: str, response: str) -> None:
        """accepted, tentativelyAccepted or declined; a declined meeting leaves the calendar."""
        if response == "declined":
            self.remove(event_id)
            return
        box: Mailbox = self
        status = {"response": response, "time": stamp(box.world.clock.now())}
        show_as = "busy" if response == "accepted" else "tentative"
        self.edit(event_id, responseStatus=status, showAs=show_as)

    def called_off(self: Any, event_id: str) -> None:
        """The organizer of an invitation has cancelled it; Outlook leaves it there, as free."""
        box: Mailbox = self
        with box.world.lock:
            subject = _item(box, event_id).content["subject"]
        self.edit(event_id, isCancelled=True, showAs="free", subject=f"Canceled: {subject}")

    def add_calendar(self: Any, name: str) -> str:
        """The id of a new, empty calendar."""
        box: Mailbox = self
        with box.world.changing():
            calendar = ids.calendar_id(box.address, name)
            box.calendars[calendar] = name
        return calendar

    def events(self: Any, calendar: str | None = None) -> list[dict[str, Any]]:
        """Everything stored, masters unexpanded, as Graph would show it (immutable ids, UTC)."""
        from tests.servers.graph.rendering import as_graph

        box: Mailbox = self
        with box.world.lock:
            return [
                deepcopy(as_graph(box, item))
                for item in box.items.values()
                if calendar is None or item.calendar == calendar
            ]

    def instances(self: Any, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """What stands in the default calendar in that time, series expanded."""
        from tests.servers.graph.rendering import instance_as_graph

        box: Mailbox = self
        with box.world.lock:
            found = [
                one
                for item in box.in_calendar(box.default_calendar)
                for one in series.instances(item, start.astimezone(UTC), end.astimezone(UTC))
            ]
            found.sort(key=lambda one: one.start)
            return [deepcopy(instance_as_graph(box, one)) for one in found]


def _wall(box: Mailbox, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("times of the staff side are aware datetimes")
    return moment.astimezone(zone_of(box.time_zone)).replace(tzinfo=None)


def _item(box: Mailbox, event_id: str) -> Item:
    meant = ids.meant_by(event_id)
    if meant is None or meant.uid not in box.items:
        raise KeyError(f"no such event in {box.address}: {event_id}")
    return box.items[meant.uid]


def _all_dates(item: Item) -> list[str]:
    begin = datetime.fromisoformat(item.start) - timedelta(days=1)
    days: list[date] = series.originals(item, begin, begin + timedelta(days=3660))
    return [day.isoformat() for day in days]
