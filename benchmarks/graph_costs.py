"""Own cost of Microsoft 365: free slots and bookings."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text

from benchmarks import availability
from benchmarks.bookings import call_of, free_starts
from benchmarks.calendars import today
from benchmarks.client import Client, send_all
from benchmarks.outlook import OutlookSite
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.town import POOLS, read_all
from booking.store.columns import to_microseconds


def run_views(report: Report, there: OutlookSite, *, requests: int) -> None:
    """Free slots from the replica, with a glance at all calendars, and the very first one."""
    with there.site.web(RANTEVOU_VIEW_REFRESH_EVERY="86400") as (web, port):
        read_all(there.site.desk(), there.ids)
        for pool in POOLS:
            subject = "free slots of 30 days, Microsoft 365"
            availability.measure(report, subject, web, port, there.town, pool, requests=requests)
    for pool in POOLS:
        _refreshing(report, there, pool, views=max(requests // 10, 5))


def _refreshing(report: Report, there: OutlookSite, pool: int, *, views: int) -> None:
    call = availability.request_of(there.town, pool, first=today() + timedelta(days=1))
    with there.site.web(RANTEVOU_VIEW_REFRESH_EVERY="0") as (web, port):
        _forget(there.site)
        client = Client(port)
        subject = f"view that refreshes, Microsoft 365, {pool}"
        report.add(subject, "the very first", client.send(call).seconds * 1000, "ms", "under 400")
        for _ in range(3):  # what it began goes on behind it, and is looked at twice
            time.sleep(availability.SETTLE)
            client.send(call)
        time.sleep(availability.SETTLE)
        there.server.requests.clear()
        cpu = web.cpu()
        seconds = [client.send(call).seconds for _ in range(views)]
        time.sleep(availability.SETTLE)
        report.add(subject, "CPU a request", (web.cpu() - cpu) * 1000 / views, "ms")
        report.add(subject, "requests to Graph", len(there.server.requests) / views, "")
        report.add_wall(subject, seconds)
        client.close()


def _forget(site: Site) -> None:
    """As if every calendar had been read nine minutes ago: still offered, and to be read again."""
    then = to_microseconds(datetime.now(UTC) - timedelta(minutes=9))
    engine = create_engine(site.database_url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE mailbox SET last_success = :then, last_attempt = :then"), {"then": then}
        )
    engine.dispose()


def run_bookings(report: Report, there: OutlookSite, *, count: int) -> None:
    """Over HTTP, one mailbox and twenty; the first one of a web process apart."""
    with there.site.valkey() as redis_url:
        for pool, clients in ((1, 1), (20, 1), (20, 4)):
            with there.site.web(RANTEVOU_REDIS_URL=redis_url) as (web, port):
                starts = free_starts(port, there.town, pool)[: count + 1]
                calls = [call_of(there.town, pool, each) for each in starts]
                subject = f"booking, Microsoft 365, {pool} mailboxes, {clients} clients"
                (first,), _ = send_all(port, calls[:1], clients=1)
                report.add(subject, "the very first", first.seconds * 1000, "ms")
                there.server.requests.clear()
                cpu, stood = web.cpu(), time.process_time()
                answers, wall = send_all(port, calls[1:], clients=clients)
                done = len(answers)
                assert {each.status for each in answers} <= {201, 202}, answers[0].body[:300]
                report.add(subject, "own CPU a booking", (web.cpu() - cpu) * 1000 / done, "ms")
                spent = (time.process_time() - stood) * 1000 / done
                report.add(subject, "this process, each", spent, "ms")
                report.add(subject, "requests to Graph", len(there.server.requests) / done, "")
                placed = sum(each.status == 201 for each in answers) / done
                report.add(subject, "confirmed at once", placed * 100, "%")
                report.add(subject, "bookings a second", done / wall, "/s")
                report.add_wall(subject, [each.seconds for each in answers])
