"""Requests to Microsoft 365 for calendars in which nothing happens: counted at the stand-in.

Ticker and worker in this process under a clock that is moved on to whatever is due next, as the
ticker waits for it; the stand-in keeps the same time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import town as towns
from benchmarks.calendars import StaffCalendar
from benchmarks.outlook import outlook_site
from benchmarks.report import Report
from booking.calendars.refresh import due, next_due_in
from booking.calendars.rounds import poll
from booking.desk import Desk
from booking.office import checking
from booking.settings import Settings
from booking.store import Keys, open_store, upgrade
from booking_web.wiring import RegistryCalendars
from connectors.deadline import Deadline
from connectors.gate import OpenGate
from tests.servers.graph.clock import Clock

TEN_MINUTES = timedelta(minutes=10)
_AFTER, _LEAST, _MOST = 0.5, 1.0, 5.0  #: the ticker's pauses (seconds)


def run(report: Report, folder: Path) -> None:
    for count in (20, 100):
        people = tuple(StaffCalendar() for _ in range(count))
        town = towns.Town(f"idle{count}", people)
        _measure(report, folder / town.slug, town)


def _measure(report: Report, folder: Path, town: towns.Town) -> None:
    clock = Clock()
    clock.set(datetime.now(UTC))
    folder.mkdir(parents=True)
    url = f"sqlite:///{folder / 'idle.sqlite'}"
    upgrade(url)
    store = open_store(url, encryption_keys=Keys.generate(), now=clock.now)
    desk = Desk(store=store, calendars=RegistryCalendars(OpenGate()), settings=Settings())
    with outlook_site(folder / "site", town, desk=desk) as there:
        there.server.world.clock.set(clock.now())
        _pass(desk, clock, there.server.clock, TEN_MINUTES)
        there.server.requests.clear()
        _pass(desk, clock, there.server.clock, 6 * TEN_MINUTES)
        per_mailbox = len(there.server.requests) / len(there.ids) / 6
        subject = f"idle calendars, {len(there.ids)} mailboxes"
        report.add(subject, "requests in 10 min", per_mailbox, "each", "at most 40")
    store.close()


def _pass(desk: Desk, ours: Clock, theirs: Clock, time: timedelta) -> None:
    end = ours.now() + time
    while ours.now() < end:
        for batch in due(desk, limit=10_000):
            poll(desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(60))
        if checking.is_due(desk):
            checking.check_due(desk, deadline=Deadline.after(60))
        wait = next_due_in(desk)
        pause = _MOST if wait is None else min(max(wait + _AFTER, _LEAST), _MOST)
        for clock in (ours, theirs):
            clock.advance(timedelta(seconds=pause))
