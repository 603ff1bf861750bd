"""Outlook to page by notifications: product and stand-in over real sockets, handshakes by TLS."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from booking.calendars import rounds
from booking.calendars.refresh import due, refresh_mailbox
from booking.desk import Desk
from booking.offer import available
from booking.office import importing
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys, open_store
from booking.store.subscription_rows import SubscriptionRow, SubscriptionState
from booking.subscriptions.planning import is_due
from booking.subscriptions.upkeep import tend
from booking_web.app import create_app
from connectors.contract import Connection, Connector, Period
from connectors.deadline import Deadline
from connectors.graph.connector import GraphConnector
from mapping.model import CalendarConnection, Channel, Mailbox, Municipality
from tests.booking.town import SERVICE, address, town
from tests.booking_web.serving import serving
from tests.databases import sqlite_template
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import created_but, refused, waits_for
from tests.waiting import wait_until

__all__ = ["sqlite_template"]

ZONE = ZoneInfo("Europe/Athens")


class Workers(threading.Thread):
    """What workers do when they are woken, in a thread of this process."""

    def __init__(self) -> None:
        super().__init__(name="workers")
        self.asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.desk: Desk | None = None
        self.polls = 0

    def run(self) -> None:
        while kind := self.asked.get():
            assert self.desk is not None
            deadline = Deadline.after(60)
            if kind == "subscriptions":
                tend(self.desk, deadline=deadline)
            for batch in due(self.desk, limit=50) if kind == "poll" else ():
                self.polls += 1
                rounds.poll(self.desk, mailbox_ids=batch.mailbox_ids, deadline=deadline)


@dataclass
class Site:
    desk: Desk
    graph: GraphServer
    workers: Workers

    def tend(self) -> None:
        while tend(self.desk, deadline=Deadline.after(30)).more:
            pass

    def rows(self) -> tuple[SubscriptionRow, ...]:
        with self.desk.store.read() as uow:
            return uow.subscriptions.all()

    def slots(self) -> list[Period]:
        """As page and API show them, without anybody's look having the calendars read."""
        found = available(
            self.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            first=self.day,
            last=self.day,
            refresh=False,
        )
        return list(found.slots)

    @property
    def day(self) -> date:
        """The Tuesday of next week."""
        today = datetime.now(ZONE).date()
        return today + timedelta(days=8 - today.weekday())

    def assert_one_each(self) -> None:
        live = self.graph.subscriptions.live()
        rows = self.rows()
        assert {row.state for row in rows} == {SubscriptionState.ACTIVE}
        assert sorted(row.remote_id for row in rows) == sorted(each.id for each in live)
        assert sorted(each.resource for each in live) == [
            f"/users/{address(number)}/events" for number in (1, 2)
        ]

    def take(self, slot: Period) -> None:
        """A meeting in every calendar of the pool."""
        for number in (1, 2):
            self.graph.mailbox(address(number)).put(slot.start, slot.end)


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[GraphServer]:
    with graph_server(tmp_path / "graph", contract=True) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def site(graph: GraphServer, sqlite_template: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "site.sqlite")
    municipality = _on_graph(graph)
    for mailbox in municipality.mailboxes:
        graph.add_mailbox(mailbox.address)
    connector = GraphConnector(graph.connection(), office_zone=ZONE, clock=graph.clock.now)
    workers = Workers()
    store = open_store(
        f"sqlite:///{tmp_path / 'site.sqlite'}",
        encryption_keys=Keys.generate(),
        now=graph.clock.now,
    )
    settings = Settings(
        data_dir=tmp_path,
        secret_key="t" * 32,
        notification_url=graph.authority,
        sweep_floor=timedelta(hours=1),  # nothing but a notification brings a change in time
        poll_floor=timedelta(hours=1),
        poll_cap=timedelta(hours=1),
        freshness_limit=timedelta(days=30),
    )
    desk = workers.desk = Desk(store, _Only(connector), settings, wake=workers.asked.put)
    stored_secrets.set_secret(desk, name="graph", value=graph.client_secret)
    workers.desk = replace(desk, wake=lambda kind: None)
    importing.import_mapping(workers.desk, text="town", municipality=municipality, by="test")
    with store.read() as uow:
        ids = list(uow.mailboxes.ids("town").values())
    for mailbox_id in ids:
        assert refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=Deadline.after(60)).read
    workers.desk = desk
    workers.start()
    try:
        with serving(create_app(desk)) as port:
            graph.forward_to = f"http://127.0.0.1:{port}"
            yield Site(desk, graph, workers)
    finally:
        workers.asked.put("")
        workers.join(30)
        connector.close()
        store.close()


class _Only:
    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def connector(self, connection: Connection) -> Connector:
        return self._connector


def _on_graph(graph: GraphServer) -> Municipality:
    made = graph.connection()
    there = CalendarConnection(
        "m365", "graph", url=made.url, user=made.user, secret="graph", options=made.options
    )
    plain = town(mailboxes=2, step=30)
    return replace(
        plain,
        connections=(there,),
        mailboxes=tuple(Mailbox(each.address, each.staff, "m365") for each in plain.mailboxes),
    )


def test_every_mailbox_is_subscribed_once_after_a_handshake_at_both_addresses(site: Site) -> None:
    site.tend()
    site.assert_one_each()
    shaken = [each for each in site.graph.deliveries if each.kind == "handshake"]
    assert [each.status for each in shaken] == [200] * 4
    assert {each.url.rpartition("/notifications")[2] for each in shaken} == {
        "/graph",
        "/graph/lifecycle",
    }
    assert all(each.client_state for each in site.graph.subscriptions.live())
    assert site.graph.requests.count("GET", "/subscriptions") == 1


def test_a_change_is_on_the_page_within_seconds_of_its_notification(site: Site) -> None:
    site.tend()
    slot = site.slots()[2]
    site.take(slot)
    began = time.monotonic()
    site.graph.flush_notifications()
    wait_until(lambda: slot not in site.slots(), seconds=60)
    assert time.monotonic() - began < 30  # room for a busy machine
    told = [each for each in site.graph.deliveries if each.kind == "change"]
    assert {each.status for each in told} == {202}
    assert {row.last_notified_at is not None for row in site.rows()} == {True}


def test_late_double_and_shuffled_notifications_say_the_same(site: Site) -> None:
    site.tend()
    faults = site.graph.subscriptions.deliveries.faults
    faults.duplicated, faults.shuffled, faults.late_seconds = 1.0, True, 0.3
    first, *_, last = site.slots()
    site.take(first)
    site.take(last)
    site.graph.flush_notifications()
    wait_until(lambda: not {first, last} & set(site.slots()), seconds=60)


def test_a_storm_about_one_mailbox_is_few_readings(site: Site) -> None:
    site.tend()
    box = site.graph.mailbox(address(1))
    site.graph.subscriptions.deliveries.hold()
    slot = site.slots()[0]
    for minute in range(60):
        box.put(slot.start + timedelta(seconds=minute), slot.end)
    site.graph.subscriptions.deliveries.per_post = 10
    site.graph.subscriptions.deliveries.release()
    site.graph.flush_notifications(30)
    assert sum(len(each.notifications) for each in site.graph.deliveries) >= 120
    with site.desk.store.read() as uow:
        mailbox_id = uow.mailboxes.ids("town")[address(1)]
    wait_until(lambda: _clean(site, mailbox_id))
    assert site.workers.polls <= 6


def _clean(site: Site, mailbox_id: str) -> bool:
    with site.desk.store.read() as uow:
        row = uow.mailboxes.get(mailbox_id)
    return row is not None and row.dirty_at is None


def test_a_notification_is_answered_while_a_worker_waits_for_its_subscription(site: Site) -> None:
    gate = threading.Event()
    held = site.graph.faults.add(waits_for(gate), method="POST", path="/subscriptions$")
    worker = threading.Thread(target=site.tend)
    worker.start()
    wait_until(lambda: held.fired == 1)
    wait_until(lambda: sum(each.kind == "handshake" for each in site.graph.deliveries) == 2)
    # Another transaction of ours, which SQLite would keep waiting behind an open one.
    with site.desk.store.write() as uow:
        uow.mailboxes.mark_called([], at=uow.now)
        uow.commit()
    gate.set()
    worker.join(30)
    site.assert_one_each()


@pytest.mark.parametrize("conflict", [False, True])
def test_an_answer_that_was_lost_leaves_one_subscription(site: Site, conflict: bool) -> None:
    site.graph.subscriptions.duplicates = "conflict" if conflict else "accepted"
    site.graph.faults.add(created_but(503), method="POST", path="/subscriptions$")
    site.tend()
    assert len(site.graph.subscriptions.live()) == 1
    site.graph.clock.advance(timedelta(minutes=2))
    site.tend()
    site.assert_one_each()


def test_an_address_that_is_not_reached_is_told_and_mended(site: Site) -> None:
    there, site.graph.forward_to = site.graph.forward_to, "http://127.0.0.1:1"
    site.tend()
    assert {row.error_code for row in site.rows()} == {"rejected"}
    assert all(row.error_text for row in site.rows())
    site.graph.forward_to = there
    site.graph.clock.advance(timedelta(minutes=2))
    site.tend()
    site.assert_one_each()


def test_an_unknown_secret_or_subscription_changes_nothing(site: Site) -> None:
    site.tend()
    for each in site.graph.subscriptions.live():
        each.client_state = "guessed"
    site.take(site.slots()[0])
    site.graph.flush_notifications()
    assert {each.status for each in site.graph.deliveries if each.kind == "change"} == {202}
    with site.desk.store.read() as uow:
        assert {row.dirty_at for row in uow.mailboxes.all()} == {None}


def test_lifecycle_events_are_acted_on(site: Site) -> None:
    site.tend()
    first = {each.id for each in site.graph.subscriptions.live()}
    site.graph.subscriptions.reauthorization_required()
    site.graph.flush_notifications()
    wait_until(lambda: not any(each.suspended for each in site.graph.subscriptions.live()))
    assert {each.id for each in site.graph.subscriptions.live()} == first
    site.graph.subscriptions.remove()
    site.graph.flush_notifications()
    wait_until(lambda: len(site.graph.subscriptions.live()) == 2)
    assert not first & {each.id for each in site.graph.subscriptions.live()}
    wait_until(lambda: all(row.state is SubscriptionState.ACTIVE for row in site.rows()))
    site.assert_one_each()


def test_what_the_service_forgot_is_made_anew_within_a_day_and_renewed_for_weeks(
    site: Site,
) -> None:
    site.tend()
    site.graph.subscriptions.forget()
    site.graph.clock.advance(timedelta(hours=25))
    assert is_due(site.desk, plans=False)
    site.tend()
    site.assert_one_each()
    kept = {each.id for each in site.graph.subscriptions.live()}
    for _ in range(14):
        site.graph.clock.advance(timedelta(days=1))
        site.tend()
    site.assert_one_each()
    assert {each.id for each in site.graph.subscriptions.live()} == kept


def test_throttled_it_waits_as_long_as_it_is_told(site: Site) -> None:
    site.graph.faults.add(refused(429, retry_after=120), method="POST", path="/subscriptions$")
    site.tend()
    assert site.graph.requests.count("POST", "/subscriptions") == 1
    (failed,) = [row for row in site.rows() if row.failures]
    assert failed.renew_at - datetime.now(UTC) > timedelta(seconds=100)
    site.graph.clock.advance(timedelta(minutes=3))
    site.tend()
    site.assert_one_each()
