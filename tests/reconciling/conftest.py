"""The office of the booking tests, with what its staff do to our events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from booking.messages import OutgoingMail
from booking.model import BookingView
from booking.store.placements import PlacementRow
from booking.store.tasks import TaskRow
from connectors.contract import MailboxRef, Period, RemoteEvent
from tests.booking.conftest import Office, clock, make_office, store
from tests.booking.town import address, town
from tests.databases import database_url, postgres_shared, sqlite_template, sqlite_url

__all__ = [
    "clock",
    "database_url",
    "make_office",
    "postgres_shared",
    "sqlite_template",
    "sqlite_url",
    "store",
]

#: Longer than an employee may take to think better of an edit.
SETTLED = 31.0
#: Longer than a deletion may be taken back.
GRACE = 601.0
#: After so long nobody who reads can have begun before the event was there.
A_MINUTE = 61.0


@dataclass
class Scene:
    """One booking of an office, and the other side of its calendar."""

    office: Office
    booking_id: str

    @property
    def view(self) -> BookingView:
        return self.office.view(self.booking_id)

    @property
    def placement(self) -> PlacementRow:
        with self.office.desk.store.read() as uow:
            return uow.placements.of_booking(self.booking_id)[-1]

    @property
    def ref(self) -> MailboxRef:
        return self.office.ref(self.view.mailbox)

    @property
    def event(self) -> RemoteEvent:
        (found,) = [each for each in self.own_events() if each.key == self.placement.key]
        return found

    def own_events(self) -> list[RemoteEvent]:
        """Of this booking, wherever they stand."""
        office = self.office
        return [
            event
            for mailbox in office.town.mailboxes
            for event in office.memory.events(office.ref(mailbox.address))
            if event.key is not None and event.key.startswith(self.booking_id)
        ]

    def move(self, start: datetime, minutes: int = 30) -> None:
        period = Period(start, start + timedelta(minutes=minutes))
        self.office.memory.change_foreign(self.ref, self.event.ref.id, period)

    def delete(self) -> RemoteEvent:
        event = self.event
        self.office.memory.remove(self.ref, event.ref.id)
        return event

    def look(self, *, seconds: float = SETTLED, full: bool = False) -> None:
        """The calendars are read, time passes, and what is owed is carried out."""
        self.office.read_all(full=full)
        self.office.clock.forward(seconds=seconds)
        self.office.read_all(full=full)
        self.office.drain()
        self.office.drain(seconds=1)

    def mails(self) -> list[OutgoingMail]:
        """Those since the last time that somebody asked."""
        sent = list(self.office.post.sent)
        self.office.post.sent.clear()
        return sent

    def tasks(self) -> list[TaskRow]:
        with self.office.desk.store.read() as uow:
            return list(uow.tasks.open(municipality=None))

    def kept(self) -> list[datetime]:
        """Times that are kept for this booking alone."""
        with self.office.desk.store.read() as uow:
            return sorted(
                hold.starts_at
                for hold in uow.holds.for_booking(self.booking_id)
                if hold.expires_at > uow.now
            )


@pytest.fixture
def make_scene(make_office: Callable[..., Office]) -> Callable[..., Scene]:
    def make(*, mailboxes: int = 1, hour: int = 10, minute: int = 20, **other: object) -> Scene:
        office = make_office(town(mailboxes=mailboxes), **other)
        booked = office.book(office.at(2, hour, minute)).booking
        office.drain()
        office.read_all()
        office.post.sent.clear()
        return Scene(office, booked.id)

    return make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()


def busy_over(scene: Scene, *, minutes: int = 30) -> str:
    """Somebody enters a meeting over the appointment; the id of it."""
    return scene.office.busy(scene.view.mailbox, scene.view.period.start, minutes)


def other_address(scene: Scene) -> str:
    """Of the other mailbox of two."""
    return next(each for each in (address(1), address(2)) if each != scene.view.mailbox)
