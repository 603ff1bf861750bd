"""A mailbox: its calendars, its events, the log of their changes, and what its owner does."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tests.servers.graph import ids
from tests.servers.graph.items import Item
from tests.servers.graph.staff import StaffSide
from tests.servers.graph.zones import stamp

if TYPE_CHECKING:
    from tests.servers.graph.world import Kind, World

DEFAULT_CALENDAR = "Calendar"

LOG_KEPT = 5000  # older delta tokens are lost, as in a service whose cache is full

WORKING_HOURS: dict[str, Any] = {
    "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
    "startTime": "08:00:00.0000000",
    "endTime": "17:00:00.0000000",
}


class Mailbox(StaffSide):
    """State and its bookkeeping; every method expects to run inside ``world.changing()``.

    The methods of ``StaffSide`` (what an employee does in Outlook) may be called from anywhere.
    """

    def __init__(
        self,
        world: World,
        address: str,
        *,
        name: str = "",
        teams: bool = True,
        time_zone: str = "GTB Standard Time",
    ) -> None:
        self.world = world
        self.address = address
        self.name = name or address.partition("@")[0]
        self.teams = teams  #: False: no licence, a 201 comes without a link
        self.time_zone = time_zone
        self.enabled = True  #: False: the user has no mailbox (404 MailboxNotEnabledForRESTAPI)
        self.schedule_error = ""  #: response code that getSchedule tells for this mailbox
        self.object_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, address.lower()))
        self.working_hours: dict[str, Any] = {**WORKING_HOURS, "timeZone": {"name": time_zone}}
        self.settings: dict[str, Any] = {}  #: further mailboxSettings
        #: Calendar id → name; the first one is the default calendar.
        self.calendars = {ids.calendar_id(address, DEFAULT_CALENDAR): DEFAULT_CALENDAR}
        self.items: dict[str, Item] = {}
        self.log: list[dict[str, Any]] = []
        self.log_begins = 0  #: what happened up to this number is not known any more
        self.transactions: dict[str, dict[str, Any]] = {}

    def __repr__(self) -> str:
        return f"<Mailbox {self.address}>"

    @property
    def default_calendar(self) -> str:
        return next(iter(self.calendars))

    def in_calendar(self, calendar: str) -> list[Item]:
        return [item for item in self.items.values() if item.calendar == calendar]

    def insert(
        self,
        *,
        start: datetime,
        end: datetime,
        zone: str,
        end_zone: str | None = None,
        content: dict[str, Any],
        calendar: str | None = None,
        recurrence: dict[str, Any] | None = None,
        properties: dict[str, str] | None = None,
        transaction: str | None = None,
    ) -> Item:
        """``start`` and ``end`` are wall times in their zones."""
        now = stamp(self.world.clock.now())
        uid = uuid.uuid4().hex
        item = Item(
            uid=uid,
            calendar=calendar or self.default_calendar,
            start=start.isoformat(),
            end=end.isoformat(),
            zone=zone,
            end_zone=end_zone or zone,
            content=content,
            created=now,
            modified=now,
            version=0,
            ical_uid="040000008200E00074C5B7101A82E00800000000" + uid.upper(),
            recurrence=recurrence,
            properties=properties or {},
            transaction=transaction,
        )
        self.items[uid] = item
        self.note(item, "created")
        return item

    def note(
        self,
        item: Item,
        kind: Kind,
        *,
        original: date | None = None,
        occurrence: str = "",
        vanished: list[str] | None = None,
    ) -> None:
        """Give the item a new version, log the change and tell it to the listeners.

        ``occurrence`` "changed" or "removed" says that only the one on ``original`` was meant.
        """
        now = self.world.clock.now()
        item.version = self.world.next_number()
        item.modified = stamp(now)
        self._log(item, kind, original=original, occurrence=occurrence, vanished=vanished)
        self._tell(item, kind, now, original if occurrence == "changed" else None)

    def erase(self, item: Item) -> None:
        """Delete the whole item."""
        del self.items[item.uid]
        item.version = self.world.next_number()
        self._log(item, "deleted")
        self._tell(item, "deleted", self.world.clock.now(), None)

    def transfer(self, item: Item, calendar: str) -> None:
        """Move to another calendar of this mailbox: the plain id becomes another one."""
        self._log(item, "deleted")
        self._tell(item, "deleted", self.world.clock.now(), None)
        item.calendar, item.moves = calendar, item.moves + 1
        self.note(item, "created")

    def _log(self, item: Item, kind: Kind, **more: Any) -> None:
        original = more.get("original")
        self.log.append(
            {
                "number": self.world.next_number(),
                "at": self.world.clock.now().isoformat(),
                "uid": item.uid,
                "calendar": item.calendar,
                "moves": item.moves,
                "kind": kind,
                "original": original.isoformat() if original else None,
                "occurrence": more.get("occurrence") or "",
                "vanished": more.get("vanished") or [],
            }
        )
        if len(self.log) > LOG_KEPT:
            self.log_begins = int(self.log.pop(0)["number"])

    def _tell(self, item: Item, kind: Kind, at: datetime, original: date | None) -> None:
        from tests.servers.graph.world import Change

        self.world.tell(
            Change(
                mailbox=self,
                event_id=ids.immutable_id(item.uid, original),
                plain_id=ids.plain_id(item.uid, item.calendar, item.moves, original),
                change_key=ids.change_key(self.address, item.version),
                kind=kind,
                at=at,
            )
        )

    def remember(self, transaction: str, entry: dict[str, Any]) -> None:
        self.transactions[transaction] = entry | {"at": self.world.clock.now().isoformat()}

    def recall(self, transaction: str) -> dict[str, Any] | None:
        entry = self.transactions.get(transaction)
        memory = self.world.switches.transaction_memory
        if entry is None or memory is None:
            return entry
        age = self.world.clock.now() - datetime.fromisoformat(entry["at"])
        return entry if age < memory else None

    def visible_number(self) -> int:
        """The newest number of the log that delta tells of by now."""
        until = self.world.clock.now() - self.world.switches.delta_delay
        if not self.world.switches.delta_delay:
            return self.world.sequence
        young = [e for e in self.log if datetime.fromisoformat(e["at"]) > until]
        return int(young[0]["number"]) - 1 if young else self.world.sequence

    def dump(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in _KEPT}
        return plain | {"items": [item.dump() for item in self.items.values()]}

    @classmethod
    def load(cls, world: World, kept: dict[str, Any]) -> Mailbox:
        box = cls(world, kept["address"])
        for name in _KEPT:
            setattr(box, name, kept[name])
        box.items = {one["uid"]: Item(**one) for one in kept["items"]}
        return box


_KEPT = (
    "address",
    "name",
    "teams",
    "time_zone",
    "enabled",
    "schedule_error",
    "object_id",
    "working_hours",
    "settings",
    "calendars",
    "log",
    "log_begins",
    "transactions",
)
