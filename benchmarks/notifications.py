"""Deliveries of a provider that calls us: how long its POST takes, with the queue and without."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text

from benchmarks.client import Answer, Call, percentile, send_all
from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site
from booking.store.columns import to_microseconds
from booking.subscriptions.rules import state_hash
from tests.waiting import free_port

PATH = "/notifications/caldav"  #: the provider of the benchmark's mailboxes
ORIGIN = "https://benchmark.example"
CLIENTS = 4
STORM = 1_000


def run(report: Report, site: Site, ids: list[str], *, requests: int) -> None:
    """The mailboxes of ``ids`` call in turn; only the first call of each finds it clean."""
    known = _subscribe(site, ids)
    with site.valkey() as redis_url:
        _measure(report, "with the queue", site, known, redis_url, requests=requests)
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    _measure(report, "without the queue", site, known, nobody, requests=requests)
    _unsubscribe(site)


def _measure(
    report: Report,
    how: str,
    site: Site,
    known: dict[str, tuple[str, str]],
    redis_url: str,
    *,
    requests: int,
) -> None:
    with site.web(RANTEVOU_REDIS_URL=redis_url) as (web, port):
        _send(web, port, _handshakes(requests // 10), status=200)  # warm
        _clean(site)
        _tell(report, f"handshake, {how}", *_send(web, port, _handshakes(requests), status=200))
        calls = [_delivery([each]) for each in _round_robin(known, requests)]
        _tell(report, f"notification, {how}", *_send(web, port, calls, status=202))
        _clean(site)
        storm = [_delivery([each] * 20) for each in _round_robin(known, 1) * (STORM // 20)]
        _tell(report, f"{STORM} about one mailbox, {how}", *_send(web, port, storm, status=202))
        strangers = [_delivery([("nobody", secrets.token_hex(16))])] * requests
        _tell(report, f"of strangers, {how}", *_send(web, port, strangers, status=202))


def _send(web: Process, port: int, calls: list[Call], *, status: int) -> tuple[list[Answer], float]:
    """The answers, and CPU milliseconds of the web process a request."""
    before = web.cpu()
    answers, _ = send_all(port, calls, clients=CLIENTS)
    assert {each.status for each in answers} == {status}, answers[0].body[:300]
    return answers, (web.cpu() - before) * 1000 / len(calls)


def _tell(report: Report, subject: str, answers: list[Answer], cpu: float) -> None:
    seconds = [each.seconds for each in answers]
    report.add(subject, "CPU a request", cpu, "ms")
    report.add(subject, "wall p50", percentile(seconds, 0.50) * 1000, "ms")
    report.add(subject, "wall p99", percentile(seconds, 0.99) * 1000, "ms", "under 200")


def _handshakes(count: int) -> list[Call]:
    return [Call("POST", f"{PATH}?validationToken=Validation%3a+{n}") for n in range(count)]


def _delivery(entries: list[tuple[str, str]]) -> Call:
    body = {
        "value": [
            {
                "subscriptionId": remote_id,
                "clientState": state,
                "changeType": "updated",
                "resource": "Users/0/Events/0",
                "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "0"},
                "tenantId": "0",
            }
            for remote_id, state in entries
        ]
    }
    return Call("POST", PATH, body)


def _round_robin(known: dict[str, tuple[str, str]], count: int) -> list[tuple[str, str]]:
    every = list(known.values())
    return [every[number % len(every)] for number in range(count)]


def _subscribe(site: Site, ids: list[str]) -> dict[str, tuple[str, str]]:
    """As upkeep leaves them; the provider's id and secret of each mailbox."""
    now = datetime.now(UTC)
    known = {each: (f"remote-{each}", secrets.token_urlsafe(32)) for each in ids}
    with site.desk().store.write() as uow:
        for row in uow.mailboxes.many(ids):
            uow.subscriptions.add(
                subscription_id=secrets.token_hex(16),
                mailbox_id=row.id,
                place=row.place,
                connection=row.connection,
                notification_url=f"{ORIGIN}{PATH}",
                now=now,
            )
        for row in uow.subscriptions.all():
            remote_id, state = known[row.mailbox_id]
            held = uow.subscriptions.take(
                row, now=now, until=now + timedelta(seconds=30), client_state_hash=state_hash(state)
            )
            assert held is not None
            assert uow.subscriptions.record(
                held,
                now=now,
                state="active",
                remote_id=remote_id,
                expires_at=now + timedelta(days=6),
                renew_at=now + timedelta(days=3),
                seen_at=now,
            )
        uow.commit()
    return known


def _clean(site: Site) -> None:
    """As after a reading a moment ago."""
    _execute(
        site,
        "UPDATE mailbox SET dirty_at = NULL, last_attempt = :now",
        now=to_microseconds(datetime.now(UTC)),
    )
    time.sleep(0.01)


def _unsubscribe(site: Site) -> None:
    _execute(site, "DELETE FROM subscription")


def _execute(site: Site, statement: str, **values: int) -> None:
    engine = create_engine(site.database_url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()
