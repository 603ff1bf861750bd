"""A calendar under test, seen from both sides: our connector, and the staff who use it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.conformance import office as conformance
from connectors.conformance.times import Times
from connectors.contract import EventDraft, MailboxRef, Period, ShowAs
from connectors.deadline import Deadline
from connectors.memory import MemoryConnector
from tests.servers.caldav_server import CalDavServer
from tests.servers.graph.mailbox import Mailbox

ZONE = ZoneInfo("Europe/Athens")
#: Contains the end of summer time in Greece, 25 October 2026.
TIMES = Times(date(2026, 10, 19), ZONE)
WINDOW = TIMES.window
MISSING = MailboxRef("nobody@kalamata.example", "no-such-calendar/")


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
        about="kalamata.housing/in_person",
        location="Αριστομένους 28",
        link="https://rantevou.example/staff/bookings/KLM-7Q2",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def new_key() -> str:
    return f"b-{secrets.token_hex(8)}"


@dataclass
class Office(conformance.Office):
    """The shipped office at the times of the tests, in drafts that look like real ones."""

    times: Times = TIMES
    missing: MailboxRef | None = MISSING

    def draft(self, period: Period, **changes: object) -> EventDraft:
        return draft(period, **changes)


def soon() -> Deadline:
    return Deadline.after(60)


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


later = TIMES.later
whole_days = TIMES.whole_days


def _times(period: Period) -> list[str]:
    return [f"DTSTART:{period.start:%Y%m%dT%H%M%SZ}", f"DTEND:{period.end:%Y%m%dT%H%M%SZ}"]


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y%m%dT%H%M%S}"
