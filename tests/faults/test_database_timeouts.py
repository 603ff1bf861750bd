"""PostgreSQL behind a bad network: the web answers 503 in time, and no promise is lost."""

from __future__ import annotations

import gc
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from booking.calendars import refresh
from booking.office import overview
from booking.outbox import drain
from booking.store import StoreUnavailable, patience
from booking_web.app import create_app
from connectors.contract import Period
from connectors.deadline import Deadline
from tests.booking.conftest import Post
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import House, house, with_settings
from tests.faults.bounded import Call, nothing_left_behind, under
from tests.servers.faultproxy import (
    BLACK_HOLE,
    DEAF,
    HALF_OPEN,
    RESET,
    TO_CLIENT,
    TO_SERVER,
    Fault,
    FaultProxy,
    cut,
    fault_proxy,
    latency,
)
from tests.servers.postgres import create_database, drop_database
from tests.waiting import wait_until

FAULTS = (
    RESET,
    HALF_OPEN,
    BLACK_HOLE,
    DEAF,
    latency(1.0),
    cut(TO_CLIENT, 20),
    cut(TO_SERVER, 20),
)

CONNECTING = 2  #: seconds; psycopg takes nothing shorter
PAGES = (
    "/",
    "/d/kalamata/",
    "/d/kalamata/housing-benefit/in_person/slot",
    "/r/some-token",
    "/api/v1/municipalities",
    "/api/v1/services/kalamata.housing-benefit/availability",
)


@dataclass
class Home:
    """The sample municipalities in PostgreSQL, on whose way a proxy stands."""

    house: House
    wire: FaultProxy
    app: Flask
    body: dict[str, Any]

    def ask(self, path: str, *, deadline: Deadline) -> TestResponse:
        return self.app.test_client().get(path)

    def events(self) -> list[tuple[str, Period | None]]:
        """(mailbox, time) of each event of ours in the calendars."""
        return [
            (mailbox.address, event.period)
            for mailbox in self.house.mailboxes()
            for event in self.house.memory.events(mailbox)
        ]

    def read(self) -> None:
        for address in ("pronoia1@kalamata.example", "pronoia2@kalamata.example"):
            mailbox_id = self.house.mailbox_id(address)
            refresh.refresh_mailbox(
                self.house.desk, mailbox_id=mailbox_id, deadline=Deadline.after(20)
            )

    def book(self, slot: str, key: str) -> TestResponse:
        """Held against the description of the API, as every answer of these."""
        return Api(self.app.test_client())(
            "POST",
            "/bookings",
            json=self.body | {"starts_at": slot},
            headers={"Idempotency-Key": key},
        )


@pytest.fixture(scope="module")
def home(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    name = f"faults_{uuid.uuid4().hex[:12]}"
    url = create_database(postgres_server, name)
    socket = Path(parse_qs(urlsplit(url).query)["host"][0]) / ".s.PGSQL.5432"
    with fault_proxy(str(socket)) as wire:
        way = f"postgresql+psycopg://app@127.0.0.1:{wire.port}/{name}?connect_timeout={CONNECTING}"
        made = house(tmp_path_factory.mktemp("house"), database_url=way)
        # Who repeats a key while its booking is being placed waits that long for the outcome.
        app = create_app(with_settings(made.desk, placing_deadline=timedelta(seconds=1)))
        yield Home(made, wire, app, Api(app.test_client()).body())
        made.desk.store.close()
        # Connections that were given up half way hang on their exceptions until somebody sweeps.
        wait_until(lambda: gc.collect() >= 0 and wire.open == 0)
    drop_database(postgres_server, name)


@pytest.fixture
def slots(home: Home) -> Iterator[str]:
    return iter(Api(home.app.test_client()).slots()[::5])


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_pages_and_bookings_are_answered_503_in_time(
    home: Home, slots: Iterator[str], fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot, key = next(slots), f"key-{FAULTS.index(fault)}"
    calls: dict[str, Call] = {path: partial(home.ask, path) for path in PAGES}
    calls["booking"] = lambda deadline: home.book(slot, key)
    monkeypatch.setattr(patience, "ANSWERING", 0.3)
    with nothing_left_behind():
        ended = under(fault, calls, home.wire, limit=0.3 + CONNECTING)
    answers = {name: end.value for name, end in ended.items()}
    for name, answer in answers.items():
        assert isinstance(answer, TestResponse), f"{name}: {answer!r}"
        assert answer.status_code == 503, f"{name}: {answer.text}"
        assert answer.headers["Retry-After"] == "5", name
    monkeypatch.undo()
    assert home.ask("/api/v1/municipalities", deadline=Deadline.after(0)).status_code == 200
    booked = home.book(slot, key)
    assert booked.status_code in (201, 202)
    assert home.book(slot, key).get_json()["reference"] == booked.get_json()["reference"]


@pytest.mark.parametrize("direction", [TO_SERVER, TO_CLIENT])
def test_a_commit_whose_answer_is_lost_is_one_booking(
    home: Home, slots: Iterator[str], direction: str
) -> None:
    """The connection breaks everywhere in the conversation, so also before a commit arrives and
    after it has taken effect; whoever repeats his key has one booking, and what was acknowledged
    stays so."""
    before = set(home.events())
    home.house.desk.store.close()
    carried = home.wire.carried[direction]
    assert home.book(next(slots), f"{direction[-6:]}-whole").status_code in (201, 202)
    whole = home.wire.carried[direction] - carried
    answers = Counter[int]()
    for tenth in range(1, 10, 2):
        home.read()
        home.house.desk.store.close()
        slot, key = next(slots), f"{direction[-6:]}-{tenth}"
        with home.wire.playing(cut(direction, whole * tenth // 10)):
            first = home.book(slot, key)
        answers[first.status_code] += 1
        again = home.book(slot, key)
        assert again.status_code in (201, 202), f"cut {direction} at {tenth}/10: {again.text}"
        if first.status_code != 503:
            assert again.get_json()["reference"] == first.get_json()["reference"]
    assert set(answers) >= {202, 503}, "every answer is said to be late, or not to be one"
    home.house.clock.forward(seconds=61)
    home.read()
    drain(home.house.desk, mailer=Post(), limit=500, deadline=Deadline.after(20))
    assert len(set(home.events()) - before) == 6
    assert len(set(home.events())) == len(home.events())


def test_a_database_that_breaks_is_not_held_against_a_calendar(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise StoreUnavailable("the connection broke")

    mailbox = home.house.mailbox_id("pronoia1@kalamata.example")
    monkeypatch.setattr(refresh, "record_reading", lost)
    with pytest.raises(StoreUnavailable):
        refresh.refresh_mailbox(home.house.desk, mailbox_id=mailbox, deadline=Deadline.after(20))
    (status,) = [each for each in overview.mailboxes(home.house.desk) if each.id == mailbox]
    assert status.readable
