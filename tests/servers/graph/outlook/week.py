"""One week of a mailbox, laid out for a page: days, lanes, and where each event stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.servers.graph import ids, series
from tests.servers.graph.items import Instance, Item, itself
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.zones import zone_of

_FIRST_HOUR, _LAST_HOUR = 7, 20


@dataclass
class Shown:
    """``top`` and ``height`` in hours from the first hour shown; beside others: its lane."""

    id: str
    subject: str
    start: datetime  #: local
    end: datetime
    show_as: str
    all_day: bool
    recurring: bool
    ours: bool
    private: bool
    categories: list[str]
    join_url: str
    body: str
    place: str
    top: float = 0.0
    height: float = 0.0
    lane: int = 0
    lanes: int = 1


@dataclass
class Day:
    date: date
    today: bool
    all_day: list[Shown] = field(default_factory=list)
    timed: list[Shown] = field(default_factory=list)


@dataclass
class Week:
    monday: date
    first_hour: int
    last_hour: int
    days: list[Day]

    @property
    def hours(self) -> range:
        return range(self.first_hour, self.last_hour)


def zone(box: Mailbox) -> ZoneInfo:
    return zone_of(box.time_zone, every_iana_name=True)


def week_of(box: Mailbox, monday: date, today: date) -> Week:
    """The days from ``monday``, Saturday and Sunday only where something stands in them;
    inside the world's lock."""
    local = zone(box)
    begin = datetime.combine(monday, time.min, local)
    end = datetime.combine(monday + timedelta(days=7), time.min, local)
    found = [shown(box, one) for one in _instances(box, begin, end)]
    timed = [one for one in found if not one.all_day]
    first = min([_FIRST_HOUR, *(one.start.hour for one in timed)])
    last = max([_LAST_HOUR, *(_last_hour(one) for one in timed)])
    days = []
    for number in range(7):
        day = Day(monday + timedelta(days=number), monday + timedelta(days=number) == today)
        day.all_day = [o for o in found if o.all_day and _covers(o, day.date)]
        day.timed = [o for o in timed if o.start.date() == day.date]
        _lay_out(day.timed, first, last)
        if number < 5 or day.today or day.timed or day.all_day:
            days.append(day)
    return Week(monday, first, last, days)


def find(box: Mailbox, event_id: str) -> Shown | None:
    """The event behind an id of this page; None where it is gone."""
    meant = ids.meant_by(event_id)
    item = box.items.get(meant.uid) if meant else None
    if meant is None or item is None:
        return None
    one = itself(item) if meant.original is None else series.instance_of(item, meant.original)
    return shown(box, one) if one else None


def index_in_series(item: Item, original: date) -> int:
    """Which occurrence of its series it is, from 0. Raises IndexError where it is none."""
    index = 0
    while series.original_at(item, index) != original:
        index += 1
    return index


def shown(box: Mailbox, one: Instance) -> Shown:
    local, content = zone(box), one.content
    names = [name.rpartition(" ")[2] for name in one.item.properties]
    meeting: dict[str, Any] = content.get("onlineMeeting") or {}
    body = content.get("body") or {}
    return Shown(
        id=ids.immutable_id(one.item.uid, one.original),
        subject=content.get("subject") or "—",
        start=one.start.astimezone(local),
        end=one.end.astimezone(local),
        show_as=content.get("showAs") or "busy",
        all_day=bool(content.get("isAllDay")),
        recurring=one.original is not None,
        ours="RantevouKey" in names,
        private=content.get("sensitivity") not in (None, "normal"),
        categories=list(content.get("categories") or ()),
        join_url=meeting.get("joinUrl") or "",
        body=body.get("content") or "",
        place=(content.get("location") or {}).get("displayName") or "",
    )


def _instances(box: Mailbox, begin: datetime, end: datetime) -> list[Instance]:
    found: list[Instance] = []
    for item in box.in_calendar(box.default_calendar):
        if item.recurrence:
            found += series.instances(item, begin.astimezone(UTC), end.astimezone(UTC))
        elif (one := itself(item)).touches(begin, end):
            found.append(one)
    return sorted(found, key=lambda one: (one.start, one.end))


def _covers(one: Shown, day: date) -> bool:
    return one.start.date() <= day < max(one.end.date(), one.start.date() + timedelta(days=1))


def _last_hour(one: Shown) -> int:
    if one.end.date() > one.start.date():
        return 24
    return one.end.hour + (1 if one.end.minute else 0)


def _lay_out(timed: list[Shown], first: int, last: int) -> None:
    """Events that overlap stand beside one another."""
    cluster: list[Shown] = []
    until: datetime | None = None
    for one in timed:
        one.top = one.start.hour + one.start.minute / 60 - first
        hours = (one.end - one.start) / timedelta(hours=1)
        one.height = max(min(hours, last - first - one.top), 0.4)
        if until is not None and one.start >= until:
            _share(cluster)
            cluster, until = [], None
        taken = {o.lane for o in cluster if o.end > one.start}
        one.lane = next(n for n in range(len(taken) + 1) if n not in taken)
        cluster.append(one)
        until = max(until or one.end, one.end)
    _share(cluster)


def _share(cluster: list[Shown]) -> None:
    lanes = max((one.lane for one in cluster), default=0) + 1
    for one in cluster:
        one.lanes = lanes
