"""Providers that call us: the handshake, deliveries genuine and hostile, outages, storms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from booking.calendars import rounds
from booking.calendars.refresh import due
from booking.desk import Desk
from booking.office import overview
from booking.settings import Settings
from booking.store import Keys, open_store
from booking.store.subscription_rows import SubscriptionState
from booking.subscriptions import intake
from booking_web.app import create_app
from connectors.contract import Period
from connectors.deadline import Deadline
from sync_worker.queues import Queues
from tests.booking_web.calling import Called, calling
from tests.booking_web.desk import InMemory
from tests.booking_web.test_outages import Lock


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Without database and queue."""
    store = open_store("postgresql://u@127.0.0.1:1/none", encryption_keys=Keys.generate())
    settings = Settings(data_dir=tmp_path_factory.mktemp("alone"), secret_key="t" * 32)
    return create_app(Desk(store, InMemory(), settings)).test_client()


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Called]:
    made = calling(tmp_path)
    made.tend()
    made.home.read_calendars()
    made.home.woken.clear()
    yield made
    made.home.desk.store.close()


# The handshake.


@pytest.mark.parametrize(
    "token", ["x", "Validation: Testing client. Request-Id: 5c6/ab+c=", "x" * 2048, "\"&%41'"]
)
def test_the_handshake_gives_the_decoded_token_back_whatever_is_down(
    alone: FlaskClient, token: str
) -> None:
    for path in ("/notifications/graph", "/notifications/graph/lifecycle"):
        answer = alone.post(f"{path}?validationToken={quote(token, safe='')}")
        assert answer.status_code == 200
        assert answer.text == token
        assert answer.content_type == "text/plain; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "%00",
        "a%0d%0aX-Evil:%20y",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "x" * 2049,
        "%ff%fe",
        "%CE%B1",
        "a&validationToken=b",
        "%7f",
    ],
)
def test_a_hostile_token_is_refused_and_not_repeated(alone: FlaskClient, query: str) -> None:
    answer = alone.post(f"/notifications/graph?validationToken={query}")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert "validationToken" in answer.get_json()["detail"]
    assert "script" not in answer.text
    assert "X-Evil" not in answer.headers


# Deliveries.


def test_a_genuine_call_has_its_mailbox_read_and_no_other(called: Called) -> None:
    first, *others = called.held
    answer = called.deliver(called.memory.notice(first))
    assert (answer.status_code, answer.data) == (202, b"")
    assert "Set-Cookie" not in answer.headers
    assert called.mailbox(first).dirty_at == called.home.clock()
    assert [called.mailbox(each).dirty_at for each in others] == [None] * len(others)
    assert called.home.woken == ["poll"]
    assert called.row(first).last_notified_at == called.home.clock()
    ids = [each for batch in due(called.home.desk, limit=10) for each in batch.mailbox_ids]
    assert ids == [called.mailbox(first).id]
    rounds.poll(called.home.desk, mailbox_ids=ids, deadline=Deadline.after(60))
    assert called.mailbox(first).dirty_at is None


WRONG: tuple[dict[str, object], ...] = (
    {"subscriptionId": "unknown"},
    {"subscriptionId": ""},
    {"subscriptionId": None},
    {"subscriptionId": ["x"]},
    {"subscriptionId": "a\x00b"},
    {"subscriptionId": "\ud800"},
    {"subscriptionId": "x" * 301},
    {"clientState": "wrong"},
    {"clientState": ""},
    {"clientState": None},
    {"clientState": "\udfff"},
    {"clientState": {"$ne": ""}},
)


def test_what_is_unknown_or_not_proven_is_answered_like_the_rest_and_does_nothing(
    called: Called, caplog: pytest.LogCaptureFixture
) -> None:
    first, *_ = called.held
    for event, wrong in product(({}, {"lifecycleEvent": "subscriptionRemoved"}), WRONG):
        caplog.clear()
        answer = called.deliver({**called.memory.notice(first), **event, **wrong})
        assert (answer.status_code, answer.data) == (202, b"")
        assert called.mailbox(first).dirty_at is None
        assert called.row(first).state is SubscriptionState.ACTIVE
        assert "0 notifications taken, 1 ignored" in caplog.text
    assert called.home.woken == []


def test_another_provider_s_address_takes_no_call_of_this_one(called: Called) -> None:
    first, *_ = called.held
    assert (
        called.deliver(called.memory.notice(first), path="/notifications/graph").status_code == 202
    )
    assert called.mailbox(first).dirty_at is None


def test_the_secret_is_compared_by_its_hash_in_constant_time(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = called.held
    compared = []

    def watch(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(intake.hmac, "compare_digest", watch)
    called.deliver(called.memory.notice(first), {"subscriptionId": "unknown", "clientState": "x"})
    assert len(compared) == 2
    assert {len(each) for pair in compared for each in pair} == {64}
    assert called.row(first).client_state_hash == compared[0][0]
    assert first.client_state not in str(compared)
    assert len(first.client_state) >= 22  # 128 bits in base64url


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b'{"value": {}}',
        b'{"value": ["x"]}',
        b'{"value": null}',
        b"\xff\xfe",
        b'{"value": [' + b"[" * 100_000,
        b'{"value": [' + b"9" * 10_000 + b"]}",
        json.dumps({"value": [{}] * 1001}).encode(),
    ],
)
def test_a_malformed_body_is_refused_in_words(alone: FlaskClient, body: bytes) -> None:
    answer = alone.post("/notifications/graph", data=body)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"].startswith("Send ")


def test_a_body_beyond_the_cap_is_refused(called: Called) -> None:
    body = {"value": [{"subscriptionId": "x" * 300}], "padding": "x" * 256 * 1024}
    assert called.post(body).status_code == 413
    assert called.post({**body, "padding": "x" * 200 * 1024}).status_code == 202


def test_only_post_is_taken_and_only_there(alone: FlaskClient) -> None:
    assert alone.get("/notifications/graph?validationToken=x").status_code == 405
    assert alone.post("/notifications/Graph-1?validationToken=x").status_code == 404
    assert alone.post("/notifications/graph/other?validationToken=x").status_code == 404


def test_proxies_hosts_and_networks_do_not_matter(called: Called) -> None:
    first, *_ = called.held
    body = json.dumps({"value": [called.memory.notice(first)]})
    answer = called.client.post(
        "/notifications/caldav",
        data=body,
        content_type="text/plain",
        headers={"Host": "elsewhere.example", "X-Forwarded-For": "203.0.113.5"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.5"},
    )
    assert answer.status_code == 202
    assert called.mailbox(first).dirty_at is not None


# Outages and storms.


def test_what_could_not_be_kept_is_to_be_sent_again(called: Called) -> None:
    first, *_ = called.held
    lock = Lock(called.home)
    lock.take()
    answer = called.deliver(called.memory.notice(first))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    lock.give()
    assert called.deliver(called.memory.notice(first)).status_code == 202
    assert called.mailbox(first).dirty_at is not None


def test_a_dead_database_is_a_problem_in_json(alone: FlaskClient) -> None:
    answer = alone.post("/notifications/graph", json={"value": [{"subscriptionId": "x"}]})
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"


def test_a_dead_queue_changes_nothing(called: Called) -> None:
    first, *_ = called.held
    desk = replace(called.home.desk, wake=Queues("redis://127.0.0.1:1/0").wake)
    client = create_app(desk).test_client()
    body = {"value": [called.memory.notice(first)]}
    assert client.post("/notifications/caldav", json=body).status_code == 202
    assert called.mailbox(first).dirty_at is not None


def test_a_storm_about_one_mailbox_is_one_change_and_one_reading(called: Called) -> None:
    first, *_ = called.held
    called.home.clock.forward(seconds=1)
    before = called.home.memory.requests["changes"]
    changed: list[object] = []
    write = called.home.desk.store.transact
    called.home.desk.store.transact = lambda work: (changed.append(work), write(work))[1]  # type: ignore[method-assign]
    for _ in range(50):
        assert called.deliver(*[called.memory.notice(first)] * 20).status_code == 202
    assert len(changed) == 1
    called.home.desk.store.transact = write  # type: ignore[method-assign]
    while batches := due(called.home.desk, limit=10):
        for batch in batches:
            ids = batch.mailbox_ids
            rounds.poll(called.home.desk, mailbox_ids=ids, deadline=Deadline.after(60))
    assert called.home.memory.requests["changes"] == before + 1


def test_a_call_during_a_reading_has_the_mailbox_read_once_more(called: Called) -> None:
    first, *_ = called.held
    called.deliver(called.memory.notice(first))
    mailbox_id = called.mailbox(first).id
    told = []

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(called.memory, name)

        def changes(self, **arguments: Any) -> object:
            found = called.memory.changes(**arguments)
            if not told:
                told.append(1)
                called.home.clock.forward(seconds=1)
                assert called.deliver(called.memory.notice(first)).status_code == 202
            return found

    called.home.desk.calendars.memory = Slow()  # type: ignore[attr-defined]
    called.home.woken.clear()
    rounds.poll(called.home.desk, mailbox_ids=[mailbox_id], deadline=Deadline.after(60))
    assert called.mailbox(first).dirty_at is not None
    assert called.home.woken[-1] == "poll"  # by the reader, after it gave its lease back
    rounds.poll(called.home.desk, mailbox_ids=[mailbox_id], deadline=Deadline.after(60))
    assert called.mailbox(first).dirty_at is None


# What subscriptions need.


def test_a_subscription_to_be_reauthorized_is_renewed_at_once(called: Called) -> None:
    first, *_ = called.held
    called.home.clock.forward(hours=5)
    assert called.memory.tell(first, "reauthorizationRequired") == 202
    assert called.home.woken == ["poll", "subscriptions"]
    called.tend()
    renewed = next(each for each in called.memory.held if each.told.id == first.told.id)
    assert renewed.told.expires_at > first.told.expires_at


def test_a_removed_subscription_is_made_anew_and_everything_is_read(called: Called) -> None:
    first, *_ = called.held
    called.memory.drop(first.told.id)
    assert called.memory.tell(first, "subscriptionRemoved") == 202
    assert called.mailbox(first).last_full is None
    assert called.mailbox(first).dirty_at is not None
    called.tend()
    (anew,) = [each for each in called.memory.held if each.told.mailbox == first.told.mailbox]
    assert anew.told.id != first.told.id
    assert anew.client_state != first.client_state


def test_after_missed_calls_everything_is_read(called: Called) -> None:
    first, *_ = called.held
    assert called.memory.tell(first, "missed") == 202
    assert called.mailbox(first).last_full is None
    assert called.mailbox(first).dirty_at is not None
    assert called.row(first).state is SubscriptionState.ACTIVE
    assert called.home.woken == ["poll"]


def test_a_change_reaches_the_offer_once_it_was_told(called: Called) -> None:
    mailbox = next(
        each for each in called.home.mailboxes() if each.address == called.held[0].told.mailbox
    )
    before = {each.id: each.last_read_at for each in overview.mailboxes(called.home.desk)}
    called.home.clock.forward(seconds=3)
    start = called.home.clock()
    called.memory.put_foreign(mailbox, Period(start, start.replace(hour=12)))
    assert called.memory.deliver(times=2) == [202, 202]
    for batch in due(called.home.desk, limit=10):
        rounds.poll(called.home.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(60))
    after = {each.id: each.last_read_at for each in overview.mailboxes(called.home.desk)}
    assert [each for each in after if after[each] != before[each]] == [
        called.home.mailbox_id(mailbox.address)
    ]
