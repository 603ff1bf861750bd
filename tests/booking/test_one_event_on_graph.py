"""Whatever fails between us and Outlook, a booking has one event there: never two, never none.

A thousand bookings in random trouble: refusals whose effect happened, answers lost or cut,
throttling, and processes that die between writing into the calendar and recording it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from booking.cancelling import cancel
from booking.model import BookingError, BookingState
from booking.office import importing, secrets
from booking.rescheduling import reschedule
from booking.store.tables import booking
from booking.submitting import submit
from connectors.contract import EventDraft, MailboxRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.gate import OpenGate
from connectors.graph.connector import GraphConnector
from mapping.model import CalendarConnection
from tests.booking.conftest import Office
from tests.booking.forms import form
from tests.booking.town import address, town
from tests.servers.graph import graph_server
from tests.servers.graph.faults import Effect, created_but, cut, refused, reset
from tests.servers.graph.server import GraphServer

RUNS_OF_A_SEED = 50
SEEDS = range(10)
FINAL = {
    BookingState.CONFIRMED,
    BookingState.CANCELLING,  # may be undone for a while, but stands in no calendar
    BookingState.CANCELLED,
    BookingState.RELEASED,
}
#: For whoever sends the same form again and would wait for the outcome of the first.
SOON = timedelta(milliseconds=20)
_ZONE = ZoneInfo("Europe/Athens")


class Killed(BaseException):
    """The process has ended here; nothing after this line was done."""


class Mortal:
    """A connector whose process dies right after, or right before, a write."""

    def __init__(self, start: Callable[[], GraphConnector]) -> None:
        self._start = start
        self._inner = start()
        self.dies: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        self._perhaps("before")
        made = self._inner.create(mailbox=mailbox, draft=draft, key=key, deadline=deadline)
        self._perhaps("after")
        return made

    def update(self, **arguments: Any) -> RemoteEvent:
        self._perhaps("before")
        made = self._inner.update(**arguments)
        self._perhaps("after")
        return made

    def delete(self, **arguments: Any) -> None:
        self._inner.delete(**arguments)
        self._perhaps("after")

    def _perhaps(self, moment: str) -> None:
        if moment in self.dies:
            self.dies.clear()
            self._inner.close()
            self._inner = self._start()  # another process knows nothing of what this one did
            raise Killed


@dataclass
class Trouble:
    """One office on the stand-in, and what is done to it."""

    office: Office
    graph: GraphServer
    mortal: Mortal
    random: random.Random

    def plan(self) -> None:
        for _ in range(self.random.choice((1, 1, 2, 3))):
            method = self.random.choice(("POST", "POST", "PATCH", "DELETE", "GET", None))
            self.graph.faults.add(
                self._effect(), method=method, nth=self.random.choice((1, 1, 2, 3, None))
            )
        if self.random.random() < 0.3:
            self.mortal.dies[:] = [self.random.choice(("before", "after"))]

    def _effect(self) -> Effect:
        makers: Sequence[Callable[[], Effect]] = (
            lambda: created_but(503),
            lambda: created_but(504),
            lambda: refused(503),
            lambda: refused(500),
            lambda: refused(429, retry_after=1),
            lambda: refused(429),
            lambda: reset(after=True),
            lambda: reset(after=False),
            lambda: cut(0.4),
        )
        return self.random.choice(makers)()

    def quietly(self, work: Callable[[], object]) -> None:
        """What a process does until it succeeds, is refused, or dies."""
        with suppress(Killed, BookingError):
            work()

    def settle(self) -> None:
        """The trouble goes on while workers begin, then it is over and they finish."""
        for _ in range(3):
            self.quietly(lambda: self.office.drain(seconds=40))
            if self.random.random() < 0.5:
                self.graph.faults.clear()
        self.graph.faults.clear()
        self.mortal.dies.clear()
        for seconds in (61, 61, 61, 61, 400, 400, 61):
            self.office.drain(seconds=seconds)

    def events_of(self, reference: str) -> list[datetime]:
        found = []
        for number in (1, 2):
            for event in self.graph.mailbox(address(number)).events():
                if reference in event["subject"]:
                    start = datetime.fromisoformat(event["start"]["dateTime"][:19])
                    found.append(start.replace(tzinfo=ZoneInfo("UTC")))
        return found


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: what differs is the provider."""
    return sqlite_url


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as running:
        for number in (1, 2):
            running.add_mailbox(address(number))
        yield running


@pytest.fixture
def trouble(
    graph: GraphServer,
    make_office: Callable[..., Office],
    seed: int,
) -> Iterator[Trouble]:
    graph.faults.clear()
    office = make_office(town(mailboxes=2))
    office.clock.now += timedelta(hours=seed)
    graph.clock.set(office.clock.now)
    connection = graph.connection()
    mortal = Mortal(lambda: GraphConnector(connection, office_zone=_ZONE, gate=OpenGate()))
    secrets.set_secret(office.desk, name="m365", value=connection.secret)
    base = office.town
    office.town = replace(
        base,
        connections=(
            CalendarConnection(
                "calendars",
                "graph",
                url=connection.url,
                user=connection.user,
                secret="m365",
                options=dict(connection.options),
            ),
        ),
        mailboxes=tuple(replace(each, calendar="") for each in base.mailboxes),
    )
    office.calendars.it = mortal  # type: ignore[assignment]
    importing.import_mapping(office.desk, text="slug: town", municipality=office.town, by="test")
    office.read_all(full=True)
    yield Trouble(office, graph, mortal, random.Random(seed))
    graph.faults.clear()
    for number in (1, 2):
        mailbox = graph.mailbox(address(number))
        for event in mailbox.events():
            mailbox.remove(str(event["id"]))
    mortal.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_one_event_never_two(trouble: Trouble, seed: int) -> None:
    begun = trouble.office.clock.now
    for run in range(RUNS_OF_A_SEED):
        trouble.office.clock.now = begun + timedelta(hours=run)
        trouble.graph.clock.set(trouble.office.clock.now)
        trouble.office.read_all()
        trouble.plan()
        made = one_life(trouble, f"run-{run}")
        trouble.settle()
        view = trouble.office.view(made)
        assert view.state in FINAL, (seed, run)
        expected = [view.period.start] if view.state is BookingState.CONFIRMED else []
        seen = trouble.events_of(view.reference)
        assert seen == expected, (seed, run, view.state, list(trouble.graph.requests)[-40:])


def one_life(trouble: Trouble, key: str) -> str:
    """Book, perhaps twice with the same form; then perhaps move it or cancel. Its id."""
    office, chance = trouble.office, trouble.random
    days = chance.sample(range(1, 25), 8)
    slots = [
        slot.start
        for day in days
        for slot in office.free((office.clock.now + timedelta(days=day)).date())
    ]
    wanted, other = chance.sample(slots, 2)
    trouble.quietly(lambda: office.book(wanted, key))
    if chance.random() < 0.3:
        hasty = replace(office.desk, settings=replace(office.desk.settings, placing_deadline=SOON))
        trouble.quietly(lambda: submit(hasty, request=form(wanted), idempotency_key=key))
    made, what = latest(office), chance.random()
    if what < 0.4:
        trouble.quietly(
            lambda: reschedule(
                office.desk, booking_id=made, starts_at=other, citizen=None, answers=None
            )
        )
    elif what < 0.6:
        trouble.quietly(lambda: cancel(office.desk, booking_id=made))
    return made


def latest(office: Office) -> str:
    """Id of the booking that was made last; whoever died while booking could not tell it."""
    newest = select(booking.c.id).order_by(booking.c.created_at.desc()).limit(1)
    with office.desk.store.read() as uow:
        return str(uow.connection.execute(newest).scalar_one())
