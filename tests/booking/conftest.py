"""A desk over a fresh database, with calendars in memory and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.calendars.refresh import refresh_mailbox
from booking.desk import Desk
from booking.messages import OutgoingMail
from booking.model import BookingView, Submission
from booking.offer import available
from booking.office import importing
from booking.outbox import DrainReport, drain
from booking.settings import Settings
from booking.store import Keys, Store, open_store
from booking.submitting import submit
from connectors.contract import Connection, Connector, MailboxRef, Period
from connectors.deadline import Deadline
from connectors.memory import MemoryConnector
from mapping.model import Channel, Municipality
from tests.booking.forms import form
from tests.booking.town import SERVICE, TUESDAY, town
from tests.databases import database_url, postgres_shared, sqlite_template, sqlite_url

__all__ = ["database_url", "postgres_shared", "sqlite_template", "sqlite_url"]

#: A Monday morning in Athens (09:00, UTC+3).
MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)


#: Views and submissions have time enough however slow the machine is that runs the tests.
_SETTINGS = replace(
    Settings(),
    view_deadline=timedelta(seconds=60),
    placing_deadline=timedelta(seconds=60),
)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class OneConnector:
    """Calendars of a test: whatever the connection, this connector."""

    def __init__(self, connector: Connector) -> None:
        self.it = connector

    def connector(self, connection: Connection) -> Connector:
        return self.it


class Post:
    """A mailer that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []
        self.refuse: list[Exception] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        if self.refuse:
            raise self.refuse.pop(0)
        self.sent.append(message)


@dataclass
class Office:
    """A town at work: what a test of a use case needs at hand."""

    desk: Desk
    clock: Clock
    memory: MemoryConnector
    town: Municipality
    calendars: OneConnector
    post: Post = field(default_factory=Post)
    woken: list[str] = field(default_factory=list)

    def mailbox_id(self, address: str) -> str:
        with self.desk.store.read() as uow:
            return uow.mailboxes.ids(self.town.slug)[address]

    def ref(self, address: str) -> MailboxRef:
        mailbox = self.town.mailbox(address)
        assert mailbox is not None
        return MailboxRef(mailbox.address, mailbox.calendar)

    def read_all(self, *, full: bool = False) -> None:
        for mailbox in self.town.mailboxes:
            refresh_mailbox(
                self.desk,
                mailbox_id=self.mailbox_id(mailbox.address),
                deadline=Deadline.after(60),
                full=full,
            )

    def drain(self, *, seconds: float = 0) -> DrainReport:
        """What a worker does, after the clock has moved on."""
        self.clock.forward(seconds=seconds)
        return drain(self.desk, mailer=self.post, limit=100, deadline=Deadline.after(60))

    def settle(self, *, rounds: int = 12, seconds: float = 61) -> None:
        """Drain until nothing is owed, the clock running on."""
        for _ in range(rounds):
            self.drain(seconds=seconds)

    def book(self, start: datetime, key: str = "key", **other: object) -> Submission:
        return submit(self.desk, request=form(start, **other), idempotency_key=key)

    def free(self, day: date = TUESDAY, **other: object) -> list[Period]:
        found = available(
            self.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            first=day,
            last=day,
            **other,  # type: ignore[arg-type]
        )
        return list(found.slots)

    def view(self, booking_id: str) -> BookingView:
        with self.desk.store.read() as uow:
            row = uow.bookings.get(booking_id)
        assert row is not None
        return row.view()

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """An instant of June 2026, Athens clock."""
        return datetime(2026, 6, day, hour - 3, minute, tzinfo=UTC)

    def busy(self, address: str, start: datetime, minutes: int = 30) -> str:
        period = Period(start, start + timedelta(minutes=minutes))
        return self.memory.put_foreign(self.ref(address), period)

    def events(self, address: str) -> list[Period]:
        return sorted(
            event.period
            for event in self.memory.events(self.ref(address))
            if event.key is not None and event.period is not None
        )

    def all_events(self) -> list[Period]:
        return sorted(
            period for mailbox in self.town.mailboxes for period in self.events(mailbox.address)
        )


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    store = open_store(database_url, encryption_keys=Keys.generate(), now=clock)
    yield store
    store.close()


@pytest.fixture
def make_office(store: Store, clock: Clock) -> Callable[..., Office]:
    def make(
        municipality: Municipality | None = None,
        *,
        memory: MemoryConnector | None = None,
        **settings: object,
    ) -> Office:
        municipality = municipality or town()
        memory = memory or MemoryConnector()
        calendars = OneConnector(memory)
        office = Office(
            desk=Desk(store, calendars, replace(_SETTINGS, **settings)),  # type: ignore[arg-type]
            clock=clock,
            memory=memory,
            town=municipality,
            calendars=calendars,
        )
        office.desk = replace(office.desk, wake=office.woken.append)
        importing.import_mapping(
            office.desk, text=f"slug: {municipality.slug}", municipality=municipality, by="test"
        )
        office.read_all()
        return office

    return make


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()
