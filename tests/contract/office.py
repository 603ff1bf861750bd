"""A calendar under test, seen from both sides: our connector, and the staff who use it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from connectors.contract import (
    ChangeSet,
    Connector,
    EventDraft,
    MailboxRef,
    Period,
    RemoteEvent,
    ShowAs,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.memory import MemoryConnector
from tests.servers.caldav_server import CalDavServer
from tests.servers.graph.mailbox import Mailbox

ZONE = ZoneInfo("Europe/Athens")
#: Contains the end of summer time in Greece, 25 October 2026.
WINDOW = Period(datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))


def at(day: int, hour: int, minute: int = 0, *, minutes: int = 30, month: int = 11) -> Period:
    """A period on that day, by the clock in Athens."""
    start = datetime(2026, month, day, hour, minute, tzinfo=ZONE)
    return Period(start, start + timedelta(minutes=minutes))


def draft(period: Period, **changes: object) -> EventDraft:
    made = EventDraft(
        period=period,
        subject="Επίδομα Στέγασης · KLM-7Q2",
        body="Μαρία Παπαδοπούλου\nΕπίδομα Στέγασης; δια ζώσης, KLM-7Q2",
        reference="KLM-7Q2",
        location="Αριστομένους 28",
        link="https://rantevou.example/staff/bookings/KLM-7Q2",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def new_key() -> str:
    return f"b-{secrets.token_hex(8)}"


class Staff(Protocol):
    """What people do in that calendar with their own programs."""

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        """A new event; returns the id that the connector will call it by."""
        ...

    def put_all_day(self, first: date, days: int) -> str: ...

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        """Weekly; ``moved`` gives some occurrences another time."""
        ...

    def move(self, event_id: str, period: Period) -> None: ...

    def show(self, event_id: str, show_as: ShowAs) -> None:
        """Show the event another way: free or busy."""
        ...

    def remove(self, event_id: str) -> None: ...

    def events(self) -> int:
        """How many events the calendar holds."""
        ...


@dataclass(frozen=True)
class Office:
    connector: Connector
    mailbox: MailboxRef
    staff: Staff
    #: The same calendars through a connector of their own, as another process has it.
    another: Callable[[], Connector]

    def create(self, period: Period, *, key: str | None = None) -> RemoteEvent:
        return self.connector.create(
            mailbox=self.mailbox, draft=draft(period), key=key or new_key(), deadline=soon()
        )

    def changes(
        self,
        sync_state: SyncState | None = None,
        known: Mapping[str, str] | None = None,
        window: Period = WINDOW,
    ) -> ChangeSet:
        return self.connector.changes(
            mailbox=self.mailbox,
            sync_state=sync_state,
            known=known or {},
            window=window,
            deadline=soon(),
        )

    def busy(self) -> list[Period]:
        answer = self.connector.read_busy(mailboxes=[self.mailbox], window=WINDOW, deadline=soon())
        reading = answer[self.mailbox]
        if isinstance(reading, Exception):
            raise reading
        return sorted(one.period for one in reading.intervals if one.show_as != ShowAs.FREE)


def soon() -> Deadline:
    return Deadline.after(20)


class MemoryStaff:
    def __init__(self, connector: MemoryConnector, mailbox: MailboxRef) -> None:
        self._connector = connector
        self._mailbox = mailbox

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        return self._connector.put_foreign(self._mailbox, period, show_as=show_as)

    def put_all_day(self, first: date, days: int) -> str:
        period = whole_days(first, days)
        return self._connector.put_foreign(self._mailbox, period, all_day=True)

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        periods = (moved.get(week, later(first, week)) for week in range(weeks))
        return self._connector.put_foreign(self._mailbox, *periods)

    def move(self, event_id: str, period: Period) -> None:
        self._connector.change_foreign(self._mailbox, event_id, period)

    def show(self, event_id: str, show_as: ShowAs) -> None:
        self._connector.show_foreign(self._mailbox, event_id, show_as)

    def remove(self, event_id: str) -> None:
        self._connector.remove(self._mailbox, event_id)

    def events(self) -> int:
        return len(self._connector.events(self._mailbox))


class CalDavStaff:
    """Writes plain iCalendar text with plain HTTP: nothing of ours that could be wrong twice."""

    def __init__(self, server: CalDavServer, calendar: str) -> None:
        self._server = server
        self._calendar = calendar

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        transparency = "TRANSPARENT" if show_as == ShowAs.FREE else "OPAQUE"
        return self._store([*_times(period), f"TRANSP:{transparency}"])

    def put_all_day(self, first: date, days: int) -> str:
        last = first + timedelta(days=days)
        return self._store(
            [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}"]
        )

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        override = [
            [
                "RECURRENCE-ID;TZID=Europe/Athens:" + _local(later(first, week).start),
                *_times(period),
            ]
            for week, period in moved.items()
        ]
        start, end = _local(first.start), _local(first.end)
        master = [
            f"DTSTART;TZID=Europe/Athens:{start}",
            f"DTEND;TZID=Europe/Athens:{end}",
            f"RRULE:FREQ=WEEKLY;COUNT={weeks}",
        ]
        return self._store(master, *override)

    def move(self, event_id: str, period: Period) -> None:
        url = f"http://{self._server.host}{event_id}"
        lines = self._server.request("GET", url).text.splitlines()
        kept = [line for line in lines if not line.startswith(("DTSTART", "DTEND"))]
        place = kept.index("BEGIN:VEVENT") + 1
        kept[place:place] = _times(period)
        self._server.put(url, "\r\n".join([*kept, ""]))

    def show(self, event_id: str, show_as: ShowAs) -> None:
        url = f"http://{self._server.host}{event_id}"
        lines = self._server.request("GET", url).text.splitlines()
        kept = [line for line in lines if not line.startswith("TRANSP")]
        transparency = "TRANSPARENT" if show_as == ShowAs.FREE else "OPAQUE"
        kept.insert(kept.index("BEGIN:VEVENT") + 1, f"TRANSP:{transparency}")
        self._server.put(url, "\r\n".join([*kept, ""]))

    def remove(self, event_id: str) -> None:
        self._server.request("DELETE", f"http://{self._server.host}{event_id}").raise_for_status()

    def events(self) -> int:
        answer = self._server.request("PROPFIND", self._calendar, headers={"Depth": "1"})
        return answer.text.count(".ics</")

    def _store(self, *events: list[str]) -> str:
        uid = secrets.token_hex(8)
        return self._server.put(f"{self._calendar}{uid}.ics", calendar_text(uid, *events))


class GraphStaff:
    """An employee in Outlook: the other side of the stand-in."""

    def __init__(self, mailbox: Mailbox, *, calendar: str = "") -> None:
        self._mailbox = mailbox
        self._calendar = calendar or None

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        return self._mailbox.put(
            period.start, period.end, show_as=_GRAPH_NAMES[show_as], calendar=self._calendar
        )

    def put_all_day(self, first: date, days: int) -> str:
        period = whole_days(first, days)
        return self._mailbox.put(period.start, period.end, all_day=True, calendar=self._calendar)

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        master = self._mailbox.put_series(
            first.start, first.end, weekly_count=weeks, calendar=self._calendar
        )
        for week, period in moved.items():
            self._mailbox.move_occurrence(master, week, period.start, period.end)
        return master

    def move(self, event_id: str, period: Period) -> None:
        self._mailbox.move(event_id, period.start, period.end)

    def show(self, event_id: str, show_as: ShowAs) -> None:
        self._mailbox.set_show_as(event_id, _GRAPH_NAMES[show_as])

    def remove(self, event_id: str) -> None:
        self._mailbox.remove(event_id)

    def events(self) -> int:
        return len(self._mailbox.events(self._calendar))


_GRAPH_NAMES = {
    ShowAs.FREE: "free",
    ShowAs.TENTATIVE: "tentative",
    ShowAs.BUSY: "busy",
    ShowAs.OUT_OF_OFFICE: "oof",
    ShowAs.WORKING_ELSEWHERE: "workingElsewhere",
}


def calendar_text(uid: str, *events: list[str]) -> str:
    """One calendar object of events that share a UID, as a calendar program writes it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Staff//Program//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:Σύσκεψη"]
        lines += [*event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def later(period: Period, weeks: int) -> Period:
    """The same wall time in Athens ``weeks`` weeks later, also over a change of the clocks."""
    start = period.start.astimezone(ZONE) + timedelta(weeks=weeks)
    return Period(start, start + period.duration)


def whole_days(first: date, days: int) -> Period:
    start = datetime(first.year, first.month, first.day, tzinfo=ZONE)
    return Period(start, start + timedelta(days=days))


def _times(period: Period) -> list[str]:
    return [f"DTSTART:{period.start:%Y%m%dT%H%M%SZ}", f"DTEND:{period.end:%Y%m%dT%H%M%SZ}"]


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y%m%dT%H%M%S}"
