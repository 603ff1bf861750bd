"""Many citizens for one slot, round after round: `python -m tests.faults.storm --rounds 20`."""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import House, house
from tests.booking_web.serving import serving
from tests.servers.postgres import Postgres, create_database, libpq

#: Connections open at the same moment; each belongs to one client.
AT_ONCE = 100
_TWO = "mailboxes: [pronoia1@kalamata.example, pronoia2@kalamata.example]"
_ONE = "mailboxes: [pronoia1@kalamata.example]"


@dataclass(frozen=True)
class Round:
    """What ``clients`` got who wanted one slot at the same time; seconds of each answer, sorted."""

    employees: int
    statuses: Counter[int]
    seconds: tuple[float, ...]
    took: float
    events: int  #: written into calendars in this round

    @property
    def exact(self) -> bool:
        """Exactly one winner for each employee, everybody else refused in words."""
        clients = len(self.seconds)
        return self.events == self.employees and self.statuses == {
            201: self.employees,
            409: clients - self.employees,
        }

    def share(self, part: float) -> float:
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * part))]

    def __str__(self) -> str:
        told = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        rate = len(self.seconds) / self.took
        return (
            f"{told}; {rate:.0f}/s, p50 {self.share(0.5):.2f} s, p99 {self.share(0.99):.2f} s"
            f"{'' if self.exact else '   <-- WRONG'}"
        )


@dataclass
class Storm:
    """A town at a real HTTP server; ``employees`` of them serve the slot that everybody wants."""

    home: House
    port: int
    employees: int
    body: dict[str, Any]
    slots: list[str]

    def round(self, number: int, clients: int) -> Round:
        before = self._events()
        body = self.body | {"starts_at": self.slots[number]}
        bodies = [
            body | {"citizen": body["citizen"] | {"email": f"citizen{client}@example.gr"}}
            for client in range(clients)
        ]
        began = time.monotonic()
        answers = _all(
            clients, lambda client: self._post(bodies[client], f"round-{number}-{client}")
        )
        took = time.monotonic() - began
        return Round(
            employees=self.employees,
            statuses=Counter(status for status, _ in answers),
            seconds=tuple(sorted(seconds for _, seconds in answers)),
            took=took,
            events=self._events() - before,
        )

    def _post(self, body: dict[str, Any], key: str) -> tuple[int, float]:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        connection.request("POST", "/api/v1/bookings", body=json.dumps(body), headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, time.monotonic() - began

    def _events(self) -> int:
        return sum(len(self.home.memory.events(mailbox)) for mailbox in self.home.mailboxes())


def _all(count: int, send: Callable[[int], tuple[int, float]]) -> list[tuple[int, float]]:
    """``send`` for each number, ``AT_ONCE`` at a time behind one starting gun."""
    answers: list[tuple[int, float]] = []
    threads = min(count, AT_ONCE)
    gun = threading.Barrier(threads)
    numbers = iter(range(count))

    def work() -> None:
        gun.wait(60)
        for number in numbers:
            answers.append(send(number))  # noqa: PERF401 - the others see how far we are

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(answers) == count
    return answers


@contextmanager
def storm(folder: Path, *, employees: int, database_url: str = "") -> Iterator[Storm]:
    """``employees``: 1 or 2, as many as the sample's service has."""
    for talkative in ("waitress", "waitress.queue"):  # how full it is, for every client
        logging.getLogger(talkative).setLevel(logging.ERROR)

    def edit(text: str) -> str:
        return text.replace(_TWO, _ONE) if employees == 1 else text

    home = house(folder, database_url=database_url, edit=edit)
    app = create_app(home.desk)
    api = Api(app.test_client())
    with serving(app) as port:
        # Every second one, so that no round takes from another one by its buffers.
        yield Storm(home, port, employees, api.body(), api.slots()[::2])
    home.desk.store.close()


def deadlocks(database_url: str) -> int:
    """Since the database was made. To be asked when the connections that may have met one are
    closed: a process tells its figures at the latest when it ends."""
    with psycopg.connect(libpq(database_url)) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--employees", type=int, choices=[1, 2], default=1)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the database must not stay behind
    server = Postgres().start() if given.postgresql else None
    try:
        url = create_database(server.server_url, "storm") if server else ""
        wrong = 0
        with (
            tempfile.TemporaryDirectory() as folder,
            storm(Path(folder), employees=given.employees, database_url=url) as town,
        ):
            for number in range(given.rounds):
                done = town.round(number, given.clients)
                wrong += not done.exact
                _say(f"round {number + 1:2}: {done}")
        _say(f"{given.rounds - wrong} of {given.rounds} rounds as they must be")
        if server:
            found = deadlocks(url)
            _say(f"{found} deadlocks")
            wrong += found
    finally:
        if server:
            server.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(_main())
