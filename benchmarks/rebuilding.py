"""A restored database made whole from the calendars: `rantevou rebuild` over events of ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import town as towns
from benchmarks.calendars import StaffCalendar, today
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.town import Town
from booking.calendars.preload import load_ahead
from booking.office.rebuilding import Outcome, rebuild
from booking.placement.events import About
from booking.references import new_reference
from connectors.contract import EventDraft, Period
from connectors.vevent.identity import uid_of
from connectors.vevent.write import event_text
from mapping.model import Channel

MAILBOXES = 20
#: Of a mailbox: ten working days of appointments every half an hour.
EACH = 160


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """First everything is lost, then nothing: what a real restore needs lies between."""
    site = Site.make(folder)
    town = Town(
        "restored",
        tuple(StaffCalendar(objects=_ours(number, quick=quick)) for number in range(MAILBOXES)),
    )
    count = sum(len(person.objects) for person in town.people)
    towns.store_calendars(town, site.radicale_folder)
    with site.radicale():
        desk = site.desk()
        towns.fill(desk, town, caldav_url=site.caldav_url)
        load_ahead(desk)
        for outcome, what in ((Outcome.RESTORED, "made again"), (Outcome.MATCHED, "compared")):
            begun, cpu = time.perf_counter(), time.process_time()
            found = rebuild(desk, apply=True)
            seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
            assert found.counts[outcome] == count, found.counts
            subject = f"rebuild, bookings {what}"
            report.add(subject, "bookings a second", count / seconds, "/s")
            report.add(subject, "own CPU a booking", cpu * 1000 / count, "ms")


def _ours(number: int, *, quick: bool) -> dict[str, str]:
    """Events of ours as one calendar holds them, by file name."""
    first = datetime.combine(today() + timedelta(days=1), towns.OPEN, UTC)
    return dict(_written(number, first, EACH // 8 if quick else EACH))


def _written(number: int, first: datetime, count: int) -> Iterator[tuple[str, str]]:
    for index in range(count):
        start = first + timedelta(days=index // 16, minutes=30 * (index % 16))
        key = f"{number * EACH + index:024x}-1"
        reference = new_reference()
        draft = EventDraft(
            period=Period(start, start + towns.LENGTH),
            subject=f"Δοκιμή #{reference}",
            body=f"Όνομα: Ελένη Δοκιμαστική\nΚωδικός ραντεβού: {reference}",
            reference=reference,
            about=str(About(f"restored.pool{MAILBOXES}", Channel.IN_PERSON, start)),
        )
        yield f"{uid_of(key)}.ics", event_text(draft, key=key, stamp=first)
