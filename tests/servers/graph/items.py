"""One stored event or series, and one of its appearances in time."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests.servers.graph.zones import to_utc, zone_of


@dataclass
class Item:
    """``start`` and ``end`` are wall times (ISO) in ``zone``; everything is JSON.

    ``overrides`` maps the original local date of an occurrence to what differs there:
    {"start", "end" (wall times in the series' zone), "content"}.
    """

    uid: str
    calendar: str
    start: str
    end: str
    zone: str
    end_zone: str
    content: dict[str, Any]
    created: str
    modified: str
    version: int
    moves: int = 0
    ical_uid: str = ""
    recurrence: dict[str, Any] | None = None
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    transaction: str | None = None
    link_hidden_for: int = 0  #: answers to go before the Teams link shows

    def dump(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @property
    def all_day(self) -> bool:
        return bool(self.content.get("isAllDay"))

    @property
    def start_utc(self) -> datetime:
        return to_utc(datetime.fromisoformat(self.start), zone_of(self.zone, every_iana_name=True))

    @property
    def end_utc(self) -> datetime:
        zone = zone_of(self.end_zone, every_iana_name=True)
        return to_utc(datetime.fromisoformat(self.end), zone)


@dataclass(frozen=True)
class Instance:
    """``original`` is the local date the series' rule gives; None for a single event."""

    item: Item
    start: datetime
    end: datetime
    original: date | None = None
    exception: bool = False

    @property
    def type(self) -> str:
        if self.original is None:
            return "seriesMaster" if self.item.recurrence else "singleInstance"
        return "exception" if self.exception else "occurrence"

    @property
    def content(self) -> dict[str, Any]:
        if self.original is None or not self.exception:
            return self.item.content
        differs: dict[str, Any] = self.item.overrides[self.original.isoformat()]["content"]
        return self.item.content | differs

    def touches(self, start: datetime, end: datetime) -> bool:
        """Overlaps [start, end); an event without length counts where it stands."""
        if self.start == self.end:
            return start <= self.start < end
        return self.start < end and start < self.end


def itself(item: Item) -> Instance:
    """The single event, or the master of a series."""
    return Instance(item, item.start_utc.astimezone(UTC), item.end_utc.astimezone(UTC))
