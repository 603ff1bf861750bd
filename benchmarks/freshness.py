"""From an employee's entry to the page: how long a slot that was written over stays offered."""

from __future__ import annotations

import base64
import http.client
import random
import time
from datetime import datetime, timedelta

from benchmarks.availability import request_of
from benchmarks.calendars import today
from benchmarks.client import Client
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.town import PASSWORD, USER, Town

LOOK_EVERY = 0.25  #: seconds; somebody has the page open and looks


def run(report: Report, site: Site, town: Town, *, trials: int) -> None:
    chance = random.Random(1)
    seconds = []
    with (
        site.valkey() as redis_url,
        site.web(RANTEVOU_REDIS_URL=redis_url) as (_, port),
        site.background("worker", redis_url=redis_url),
        site.background("scheduler", redis_url=redis_url),
    ):
        client = Client(port)
        for number in range(trials):
            slot = chance.choice(_starts(client, town))
            _look_for(client, town, seconds=chance.uniform(0, 10))
            _put(site, town, f"fresh-{number}", slot)
            written = time.monotonic()
            while slot in _starts(client, town):
                assert time.monotonic() - written < 120, "the slot is still offered"
                time.sleep(LOOK_EVERY)
            seconds.append(time.monotonic() - written)
        client.close()
    subject = "calendar change to page, somebody looking"
    report.add_wall(subject, seconds, p95_aim="under 10,000")


def _look_for(client: Client, town: Town, *, seconds: float) -> None:
    """Keep looking, so that the change falls anywhere between two readings."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _starts(client, town)
        time.sleep(LOOK_EVERY)


def _starts(client: Client, town: Town) -> list[str]:
    first = today() + timedelta(days=1)
    answer = client.send(request_of(town, 1, first=first))
    assert answer.status == 200, answer.body[:300]
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def _put(site: Site, town: Town, name: str, starts_at: str) -> None:
    start = datetime.fromisoformat(starts_at)
    stamp = "%Y%m%dT%H%M%SZ"
    begin, end = (
        (start + timedelta(minutes=minutes) - (start.utcoffset() or timedelta())).strftime(stamp)
        for minutes in (0, 30)
    )
    body = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//benchmark//EL\r\nBEGIN:VEVENT\r\n"
        f"UID:{name}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{begin}\r\nDTEND:{end}\r\n"
        "SUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", site.caldav_port, timeout=30)
    connection.request(
        "PUT",
        f"/{USER}/{town.slug}-0/{name}.ics",
        body=body.encode(),
        headers={"Authorization": f"Basic {token}", "Content-Type": "text/calendar"},
    )
    status = connection.getresponse().status
    connection.close()
    assert status in (201, 204), status
