"""Start-up time and memory of each process of ours."""

from __future__ import annotations

import time

from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site

SETTLE = 4.0  #: seconds; imports are over when a process without port has been quiet that long


def run(report: Report, site: Site, *, calendars: str = "CalDAV") -> None:
    """``calendars``: what is mapped at ``site``."""
    with site.valkey() as redis_url:
        with site.web(RANTEVOU_REDIS_URL=redis_url) as (web, _):
            _tell(report, web, web.started_in, calendars)
        for role in ("worker", "scheduler"):
            begun = time.monotonic()
            with site.background(role, redis_url=redis_url) as process:
                _tell(report, process, quiet(process) - begun, calendars)


def quiet(process: Process) -> float:
    """When it last used CPU before it became quiet (``time.monotonic``)."""
    last, since = -1.0, time.monotonic()
    while time.monotonic() < since + SETTLE:
        now = process.cpu()
        if now - last >= 0.05:
            last, since = now, time.monotonic()
        time.sleep(0.05)
    return since


def _tell(report: Report, process: Process, seconds: float, calendars: str) -> None:
    subject = f"process {process.name}, {calendars}"
    report.add(subject, "start-up", seconds * 1000, "ms")
    report.add(subject, "CPU of the start", process.cpu() * 1000, "ms")
    report.add(subject, "resident memory", process.memory(), "MiB")
