"""Web and worker processes over one database: together they keep Microsoft's limits."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from booking.calendars.refresh import mark_dirty
from booking.desk import Desk
from booking.office import importing
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys
from booking_web.wiring import desk_from
from mapping.file import read_mapping
from mapping.file.write import write_mapping
from mapping.model import CalendarConnection, Mailbox, Municipality
from sync_worker.queues import Queues
from tests.booking.town import SERVICE, address, town
from tests.databases import sqlite_template, sqlite_url
from tests.product.product import ROOT, booking_body, until
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import slow
from tests.waiting import free_port

__all__ = ["sqlite_template", "sqlite_url"]

#: Lower than what Microsoft allows: the settings are kept, not the default.
_APP, _MAILBOX = 3, 2
_WORKERS, _MAILBOXES, _BOOKINGS = 2, 2, 12


@dataclass
class House:
    desk: Desk
    queues: Queues
    web: str
    ids: list[str]

    def availability(self) -> requests.Response:
        first = datetime.now(ZoneInfo("Europe/Athens")).date() + timedelta(days=1)
        days = {"from": str(first), "to": str(first + timedelta(days=20))}
        return requests.get(
            f"{self.web}/api/v1/services/{SERVICE}/availability",
            params={"channel": "in_person", **days},
            timeout=30,
        )

    def book(self, service: dict[str, Any], slot: str) -> int:
        return requests.post(
            f"{self.web}/api/v1/bookings",
            headers={"Idempotency-Key": uuid.uuid4().hex},
            json=booking_body(service, "in_person", slot),
            timeout=30,
        ).status_code

    def read_again(self) -> None:
        """Have workers read every mailbox, each in a job of its own."""
        mark_dirty(self.desk, mailbox_ids=self.ids)
        for one in self.ids:
            self.queues.poll(server_id=uuid.uuid4().hex, mailbox_ids=[one], every=3600)

    @property
    def idle(self) -> bool:
        return self.queues.state().queued == 0


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[GraphServer]:
    with graph_server(tmp_path / "graph") as server:
        for number in range(1, _MAILBOXES + 1):
            server.add_mailbox(address(number))
        server.throttle.at_once_per_app = _APP
        server.throttle.at_once_per_mailbox = _MAILBOX
        yield server


@pytest.fixture
def house(graph: GraphServer, sqlite_url: str, valkey_url: str, tmp_path: Path) -> Iterator[House]:
    port = free_port()
    environment = {
        "RANTEVOU_DATA_DIR": str(tmp_path),
        "RANTEVOU_DATABASE_URL": sqlite_url,
        "RANTEVOU_REDIS_URL": valkey_url,
        "RANTEVOU_ENCRYPTION_KEYS": str(Keys.generate()),
        "RANTEVOU_SECRET_KEY": "t" * 32,
        "RANTEVOU_PORT": str(port),
        "RANTEVOU_VIEW_REFRESH_EVERY": "0",
        "RANTEVOU_VIEW_DEADLINE": "10",
        "RANTEVOU_PLACING_DEADLINE": "20",
        "RANTEVOU_PROVIDER_AT_ONCE": str(_APP),
        "RANTEVOU_MAILBOX_AT_ONCE": str(_MAILBOX),
    }
    desk = desk_from(Settings.from_environment(environment))
    stored_secrets.set_secret(desk, name="graph", value=graph.client_secret)
    text = write_mapping(_on_graph(graph))
    importing.import_mapping(
        desk, text=text, municipality=read_mapping(text, name="town.yaml"), by="test"
    )
    with desk.store.read() as uow:
        ids = sorted(uow.mailboxes.ids("town").values())
    made = House(desk, Queues(valkey_url), f"http://127.0.0.1:{port}", ids)
    with ExitStack() as processes:
        for role in ("web", *["worker"] * _WORKERS):
            processes.enter_context(_running(role, environment, tmp_path / f"{role}.log"))
        until(lambda: _answers(made), seconds=60, what="the web process answers")
        until(
            lambda: made.queues.state().workers == _WORKERS,
            seconds=60,
            what="the workers",
        )
        yield made
    made.queues.close()
    desk.store.close()


def _on_graph(graph: GraphServer) -> Municipality:
    made = graph.connection()
    there = CalendarConnection(
        "m365", "graph", url=made.url, user=made.user, secret="graph", options=dict(made.options)
    )
    plain = town(mailboxes=_MAILBOXES, step=30)
    boxes = tuple(Mailbox(each.address, each.staff, "m365") for each in plain.mailboxes)
    return replace(plain, connections=(there,), mailboxes=boxes)


@contextmanager
def _running(role: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("RANTEVOU_")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "booking_web.cli.main", role],
            cwd=ROOT,
            env={**own, **environment},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _answers(house: House) -> bool:
    try:
        return requests.get(f"{house.web}/health/live", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_all_processes_together_keep_the_limits(house: House, graph: GraphServer) -> None:
    """Refusals would show it: the stand-in answers 429 to the first request too many."""
    answer = until(
        lambda: (found := house.availability()).json()["slots"] and found,
        seconds=90,
        what="the mailboxes are read",
    )
    # Not neighbours: their buffers would keep both mailboxes from being free.
    slots = [each["starts_at"] for each in answer.json()["slots"]][::2]
    services = requests.get(f"{house.web}/api/v1/municipalities/town/services", timeout=30).json()
    graph.faults.add(slow(0.08), times=None)
    graph.throttle.clear_peaks()
    graph.requests.clear()
    with ThreadPoolExecutor(8) as citizens:
        booked = [
            citizens.submit(house.book, services["services"][0], slot) for slot in slots[:_BOOKINGS]
        ]
        looks = [citizens.submit(house.availability) for _ in range(6)]
        for _ in range(4):
            house.read_again()
            until(lambda: house.idle, seconds=60, what="the workers are done")
        statuses = {each.result() for each in booked}
        assert {each.result().status_code for each in looks} == {200}
    assert statuses <= {201, 202}
    assert graph.requests.count("POST", "/events$", status=201) >= 1
    assert graph.requests.count("GET", "/delta") >= 4
    assert graph.throttle.refusals == 0
    assert 1 < graph.throttle.peak_of_app <= _APP
    assert 1 < max(graph.throttle.peak_by_mailbox.values()) <= _MAILBOX
