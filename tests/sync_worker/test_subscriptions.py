"""Upkeep of subscriptions as a job: asked for by the ticker, done by a worker or by the ticker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from rq import Queue

from booking.desk import nobody_to_wake
from booking.office import importing
from booking.settings import Settings
from booking.store import upgrade
from booking.store.subscription_rows import SubscriptionState
from connectors.memory import connector as memory
from connectors.memory.pushing import PushingMemory
from mapping.file import read_mapping
from sync_worker import wiring
from sync_worker.queues import BULK, SERIALIZER, Queues
from sync_worker.ticker import PLAN_EVERY, Ticker
from sync_worker.wiring import Work
from sync_worker.worker import make_worker
from tests.sync_worker.sample import memory_sample
from tests.sync_worker.test_ticker import KEY


@pytest.fixture
def work(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    settings = Settings.from_environment(
        {
            "RANTEVOU_DATA_DIR": str(tmp_path),
            "RANTEVOU_REDIS_URL": valkey_url,
            "RANTEVOU_ENCRYPTION_KEYS": KEY,
            "RANTEVOU_NOTIFICATION_URL": "https://rantevou.example.gr",
        }
    )
    upgrade(settings.database_url)
    monkeypatch.setattr(memory, "MemoryConnector", _pushing)
    wiring.configure(settings)
    made = wiring.current()
    text = memory_sample()
    # Silent, or its own wake-up may stand in the queue beside the ticker's.
    importing.import_mapping(
        replace(made.desk, wake=nobody_to_wake),
        text=text,
        municipality=read_mapping(text, name="sample"),
        by="test",
    )
    yield made
    made.queues.close()


def _pushing() -> PushingMemory:
    def call(url: str, body: object) -> tuple[int, str]:
        assert body is None
        return 200, parse_qs(urlsplit(url).query)["validationToken"][0]

    return PushingMemory(call, now=lambda: datetime.now(UTC))


def states(work: Work) -> list[SubscriptionState]:
    with work.desk.store.read() as uow:
        return [row.state for row in uow.subscriptions.all()]


def asked(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        jobs = Queue(BULK, connection=client, serializer=SERIALIZER).jobs
        return sum(job.func_name.endswith("tend_subscriptions") for job in jobs)


def test_the_ticker_asks_and_a_worker_subscribes(work: Work, valkey_url: str) -> None:
    Ticker(work, owner="a").tick()
    assert asked(valkey_url) == 1
    assert states(work) == []
    make_worker(valkey_url).work(burst=True, logging_level="WARNING")
    assert set(states(work)) == {SubscriptionState.ACTIVE}
    Ticker(work, owner="a").tick()
    assert asked(valkey_url) == 0


def test_without_redis_the_ticker_keeps_them_up_itself(work: Work) -> None:
    alone = replace(work, queues=Queues("redis://127.0.0.1:1/0"))
    Ticker(alone, owner="a").tick()
    assert set(states(work)) == {SubscriptionState.ACTIVE}


def test_whether_a_provider_calls_is_asked_now_and_then_only(work: Work, valkey_url: str) -> None:
    """A mailbox whose provider calls nobody never has a subscription."""
    seconds = [0.0]
    ticker = Ticker(work, owner="a", clock=lambda: seconds[0])
    counts = []
    for _ in range(9):
        ticker.tick()
        counts.append(asked(valkey_url))
        with redis.Redis.from_url(valkey_url) as client:
            client.flushall()
        seconds[0] += PLAN_EVERY / 4
    assert counts == [1, 0, 0, 0, 1, 0, 0, 0, 1]
