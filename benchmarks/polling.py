"""Polls of calendars in which nothing changed: our CPU for each, in this process."""

from __future__ import annotations

import time

from benchmarks.processes import Process
from benchmarks.report import Report
from benchmarks.site import Site
from booking.calendars.rounds import poll
from connectors.deadline import Deadline


def run(report: Report, site: Site, radicale: Process, ids: list[str], *, rounds: int) -> None:
    desk = site.desk()
    poll(desk, mailbox_ids=ids, deadline=Deadline.after(300))  # connected and up to date
    own, theirs, begun = time.process_time(), radicale.cpu(), time.perf_counter()
    for _ in range(rounds):
        poll(desk, mailbox_ids=ids, deadline=Deadline.after(300))
    polls = rounds * len(ids)
    subject = "poll of an unchanged calendar"
    spent = (time.process_time() - own) * 1000 / polls
    report.add(subject, "own CPU a poll", spent, "ms", "under 2")
    report.add(subject, "CPU of Radicale", (radicale.cpu() - theirs) * 1000 / polls, "ms")
    report.add(subject, "wall", (time.perf_counter() - begun) * 1000 / polls, "ms")
