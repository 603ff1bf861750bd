"""The other side of a site: its staff's calendars, looked at and written as their own programs do.

The same journeys run with every mailbox on CalDAV and with every mailbox on Microsoft Graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from booking_web.cli.demo.samples import CALDAV_SECRET, GRAPH_SECRET, Addresses, fitted, on_caldav
from mapping.file import read_mapping
from mapping.samples import SAMPLES, sample_text
from tests.product.product import Calendar
from tests.servers.caldav_server import CalDavServer
from tests.servers.graph import GraphServer, graph_server
from tests.servers.radicale import radicale


class StaffCalendar(Protocol):
    def starts_of(self, reference: str) -> list[str]:
        """Where the events of a booking begin: ``2026-12-10T10:30Z``."""
        ...

    def meeting_of(self, reference: str) -> str:
        """The online meeting that the event carries, empty where it has none of its own."""
        ...

    def put(self, start: datetime, length: timedelta) -> str:
        """An entry of the employee's own; returns its name."""
        ...

    def remove(self, name: str) -> None: ...

    def delete(self, reference: str) -> None:
        """The employee deletes a booking's event."""
        ...


@dataclass(frozen=True)
class CalDavSide:
    calendar: Calendar

    def starts_of(self, reference: str) -> list[str]:
        events = self.calendar.events_of(reference)
        return [event["DTSTART"].dt.strftime("%Y-%m-%dT%H:%MZ") for event in events]

    def meeting_of(self, reference: str) -> str:
        return ""

    def put(self, start: datetime, length: timedelta) -> str:
        name = f"busy-{start:%Y%m%d%H%M}"
        end = start + length
        self.calendar.put(name, f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}")
        return name

    def remove(self, name: str) -> None:
        self.calendar.remove(name)

    def delete(self, reference: str) -> None:
        for event in self.calendar.events_of(reference):
            self.calendar.remove(str(event["UID"]))


@dataclass(frozen=True)
class OutlookSide:
    mailbox: Any

    def events_of(self, reference: str) -> list[dict[str, Any]]:
        return [each for each in self.mailbox.events() if reference in each["subject"]]

    def starts_of(self, reference: str) -> list[str]:
        starts = [each["start"] for each in self.events_of(reference)]
        assert {each["timeZone"] for each in starts} <= {"UTC"}
        return [each["dateTime"][:16] + "Z" for each in starts]

    def meeting_of(self, reference: str) -> str:
        (event,) = self.events_of(reference)
        return str((event["onlineMeeting"] or {}).get("joinUrl", ""))

    def put(self, start: datetime, length: timedelta) -> str:
        return str(self.mailbox.put(start, start + length))

    def remove(self, name: str) -> None:
        self.mailbox.remove(name)

    def delete(self, reference: str) -> None:
        for event in self.events_of(reference):
            self.mailbox.remove(event["id"])


@dataclass
class Calendars:
    """The servers, the mapping files that lead there, and each mailbox's other side."""

    texts: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    sides: dict[str, StaffCalendar] = field(default_factory=dict)


@contextmanager
def calendars_on(provider: str, folder: Path) -> Iterator[Calendars]:
    """Both sample towns on "caldav" or on "graph"; a pool that mixes them stays mixed there."""
    (folder / "radicale").mkdir()
    (folder / "graph").mkdir()
    with radicale(folder / "radicale") as dav, graph_server(folder / "graph") as graph:
        secrets = {CALDAV_SECRET: dav.password, GRAPH_SECRET: graph.certificate_pem}
        made = Calendars(secrets=secrets)
        at = Addresses(
            dav.home, graph.base_url, graph.authority, str(graph.ca_file), graph.tenant,
            graph.client_id,
        )  # fmt: skip
        for slug in SAMPLES:
            text = sample_text(slug)
            text = on_caldav(text) if provider == "caldav" else on_graph(text)
            text = re.sub(r"calendar: (\S+)@(\S+)/rantevou/", r"calendar: \1-\2/", fitted(text, at))
            made.texts[slug] = text
            _make_mailboxes(made, text, dav, graph)
        yield made


def on_graph(text: str) -> str:
    """A sample that uses CalDAV alone, with every calendar on Graph instead."""
    if "provider: graph" in text:
        return text
    block = re.search(r"  - name: m365\n(?:    .*\n)*", sample_text("kavala"))
    assert block is not None
    text = re.sub(r"  - name: calendars\n(?:    .*\n)*", lambda _: block[0], text)
    return re.sub(r"connection: calendars\n    calendar: \S+", "connection: m365", text)


def _make_mailboxes(made: Calendars, text: str, dav: CalDavServer, graph: GraphServer) -> None:
    town = read_mapping(text, name="sample")
    for mailbox in town.mailboxes:
        connection = town.connection(mailbox.connection)
        if connection is not None and connection.provider == "graph":
            made.sides[mailbox.address] = OutlookSide(graph.add_mailbox(mailbox.address))
        else:
            url = dav.make_calendar(mailbox.calendar.rstrip("/"))
            calendar = Calendar(url, dav.user, dav.password)
            made.sides[mailbox.address] = CalDavSide(calendar)
