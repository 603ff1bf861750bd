"""Bookings into Radicale over HTTP: what each costs us, and how many a second."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from benchmarks.availability import request_of
from benchmarks.calendars import today
from benchmarks.client import Answer, Call, Client, send_all
from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.town import Town


def body_of(town: Town, pool: int, starts_at: str) -> dict[str, Any]:
    return {
        "service_id": town.service_id(pool),
        "channel": "in_person",
        "starts_at": starts_at,
        "citizen": {
            "name": "Ελένη Δοκιμαστική",
            "email": "eleni@example.gr",
            "phone": "6901234567",
        },
        "answers": {},
        "declarations": {},
        "consent_version": "1",
        "language": "el",
    }


def call_of(town: Town, pool: int, starts_at: str) -> Call:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    return Call("POST", "/api/v1/bookings", body_of(town, pool, starts_at), key)


def free_starts(port: int, town: Town, pool: int) -> list[str]:
    client = Client(port)
    first = today() + timedelta(days=1)
    answer = client.send(request_of(town, pool, first=first, days=58))
    client.close()
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def run(report: Report, site: Site, radicale: Process, town: Town, *, count: int) -> None:
    with (
        site.valkey() as redis_url,
        site.web(RANTEVOU_REDIS_URL=redis_url) as (web, port),
    ):
        for pool, clients in ((1, 1), (20, 1), (20, 4)):
            starts = free_starts(port, town, pool)[: count + 5]
            calls = [call_of(town, pool, each) for each in starts]
            send_all(port, calls[:5], clients=1)  # warm
            own, theirs = web.cpu(), radicale.cpu()
            answers, wall = send_all(port, calls[5:], clients=clients)
            done = _booked(answers)
            subject = f"booking, {pool} mailboxes, {clients} clients"
            aim = "under 25"
            report.add(subject, "own CPU a booking", (web.cpu() - own) * 1000 / done, "ms", aim)
            report.add(subject, "CPU of Radicale", (radicale.cpu() - theirs) * 1000 / done, "ms")
            report.add(subject, "bookings a second", done / wall, "/s")
            report.add_wall(subject, [each.seconds for each in answers])
        _mails(report, site, redis_url)


def _booked(answers: Sequence[Answer]) -> int:
    statuses = [each.status for each in answers]
    assert set(statuses) <= {201, 202}, f"{statuses} {answers[0].body[:300]!r}"
    return len(statuses)


def _mails(report: Report, site: Site, redis_url: str) -> None:
    """What the confirmation of those bookings costs the worker: rendering and handing over."""
    import time

    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    from booking import outbox
    from tests.waiting import free_port

    desk = site.desk()
    waiting = outbox.due_count(desk)
    sink = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    sink.start()
    try:
        url = f"smtp://127.0.0.1:{sink.port}"
        with (
            site.background("worker", redis_url=redis_url, RANTEVOU_SMTP_URL=url) as worker,
            site.background("scheduler", redis_url=redis_url),
        ):
            idle_until = time.monotonic() + 3
            while time.monotonic() < idle_until and outbox.due_count(desk) == waiting:
                time.sleep(0.02)
            before = worker.cpu()
            left = outbox.due_count(desk)
            end = time.monotonic() + 120
            while outbox.due_count(desk) and time.monotonic() < end:
                time.sleep(0.2)
            sent = max(left - outbox.due_count(desk), 1)
            report.add("confirmation mail", "CPU of the worker", _each(worker, before, sent), "ms")
    finally:
        sink.stop()


def _each(worker: Process, before: float, count: int) -> float:
    return (worker.cpu() - before) * 1000 / count
