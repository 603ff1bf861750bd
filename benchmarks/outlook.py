"""The town's calendars in Microsoft 365: our stand-in, its mailboxes filled, and the mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from benchmarks import town as towns
from benchmarks.calendars import ATHENS, StaffCalendar
from benchmarks.site import Site
from benchmarks.town import Town
from booking.desk import Desk
from mapping.model import CalendarConnection, Municipality
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.mailbox import Mailbox

_DATE = re.compile(r"^(DTSTART|DTEND|EXDATE|RECURRENCE-ID);TZID=Europe/Athens:(\w+)", re.MULTILINE)


@dataclass
class OutlookSite:
    """The stand-in runs in threads of this process: what it costs is not counted as ours."""

    site: Site
    server: GraphServer
    town: Town
    ids: list[str]

    @property
    def environment(self) -> dict[str, str]:
        """Settings of processes that are to be called by the stand-in."""
        return {"RANTEVOU_NOTIFICATION_URL": self.server.authority}


@contextmanager
def outlook_site(folder: Path, town: Town, *, desk: Desk | None = None) -> Iterator[OutlookSite]:
    """Mailboxes with the same calendars as in Radicale, mapped and read once."""
    site = Site.make(folder)
    with graph_server(folder / "outlook", contract=False) as server:
        fill_mailboxes(server, town)
        desk = desk or site.desk()
        value = server.client_secret
        ids = towns.bring_in(desk, town, on_graph(town, server), secret=value)
        yield OutlookSite(site, server, town, ids)


def on_graph(town: Town, server: GraphServer) -> Municipality:
    made = server.connection()
    plain = towns.municipality(town, caldav_url="http://127.0.0.1/")
    there = CalendarConnection(
        "calendars",
        "graph",
        url=made.url,
        user=made.user,
        secret=towns.SECRET,
        options=dict(made.options),
    )
    boxes = tuple(replace(each, calendar="") for each in plain.mailboxes)
    return replace(plain, connections=(there,), mailboxes=boxes)


def fill_mailboxes(server: GraphServer, town: Town) -> None:
    for number, person in enumerate(town.people):
        _fill(server.add_mailbox(town.address(number)), person)


def _fill(box: Mailbox, person: StaffCalendar) -> None:
    for content in person.objects.values():
        event, *moved = content.split("BEGIN:VEVENT")[1:]
        times = _times(event)
        start, end = times["DTSTART"], times["DTEND"]
        if "RRULE" not in event:
            box.put(start, end)
            continue
        master = box.put_series(start, end, weekly_count=52)
        if "EXDATE" in times:
            box.remove_occurrence(master, _week(start, times["EXDATE"]))
        for each in map(_times, moved):
            week = _week(start, each["RECURRENCE-ID"])
            box.move_occurrence(master, week, each["DTSTART"], each["DTEND"])


def _times(event: str) -> dict[str, datetime]:
    return {
        name: datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=ATHENS)
        for name, text in _DATE.findall(event)
    }


def _week(first: datetime, later: datetime) -> int:
    return (later.date() - first.date()).days // 7
