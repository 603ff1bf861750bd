"""From Outlook to the answer of the API: with notifications, and with all of them lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text

from benchmarks.availability import request_of
from benchmarks.calendars import today
from benchmarks.client import Client, percentile
from benchmarks.outlook import OutlookSite
from benchmarks.report import Report
from benchmarks.town import LENGTH
from booking.office import checking

LOOK_EVERY = 0.05  #: seconds
#: Nobody's look has the calendars read: what is measured is the way without one.
_UNSEEN = {"RANTEVOU_VIEW_REFRESH_EVERY": "86400"}
#: Nor does the sweep.
_UNSWEPT = {
    **_UNSEEN,
    "RANTEVOU_SWEEP_FLOOR": "86400",
    "RANTEVOU_POLL_FLOOR": "86400",
    "RANTEVOU_POLL_CAP": "86400",
    "RANTEVOU_FRESHNESS_LIMIT": "86400",
}


def run(report: Report, there: OutlookSite, *, called: int, lost: int) -> None:
    delays = _measure(there, trials=called, **_UNSWEPT)
    _tell(report, "notification to API, Microsoft 365", delays, aim="under 5,000")
    _read_soon(there)
    there.server.subscriptions.deliveries.faults.lost = 1.0
    try:
        delays = _measure(there, trials=lost, **_UNSEEN)
    finally:
        there.server.subscriptions.deliveries.faults.lost = 0.0
    _tell(report, "the same, notifications lost", delays, aim="about 30,000")


def _read_soon(there: OutlookSite) -> None:
    """The day that the processes before have planned to wait is over."""
    engine = create_engine(there.site.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE mailbox SET next_poll = last_attempt"))
    engine.dispose()


def _tell(report: Report, subject: str, delays: list[float], *, aim: str) -> None:
    report.add(subject, "wall p50", percentile(delays, 0.5) * 1000, "ms")
    report.add(subject, "wall p95", percentile(delays, 0.95) * 1000, "ms")
    report.add(subject, "wall max", max(delays) * 1000, "ms", aim)


def _measure(there: OutlookSite, *, trials: int, **settings: str) -> list[float]:
    """Seconds from the delivery (where none comes: from the change) to the API's answer."""
    site, chance = there.site, random.Random(7)
    settings |= there.environment
    with (
        site.valkey() as redis_url,
        site.web(RANTEVOU_REDIS_URL=redis_url, **settings) as (_, port),
        site.background("worker", redis_url=redis_url, **settings),
        site.background("scheduler", redis_url=redis_url, **settings),
    ):
        there.server.forward_to = f"http://127.0.0.1:{port}"
        desk = site.desk()
        client = Client(port)
        _wait(lambda: len(there.server.subscriptions.live()) == len(there.ids), "subscriptions")
        # What a new place has to catch up on is over: the worker is free.
        _wait(lambda: not checking.is_due(desk), "the mailboxes are checked")
        time.sleep(5)
        delays = [_trial(there, client, chance) for _ in range(trials)]
        client.close()
    there.server.forward_to = ""
    return delays


def _trial(there: OutlookSite, client: Client, chance: random.Random) -> float:
    time.sleep(chance.uniform(0.5, 2.5))
    slot = chance.choice(_starts(there, client))
    start = datetime.fromisoformat(slot)
    before = len(there.server.deliveries)
    changed = datetime.now(UTC)
    there.server.mailbox(there.town.address(0)).put(start, start + LENGTH)
    while slot in _starts(there, client):
        assert datetime.now(UTC) - changed < timedelta(minutes=4), "the slot is still offered"
        time.sleep(LOOK_EVERY)
    seen = datetime.now(UTC)
    delivered = [each.at for each in there.server.deliveries[before:] if each.kind == "change"]
    return (seen - min(delivered, default=changed)).total_seconds()


def _starts(there: OutlookSite, client: Client) -> list[str]:
    answer = client.send(request_of(there.town, 1, first=today() + timedelta(days=1)))
    assert answer.status == 200, answer.body[:300]
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def _wait(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"not within two minutes: {what}"
        time.sleep(0.1)
