"""The ticker: finds what is due in the database, whatever happened to Redis meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import redis
from rq import Queue

from booking.calendars import rounds
from booking.office import importing, overview
from booking.settings import Settings
from booking.store import open_store, upgrade
from connectors.deadline import Deadline
from mapping.file import read_mapping
from sync_worker import jobs, wiring
from sync_worker.queues import BULK, POLL_JOB, SERIALIZER, Queues
from sync_worker.ticker import Ticker
from sync_worker.wiring import Work
from sync_worker.worker import make_worker
from tests.sync_worker.sample import memory_sample

KEY = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.fixture
def settings(tmp_path: Path, valkey_url: str) -> Settings:
    return Settings.from_environment(
        {
            "RANTEVOU_DATA_DIR": str(tmp_path),
            "RANTEVOU_REDIS_URL": valkey_url,
            "RANTEVOU_ENCRYPTION_KEYS": KEY,
            "RANTEVOU_SECRET_KEY": "for tests",
        }
    )


@pytest.fixture
def work(settings: Settings) -> Iterator[Work]:
    upgrade(settings.database_url)
    wiring.configure(settings)
    made = wiring.current()
    text = memory_sample()
    importing.import_mapping(
        made.desk, text=text, municipality=read_mapping(text, name="sample"), by="test"
    )
    yield made
    made.queues.close()


def queued(url: str) -> int:
    """Readings that wait for a worker."""
    with redis.Redis.from_url(url) as client:
        jobs = Queue(BULK, connection=client, serializer=SERIALIZER).jobs
        return sum(job.func_name == POLL_JOB for job in jobs)


def unread(work: Work) -> list[str]:
    return [each.address for each in overview.mailboxes(work.desk) if each.last_read_at is None]


def test_due_mailboxes_are_queued_and_a_worker_reads_them(work: Work, valkey_url: str) -> None:
    assert len(unread(work)) > 0
    assert Ticker(work, owner="a").tick() is True
    assert queued(valkey_url) == 1  # one server, one job
    make_worker(valkey_url).work(burst=True, logging_level="WARNING")
    assert unread(work) == []


def test_one_ticker_leads(work: Work) -> None:
    assert Ticker(work, owner="a").tick() is True
    assert Ticker(work, owner="b").tick() is False
    assert Ticker(work, owner="a").tick() is True


def test_without_redis_the_ticker_reads_itself(work: Work) -> None:
    alone = replace(work, queues=Queues("redis://127.0.0.1:1/0"))
    assert Ticker(alone, owner="a").tick() is True
    assert unread(work) == []


def test_what_a_flushed_redis_forgot_is_handed_out_again_after_a_minute(
    work: Work, settings: Settings, valkey_url: str
) -> None:
    now = datetime.now(UTC)
    store = open_store(settings.database_url, encryption_keys=KEY, now=lambda: now)
    ticker = Ticker(replace(work, desk=replace(work.desk, store=store)), owner="a")
    ticker.tick()
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
    ticker.tick()
    assert queued(valkey_url) == 0
    now += timedelta(seconds=61)
    ticker.tick()
    make_worker(valkey_url).work(burst=True, logging_level="WARNING")
    assert unread(work) == []


def test_jobs_read_and_drain_in_any_process_that_is_configured(work: Work) -> None:
    jobs.poll_due()
    jobs.drain()
    assert unread(work) == []


def test_jobs_of_an_unconfigured_process_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_settings", None)
    with pytest.raises(RuntimeError, match="configure"):
        jobs.drain()


def test_new_mailboxes_are_checked_by_a_worker(work: Work, valkey_url: str) -> None:
    assert [each.writable for each in overview.mailboxes(work.desk)] == [None]
    for _ in range(2):  # read first, then checked
        Ticker(work, owner="a").tick()
        make_worker(valkey_url).work(burst=True, logging_level="WARNING")
    assert [each.writable for each in overview.mailboxes(work.desk)] == [True]


class Waits(threading.Event):
    """Notes how long it is asked to wait, and lets time pass at once."""

    def __init__(self, clock: list[datetime], *, rounds: int) -> None:
        super().__init__()
        self.clock, self.rounds, self.waited = clock, rounds, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waited.append(timeout)
        self.clock[0] += timedelta(seconds=timeout)
        if len(self.waited) == self.rounds:
            self.set()
        return self.is_set()


def test_no_reading_waits_longer_than_two_seconds_after_it_is_due(
    work: Work, settings: Settings
) -> None:
    clock = [datetime.now(UTC)]
    store = open_store(settings.database_url, encryption_keys=KEY, now=lambda: clock[0])
    read_at: list[datetime] = []

    class Readers(Queues):
        """Workers that begin a moment after they are asked."""

        lag = timedelta(seconds=0.3)

        def poll(self, *, server_id: str, mailbox_ids: Sequence[str], every: float) -> bool:
            clock[0] += self.lag
            rounds.poll(desk, mailbox_ids=mailbox_ids, deadline=Deadline.after(60))
            read_at.append(clock[0])
            clock[0] -= self.lag  # the ticker does not wait for it
            return True

    desk = replace(work.desk, store=store)
    stop = Waits(clock, rounds=60)
    queues = Readers(settings.redis_url)
    Ticker(replace(work, desk=desk, queues=queues), owner="a").run(stop)
    queues.close()
    gaps = [(b - a).total_seconds() for a, b in pairwise(read_at)]
    assert len(gaps) > 5
    assert all(20 <= gap <= 22 for gap in gaps)
