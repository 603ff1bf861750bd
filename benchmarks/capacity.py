"""Holds a second, and bookings a second beside what the calendar server takes without us."""

from __future__ import annotations

import base64
import http.client
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from benchmarks.bookings import call_of, free_starts
from benchmarks.client import Answer, Call, send_all
from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.town import LENGTH, PASSWORD, USER, Town

POOL = 20
CLIENTS = 4  #: at the same moment; the web process is two, as in production
_SYNC = (
    '<?xml version="1.0"?><D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token>'
    "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
)
_EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//benchmark//\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n"
    "SUMMARY:Benchmark\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def run(report: Report, site: Site, radicale: Process, town: Town, *, count: int) -> None:
    """``count`` of each kind. Bookings and plain conversations take turns, so that whatever else
    the machine does meets both."""
    with (
        site.valkey() as redis_url,
        site.web(
            processes=2, RANTEVOU_REDIS_URL=redis_url, RANTEVOU_HOLDS_PER_NETWORK="100000"
        ) as (web, port),
    ):
        starts = free_starts(port, town, POOL)
        _views(report, web, port, town, count=2 * count)
        _holds(report, web, port, town, starts[40:], count=2 * count)
        _bookings(report, site, port, town, radicale, count=count)


def _views(report: Report, web: Process, port: int, town: Town, *, count: int) -> None:
    """The page of the calendar, with the month and a day's times."""
    slug, _, key = town.service_id(POOL).partition(".")
    calls = [Call("GET", f"/d/{slug}/{key}/in_person/slot")] * (count + 10)
    send_all(port, calls[:10], clients=CLIENTS)  # warm
    own = web.cpu()
    answers, wall = send_all(port, calls[10:], clients=CLIENTS)
    _only(answers, 200)
    subject = f"calendar page, {POOL} mailboxes, {CLIENTS} clients"
    report.add(subject, "own CPU a view", (web.cpu() - own) * 1000 / len(answers), "ms")
    report.add(subject, "views a second", len(answers) / wall, "/s", "at least 200")
    report.add_wall(subject, [each.seconds for each in answers])


def _holds(
    report: Report, web: Process, port: int, town: Town, starts: list[str], *, count: int
) -> None:
    """Each keeps another slot, of whoever of the pool is free then."""
    calls = [Call("POST", "/api/v1/holds", _hold_of(town, each)) for each in starts[: count + 10]]
    assert len(calls) > count, f"only {len(calls)} slots are free"
    send_all(port, calls[:10], clients=CLIENTS)  # warm
    own = web.cpu()
    answers, wall = send_all(port, calls[10:], clients=CLIENTS)
    _only(answers, 201)
    subject = f"hold, {POOL} mailboxes, {CLIENTS} clients"
    report.add(subject, "own CPU a hold", (web.cpu() - own) * 1000 / len(answers), "ms")
    report.add(subject, "holds a second", len(answers) / wall, "/s", "at least 150")
    report.add_wall(subject, [each.seconds for each in answers])


def _hold_of(town: Town, starts_at: str) -> dict[str, str]:
    return {"service_id": town.service_id(POOL), "channel": "in_person", "starts_at": starts_at}


def _bookings(
    report: Report,
    site: Site,
    port: int,
    town: Town,
    radicale: Process,
    *,
    count: int,
) -> None:
    calls = iter([call_of(town, POOL, each) for each in free_starts(port, town, POOL)])
    send_all(port, [next(calls) for _ in range(5)], clients=1)  # warm
    ours = theirs = 0.0
    cpu = 0.0
    turns = 4
    each = max(count // turns, CLIENTS)
    plain = _Plain(site.caldav_port, town)
    plain.seconds(CLIENTS)  # warm
    for _ in range(turns):
        before = radicale.cpu()
        answers, wall = send_all(port, [next(calls) for _ in range(each)], clients=CLIENTS)
        cpu += radicale.cpu() - before
        assert {answer.status for answer in answers} <= {201, 202}
        ours += wall
        theirs += plain.seconds(each)
    plain.close()
    done = turns * each
    subject = f"bookings, {POOL} mailboxes, {CLIENTS} clients"
    report.add(subject, "bookings a second", done / ours, "/s")
    report.add(subject, "calendar server alone", done / theirs, "/s")
    report.add(subject, "share of that", theirs / ours, "", "at least 0.8")
    report.add(subject, "CPU of Radicale", cpu * 1000 / done, "ms")


class _Plain:
    """What a booking asks of its calendar, by clients that do nothing else: what changed, write if
    it is not there yet, read back. Their connections and sync tokens are kept, as ours are."""

    def __init__(self, port: int, town: Town) -> None:
        self._talks = [_Talk(port) for _ in range(CLIENTS)]
        self._folders = [f"/{USER}/{town.slug}-{number}/" for number in range(POOL)]
        self._written = 0
        for number, folder in enumerate(self._folders):
            self._talks[number % CLIENTS].changes(folder)

    def seconds(self, count: int) -> float:
        """For ``count`` of them."""
        first = datetime(2031, 1, 6, 8, tzinfo=UTC) + self._written * LENGTH
        self._written += count

        def work(client: int) -> None:
            talk, folders = self._talks[client], self._folders[client::CLIENTS]
            for number in range(client, count, CLIENTS):
                folder = folders[number // CLIENTS % len(folders)]
                uid = uuid.uuid4().hex
                start = first + number * LENGTH
                event = _EVENT.format(uid=uid, start=start, end=start + timedelta(minutes=30))
                talk.changes(folder)
                talk.send("PUT", f"{folder}{uid}.ics", event, **{"If-None-Match": "*"})
                talk.send("GET", f"{folder}{uid}.ics")

        return _timed(work)

    def close(self) -> None:
        for talk in self._talks:
            talk.close()


def _timed(work: Callable[[int], None]) -> float:
    threads = [threading.Thread(target=work, args=(client,)) for client in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


class _Talk:
    """One kept connection to Radicale."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self._headers = {"Authorization": f"Basic {word}"}
        self._tokens: dict[str, str] = {}

    def changes(self, folder: str) -> None:
        token = self._tokens.get(folder, "")
        content = self.send("REPORT", folder, _SYNC.format(token=token), Depth="0")
        self._tokens[folder] = content.partition("sync-token>")[2].partition("<")[0]

    def send(self, method: str, path: str, body: str = "", **headers: str) -> str:
        self._connection.request(method, path, body.encode(), {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read().decode()
        assert answer.status < 300, f"{method}: {answer.status} {content[:200]}"
        return content

    def close(self) -> None:
        self._connection.close()


def _only(answers: list[Answer], status: int) -> None:
    wrong = [answer for answer in answers if answer.status != status]
    assert not wrong, f"{wrong[0].status} {wrong[0].body[:300]!r}"
