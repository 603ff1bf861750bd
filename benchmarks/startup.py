"""Start-up time and memory of each process of ours."""

from __future__ import annotations

import time

from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site

SETTLE = 6.0  #: seconds; imports are over when a process without port has been quiet that long


def run(report: Report, site: Site) -> None:
    with site.valkey() as redis_url:
        with site.web(RANTEVOU_REDIS_URL=redis_url) as (web, _):
            _tell(report, web, web.started_in)
        for role in ("worker", "scheduler"):
            begun = time.monotonic()
            with site.background(role, redis_url=redis_url) as process:
                _tell(report, process, _quiet(process) - begun)


def _quiet(process: Process) -> float:
    """When it last used CPU before it became quiet (``time.monotonic``)."""
    last, since = -1.0, time.monotonic()
    end = since + SETTLE
    while time.monotonic() < end:
        now = process.cpu()
        if now - last >= 0.05:
            last, since = now, time.monotonic()
        time.sleep(0.05)
    return since


def _tell(report: Report, process: Process, seconds: float) -> None:
    report.add(f"process {process.name}", "start-up", seconds * 1000, "ms")
    report.add(f"process {process.name}", "CPU of the start", process.cpu() * 1000, "ms")
    report.add(f"process {process.name}", "resident memory", process.memory(), "MiB")
