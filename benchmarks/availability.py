"""Free slots of 30 days for pools of 1, 5 and 20 mailboxes, over HTTP, checked before measured."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from urllib.parse import quote

from benchmarks.calendars import today
from benchmarks.client import Call, Client, send_all
from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.town import DAYS, POOLS, Town, add_others, fill, read_all

OTHERS = 10_000
SETTLE = 1.5  #: seconds in which 20 mailboxes are read behind an answer


def request_of(town: Town, pool: int, *, first: date, days: int = DAYS) -> Call:
    last = first + timedelta(days=days - 1)
    service = quote(town.service_id(pool))
    query = f"channel=in_person&from={first}&to={last}"
    return Call("GET", f"/api/v1/services/{service}/availability?{query}")


def check(port: int, town: Town, pool: int, *, first: date) -> None:
    """Stop where an answer is wrong: a fast wrong answer is worth nothing."""
    client = Client(port)
    answer = client.send(request_of(town, pool, first=first))
    client.close()
    assert answer.status == 200, answer.body[:300]
    body = answer.json()
    assert body["calendars"]["readable"] == pool, body["calendars"]
    given = [datetime.fromisoformat(slot["starts_at"]) for slot in body["slots"]]
    expected = town.expected(pool, first=first, days=DAYS)
    wrong = set(given) ^ set(expected)
    assert not wrong, f"{len(wrong)} slots differ from the expected ones: {sorted(wrong)[:3]}"


def measure(
    report: Report, subject: str, web: Process, port: int, town: Town, pool: int, *, requests: int
) -> float:
    """CPU milliseconds of the web process a request."""
    first = today() + timedelta(days=1)
    check(port, town, pool, first=first)
    calls = [request_of(town, pool, first=first)] * requests
    send_all(port, calls[: requests // 10], clients=1)  # warm
    before = web.cpu()
    answers, _ = send_all(port, calls, clients=1)
    cpu = (web.cpu() - before) * 1000 / requests
    assert {each.status for each in answers} == {200}
    aims = ("under 15", "under 25") if pool == 20 else ("", "")
    report.add(f"{subject}, {pool} mailboxes", "CPU a request", cpu, "ms", aims[0])
    report.add_wall(
        f"{subject}, {pool} mailboxes", [each.seconds for each in answers], p95_aim=aims[1]
    )
    return cpu


def run(report: Report, site: Site, town: Town, ids: list[str], *, requests: int) -> None:
    """The replica answers: views refresh nothing during this measure."""
    desk = site.desk()
    with site.web(RANTEVOU_VIEW_REFRESH_EVERY="86400") as (web, port):
        read_all(desk, ids)
        for pool in POOLS:
            measure(report, "free slots of 30 days", web, port, town, pool, requests=requests)
        add_others(site.database_url, like=ids[0], count=OTHERS)
        subject = "same, 10,000 other mailboxes"
        measure(report, subject, web, port, town, POOLS[-1], requests=requests)


def run_history(report: Report, site: Site, town: Town, *, requests: int) -> None:
    desk = site.desk()
    ids = fill(desk, town, caldav_url=site.caldav_url)
    with site.web(RANTEVOU_VIEW_REFRESH_EVERY="86400") as (web, port):
        read_all(desk, ids)
        subject = "same, a year of history in the calendars"
        measure(report, subject, web, port, town, POOLS[-1], requests=requests)


def run_refreshing(
    report: Report, site: Site, radicale: Process, town: Town, *, requests: int
) -> None:
    """Every view re-reads its mailboxes (in the product: at most once in 10 s).

    What does not fit the view's deadline goes on behind the answer; each view waits for that.
    """
    first = today() + timedelta(days=1)
    with site.web(RANTEVOU_VIEW_REFRESH_EVERY="0") as (web, port):
        client = Client(port)
        for pool in POOLS:
            call = request_of(town, pool, first=first)
            client.send(call)
            time.sleep(SETTLE)
            own, theirs, seconds = web.cpu(), radicale.cpu(), []
            for _ in range(requests):
                seconds.append(client.send(call).seconds)
                time.sleep(SETTLE)
            subject = f"view that refreshes, {pool} mailboxes"
            report.add(subject, "CPU a request", (web.cpu() - own) * 1000 / requests, "ms")
            spent = (radicale.cpu() - theirs) * 1000 / requests
            report.add(subject, "CPU of Radicale", spent, "ms")
            report.add_wall(subject, seconds)
        client.close()
