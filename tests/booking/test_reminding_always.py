"""Whatever citizens do and however mail fails: a reminder is true, comes once, and nobody whose
appointment stands is without word since the time at which they wanted one."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import cancelling, housekeeping, rescheduling
from booking.desk import Desk, MailLater
from booking.messages import OutgoingMail
from booking.model import BookingError, BookingState
from booking.office import importing
from booking.store import Keys, open_store
from booking.words import dates
from connectors.deadline import Deadline
from connectors.memory import MemoryConnector
from tests.booking.conftest import _SETTINGS, MONDAY, Clock, Office, OneConnector
from tests.booking.reminded import with_mails

MINUTES = (12 * 60, 90)
HEADING = "Υπενθύμιση για το ραντεβού σας"


@contextmanager
def opened(template: Path, folder: Path) -> Iterator[Office]:
    """A town of its own for each example."""
    path = folder / f"{uuid.uuid4().hex}.sqlite"
    shutil.copy(template, path)
    clock, memory, town = Clock(MONDAY), MemoryConnector(), with_mails(*MINUTES)
    store = open_store(f"sqlite:///{path}", encryption_keys=Keys.generate(), now=clock)
    calendars = OneConnector(memory)
    office = Office(Desk(store, calendars, replace(_SETTINGS)), clock, memory, town, calendars)
    importing.import_mapping(office.desk, text="slug: town", municipality=town, by="test")
    office.read_all()
    yield office
    store.close()


class Watcher:
    """A mailer that is down now and then, and looks at every mail that it takes."""

    def __init__(self, office: Office) -> None:
        self.office, self.down = office, 0
        self.ids: set[str] = set()
        self.reminded: dict[tuple[str, str], int] = {}
        self.bookings: list[str] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        if self.down:
            self.down -= 1
            raise MailLater("down")
        assert message.message_id not in self.ids
        self.ids.add(message.message_id)
        if HEADING not in message.text:
            return
        (view,) = [v for v in map(self.office.view, self.bookings) if v.reference in message.text]
        zone = ZoneInfo("Europe/Athens")
        when = dates.day_and_range(view.period, zone=zone, language="el")
        assert view.state is BookingState.CONFIRMED
        assert when in message.text
        first = view.period.start - timedelta(minutes=max(MINUTES))
        assert first <= self.office.clock.now < view.period.start
        told = self.reminded[view.id, when] = self.reminded.get((view.id, when), 0) + 1
        assert told <= len(MINUTES)

    def nobody_is_without_word(self) -> None:
        office = self.office
        for booking_id in self.bookings:
            view = office.view(booking_id)
            if view.state is not BookingState.CONFIRMED or view.period.start <= office.clock.now:
                continue
            with office.desk.store.read() as uow:
                told = [each.created_at for each in uow.outbox.mails_of(booking_id)]
            for minutes in MINUTES:
                since = view.period.start - timedelta(minutes=minutes)
                if since <= office.clock.now:
                    assert max(told) >= since, (view.period, minutes)


def act(office: Office, watcher: Watcher, deed: tuple[str, int, int]) -> None:
    kind, which, much = deed
    if kind == "wait":
        office.clock.forward(minutes=5 + 15 * much)
        return
    if kind == "down":
        watcher.down = much
        return
    office.read_all()
    free = [slot.start for day in (2, 3) for slot in office.free(office.at(day, 9).date())]
    with suppress(BookingError):
        if kind == "book" and free:
            done = office.book(free[much % len(free)], key=f"key {len(watcher.bookings)}")
            watcher.bookings.append(done.booking.id)
        elif watcher.bookings:
            booking_id = watcher.bookings[which % len(watcher.bookings)]
            if kind == "move" and free:
                start = free[much % len(free)]
                rescheduling.reschedule(
                    office.desk, booking_id=booking_id, starts_at=start, citizen=None, answers=None
                )
            elif kind == "cancel":
                cancelling.cancel(office.desk, booking_id=booking_id)
            elif kind == "undo":
                cancelling.undo(office.desk, booking_id=booking_id)


deeds = st.lists(
    st.tuples(
        st.sampled_from(["book", "wait", "move", "wait", "cancel", "undo", "wait", "down"]),
        st.integers(0, 2),
        st.integers(0, 40),
    ),
    min_size=6,
    max_size=12,
)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deeds=deeds)
def test_a_reminder_is_true_and_nobody_is_without_word(
    sqlite_template: Path, tmp_path: Path, deeds: list[tuple[str, int, int]]
) -> None:
    with opened(sqlite_template, tmp_path) as office:
        watcher = Watcher(office)
        look = looking(office, watcher)
        act(office, watcher, ("book", 0, 0))
        for deed in deeds:
            act(office, watcher, deed)
            look()
        watcher.down = 0
        for _ in range(16):
            office.clock.forward(minutes=200)
            look()


def looking(office: Office, watcher: Watcher) -> Callable[[], None]:
    office.post = watcher  # type: ignore[assignment]

    def look() -> None:
        housekeeping.tend(office.desk)
        office.drain()
        watcher.nobody_is_without_word()

    return look
