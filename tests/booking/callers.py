"""An office whose calendars call it, and accidents of whoever keeps that up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from booking.office import importing
from booking.store.subscription_rows import SubscriptionRow, SubscriptionState
from booking.subscriptions.intake import Matter, Notice, receive
from booking.subscriptions.planning import is_due
from booking.subscriptions.upkeep import TendReport, tend
from connectors.deadline import Deadline
from connectors.memory.pushing import Held, PushingMemory
from mapping.model import Municipality
from tests.booking.conftest import Office
from tests.booking.town import town

ORIGIN = "https://rantevou.example.gr"
EVENTS = {
    "reauthorizationRequired": Matter.REAUTHORIZE,
    "subscriptionRemoved": Matter.REMOVED,
    "missed": Matter.MISSED,
}


class Died(BaseException):
    """What a process that is killed leaves behind is what it did until now."""


@dataclass
class Callers:
    """``office`` with a provider that calls. ``at_handshake`` is done whenever it checks us."""

    office: Office
    memory: PushingMemory = field(init=False)
    handshakes: list[str] = field(default_factory=list)
    at_handshake: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        self.memory = PushingMemory(self.call, now=self.office.clock)
        self.office.calendars.it = self.memory
        self.office.memory = self.memory
        self.settings(notification_url=ORIGIN)

    def settings(self, **changes: object) -> None:
        desk = self.office.desk
        settings = replace(desk.settings, **changes)  # type: ignore[arg-type]
        self.office.desk = replace(desk, settings=settings)

    def call(self, url: str, body: dict[str, Any] | None) -> tuple[int, str]:
        parts = urlsplit(url)
        assert parts.path.startswith("/notifications/memory")
        if body is None:
            self.handshakes.append(url)
            if self.at_handshake is not None:
                self.at_handshake()
            return 200, parse_qs(parts.query)["validationToken"][0]
        notices = [
            Notice(
                each["subscriptionId"],
                each["clientState"],
                EVENTS.get(each.get("lifecycleEvent", ""), Matter.CHANGED),
            )
            for each in body["value"]
        ]
        receive(self.office.desk, provider="memory", notices=notices)
        return 202, ""

    def tend(self, **options: int) -> TendReport:
        return tend(self.office.desk, deadline=Deadline.after(30), **options)

    def settle(self) -> None:
        """What workers do until nothing is due, waiting out leases and pauses."""
        for _ in range(60):
            busy = self.tend().more or self.unsettled()
            if not busy and not is_due(self.office.desk, plans=True):
                return
            self.office.clock.forward(minutes=20)
        raise AssertionError(f"it does not settle: {self.unsettled()}")

    def unsettled(self) -> list[SubscriptionRow]:
        return [row for row in self.rows() if row.state is not SubscriptionState.ACTIVE]

    def rows(self) -> tuple[SubscriptionRow, ...]:
        with self.office.desk.store.read() as uow:
            return uow.subscriptions.all()

    def held(self) -> dict[str, Held]:
        """By mailbox; fails where one has two."""
        found = {each.told.mailbox: each for each in self.memory.held}
        assert len(found) == len(self.memory.held)
        return found

    def remap(self, municipality: Municipality, text: str) -> None:
        self.office.town = municipality
        importing.import_mapping(self.office.desk, text=text, municipality=municipality, by="test")

    def assert_one_each(self) -> None:
        """Every mapped mailbox has exactly one, at the provider and here, and they agree."""
        held = self.held()
        assert sorted(held) == sorted(each.address for each in self.office.town.mailboxes)
        rows = self.rows()
        assert {row.remote_id for row in rows} == {each.told.id for each in held.values()}
        assert len(rows) == len(held)
        for each in held.values():
            (row,) = [row for row in rows if row.remote_id == each.told.id]
            assert row.expires_at == each.told.expires_at
            assert each.told.expires_at - self.office.clock() < timedelta(days=7)


@dataclass
class Mortal:
    """A connector of a process that dies before or after its ``fatal``-th request.

    An even number dies before, an odd one after the request took effect.
    """

    memory: PushingMemory
    fatal: int
    count: int = 0

    def __getattr__(self, name: str) -> Any:
        made = getattr(self.memory, name)
        if name not in {"subscriptions", "subscribe", "renew", "unsubscribe"}:
            return made

        def dying(**arguments: object) -> object:
            turn, self.count = self.count, self.count + 1
            if turn * 2 == self.fatal:
                raise Died
            answer = made(**arguments)
            if turn * 2 + 1 == self.fatal:
                raise Died
            return answer

        return dying

    # A protocol with runtime checks looks for these on the class.
    def subscriptions(self, **arguments: Any) -> Any:
        return self.__getattr__("subscriptions")(**arguments)

    def subscribe(self, **arguments: Any) -> Any:
        return self.__getattr__("subscribe")(**arguments)

    def renew(self, **arguments: Any) -> Any:
        return self.__getattr__("renew")(**arguments)

    def unsubscribe(self, **arguments: Any) -> Any:
        return self.__getattr__("unsubscribe")(**arguments)


def tend_and_die(callers: Callers, *, at: int) -> bool:
    """One run that dies at its ``at``-th moment; False where it came through before that.

    Its leases stay behind as they were: nothing is given back by the dead.
    """
    mortal = Mortal(callers.memory, at)
    callers.office.calendars.it = mortal  # type: ignore[assignment]
    died = True
    with suppress(Died):
        callers.tend()
        died = False
    callers.office.calendars.it = callers.memory
    return died


@pytest.fixture
def make_callers(make_office: Callable[..., Office]) -> Callable[..., Callers]:
    def make(mailboxes: int = 2) -> Callers:
        return Callers(make_office(town(mailboxes=mailboxes)))

    return make


@pytest.fixture
def callers(make_callers: Callable[..., Callers]) -> Callers:
    return make_callers()


def elsewhere(
    municipality: Municipality, *, name: str = "calendars", url: str = "memory://calendars"
) -> Municipality:
    """The same mailboxes over another connection."""
    (connection,) = municipality.connections
    return replace(
        municipality,
        connections=(replace(connection, name=name, url=url),),
        mailboxes=tuple(replace(each, connection=name) for each in municipality.mailboxes),
    )
