"""The other side of a real CalDAV calendar: plain iCalendar text sent with plain requests."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.caldav import multistatus
from connectors.caldav.client import Answer, DavClient
from connectors.caldav.connector import CalDavConnector
from connectors.conformance.office import REFERENCE, SUBJECT
from connectors.conformance.stage import Stage
from connectors.conformance.times import Times
from connectors.contract import Connection, MailboxRef, Period, ShowAs
from connectors.deadline import Deadline
from connectors.vevent.identity import REFERENCE_PROPERTY

_XML: Final = {"Content-Type": "application/xml; charset=utf-8"}
_ICALENDAR: Final = {"Content-Type": "text/calendar; charset=utf-8"}
_MARK: Final = f"{REFERENCE_PROPERTY}:{REFERENCE}"
_BATCH: Final = 50
_SECONDS: Final = 60.0


def stage(
    connection: Connection, *, mailbox: MailboxRef, times: Times, patience: float | None
) -> Stage:
    """Raises ValueError where the connection cannot be right, MailboxNotFound for its calendar."""
    client = DavClient(connection)
    path = client.collection(mailbox)
    home = path.rstrip("/").rsplit("/", 1)[0]

    def another() -> CalDavConnector:
        return CalDavConnector(connection, office_zone=times.zone)

    return Stage(
        connector=another(),
        mailbox=mailbox,
        missing=MailboxRef(mailbox.address, f"{home}/no-such-calendar-{secrets.token_hex(4)}/"),
        staff=LiveStaff(client, path, times),
        another=another,
        patience=10.0 if patience is None else patience,
        libraries=("caldav", "requests", "icalendar"),
    )


class LiveStaff:
    """Writes events that bear the mark of a run; everything else is never touched."""

    def __init__(self, client: DavClient, path: str, times: Times) -> None:
        self._client = client
        self._path = path
        self._times = times
        self._theirs: dict[str, str] = {}  #: path → version of what is of no run

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        return self._store([*_utc(period), f"TRANSP:{_transparency(show_as)}"])

    def put_all_day(self, first: date, days: int) -> str:
        last = first + timedelta(days=days)
        return self._store(
            [f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}"]
        )

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        zone = self._times.zone
        master = [
            f"DTSTART;{_local(first.start, zone)}",
            f"DTEND;{_local(first.end, zone)}",
            f"RRULE:FREQ=WEEKLY;COUNT={weeks}",
        ]
        overrides = []
        for week, period in moved.items():
            former = self._times.later(first, week).start
            overrides.append([f"RECURRENCE-ID;{_local(former, zone)}", *_utc(period)])
        return self._store(master, *overrides)

    def move(self, event_id: str, period: Period) -> None:
        self._rewrite(event_id, ("DTSTART", "DTEND", "DURATION"), _utc(period))

    def show(self, event_id: str, show_as: ShowAs) -> None:
        self._rewrite(event_id, ("TRANSP",), [f"TRANSP:{_transparency(show_as)}"])

    def remove(self, event_id: str) -> None:
        answer = self._write("DELETE", event_id)
        if not answer.ok and answer.status not in {404, 410}:
            raise answer.error(writing=True)

    def events(self) -> int:
        return len(self._ours())

    def others(self) -> Mapping[str, str]:
        self._ours()
        return dict(self._theirs)

    def sweep(self) -> int:
        ours = self._ours()
        for path in ours:
            self.remove(path)
        return len(ours)

    def _ours(self) -> list[str]:
        """Every resource that is not known to be somebody else's is looked into."""
        listing = self._listing()
        self._theirs = {
            path: tag for path, tag in listing.items() if tag and self._theirs.get(path) == tag
        }
        new = [path for path in listing if path not in self._theirs]
        ours = []
        for first in range(0, len(new), _BATCH):
            for path, content in self._contents(new[first : first + _BATCH]):
                if _is_marked(content):
                    ours.append(path)
                else:
                    self._theirs[path] = listing[path]
        return ours

    def _listing(self) -> dict[str, str]:
        answer = self._read("PROPFIND", self._path, multistatus.LISTING_BODY, {"Depth": "1"})
        members = multistatus.parse(answer.body, base=self._client.base).members
        return {
            each.path: each.etag
            for each in members
            if not each.collection and each.path.rstrip("/") != self._path.rstrip("/")
        }

    def _contents(self, paths: Iterable[str]) -> list[tuple[str, str]]:
        wanted = list(paths)
        if len(wanted) == 1:
            answer = self._client.read("GET", wanted[0], deadline=Deadline.after(_SECONDS))
            return [(wanted[0], answer.text)] if answer.ok else []
        answer = self._read("REPORT", self._path, multistatus.multiget_body(wanted), {})
        members = multistatus.parse(answer.body, base=self._client.base).members
        return [
            (each.path, each.values[multistatus.CALENDAR_DATA])
            for each in members
            if multistatus.CALENDAR_DATA in each.values
        ]

    def _store(self, *events: list[str]) -> str:
        uid = f"conformance-{secrets.token_hex(8)}"
        path = f"{self._path}{uid}.ics"
        headers = {"If-None-Match": "*"}
        answer = self._write("PUT", path, _calendar(uid, events), headers)
        if not answer.ok:
            raise answer.error(writing=True)
        return self._client.canonical(path)

    def _rewrite(self, path: str, names: tuple[str, ...], lines: list[str]) -> None:
        """As a calendar program does that a person moves the event with."""
        stored = self._read("GET", path, "", {})
        kept = [line for line in stored.text.splitlines() if not line.startswith(names)]
        place = kept.index("BEGIN:VEVENT") + 1
        kept[place:place] = lines
        answer = self._write("PUT", path, "\r\n".join([*kept, ""]))
        if not answer.ok:
            raise answer.error(writing=True)

    def _read(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        answer = self._client.read(
            method,
            path,
            body=body,
            headers={**_XML, **headers} if body else headers,
            deadline=Deadline.after(_SECONDS),
        )
        if not answer.ok:
            raise answer.error(writing=False)
        return answer

    def _write(
        self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        return self._client.write(
            method,
            path,
            body=body,
            headers={**(_ICALENDAR if body else {}), **(headers or {})},
            deadline=Deadline.after(_SECONDS),
        )


def _is_marked(content: str) -> bool:
    """Whether the event is of a run, by our property or, where a server drops it, by its title."""
    lines = content.replace("\r\n", "\n").replace("\n ", "").split("\n")
    return _MARK in lines or f"SUMMARY:{SUBJECT}" in lines


def _calendar(uid: str, events: Iterable[list[str]]) -> str:
    """One calendar object of events that share a UID, as a calendar program writes it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Staff//Program//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", _MARK]
        lines += [f"SUMMARY:{SUBJECT}", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _transparency(show_as: ShowAs) -> str:
    return "TRANSPARENT" if show_as == ShowAs.FREE else "OPAQUE"


def _utc(period: Period) -> list[str]:
    return [f"DTSTART:{period.start:%Y%m%dT%H%M%SZ}", f"DTEND:{period.end:%Y%m%dT%H%M%SZ}"]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"TZID={zone.key}:{moment.astimezone(zone):%Y%m%dT%H%M%S}"
