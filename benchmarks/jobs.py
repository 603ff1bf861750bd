"""Background jobs of one worker, which forks a child for each: cost, pace and memory."""

from __future__ import annotations

import threading
import time

from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site
from benchmarks.startup import quiet
from sync_worker.queues import Queues

_LOOK = 0.01  #: seconds between two looks at the children of a worker


def run(report: Report, site: Site, ids: list[str], *, calendars: str, count: int) -> None:
    """``calendars``: what is mapped at ``site``. Nothing has changed in any of them."""
    for what, batches in (
        ("without work", [[]]),
        ("that reads a mailbox", [[one] for one in ids]),
        (f"that reads {len(ids)} mailboxes", [ids]),
    ):
        subject = f"job {what}, {calendars}"
        _measure(report, subject, site, [batches[n % len(batches)] for n in range(count)])


def _measure(report: Report, subject: str, site: Site, batches: list[list[str]]) -> None:
    with site.valkey() as redis_url, site.background("worker", redis_url=redis_url) as worker:
        queues = Queues(redis_url)
        quiet(worker)
        with _Children(worker) as children:
            _work_off(queues, worker, batches[: len(batches) // 10 + 1], prefix="warm")
            cpu, stood, begun = worker.cpu(), time.process_time(), time.monotonic()
            _work_off(queues, worker, batches, prefix="job")
            wall, count = time.monotonic() - begun, len(batches)
        report.add(subject, "own CPU a job", (worker.cpu() - cpu) * 1000 / count, "ms")
        report.add(subject, "jobs a second", count / wall, "/s")
        report.add(
            subject, "this process, a job", (time.process_time() - stood) * 1000 / count, "ms"
        )
        report.add(subject, "memory of a child", children.most, "MiB")
        queues.close()


def _work_off(queues: Queues, worker: Process, batches: list[list[str]], *, prefix: str) -> None:
    for number, batch in enumerate(batches):
        queues.poll(server_id=f"{prefix}-{number}", mailbox_ids=batch, every=3600)
    while queues.state().queued or len(worker.shared_memory()) > 1:
        time.sleep(0.02)


class _Children:
    """Looks how large the children of a worker become (PSS: what they share is divided)."""

    def __init__(self, worker: Process) -> None:
        self.most = 0.0
        self._worker = worker
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Children:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(_LOOK):
            self.most = max([self.most, *self._worker.shared_memory()[1:]])
