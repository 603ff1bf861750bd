"""Valkey flushed and workers killed in the middle of bookings: each lands in its calendar once."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from tests.product.outlook import Outlook
from tests.product.product import Product, until


def children(parent: int) -> dict[int, str]:
    """Command lines of all descendants of a process, by pid (Linux /proc)."""
    found: dict[int, str] = {}
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                parents[int(entry.name)] = int(stat.rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    front = [parent]
    while front:
        current = front.pop()
        for pid, its_parent in parents.items():
            if its_parent == current and pid not in found:
                try:
                    command = (Path("/proc") / str(pid) / "cmdline").read_bytes()
                except OSError:
                    continue
                found[pid] = command.replace(b"\0", b" ").decode(errors="replace")
                front.append(pid)
    return found


#: Room for a busy machine.
SECONDS = 120

#: Two calendars on Microsoft 365; one there and one on CalDAV.
POOLS = {"graph": "teleconference", "mixed": "in_person"}


@pytest.mark.parametrize(
    ("fault", "pool"), [("flush", "graph"), ("kill", "graph"), ("kill", "mixed")]
)
def test_every_acknowledged_booking_is_in_its_calendar_once(
    product: Product, fault: str, pool: str
) -> None:
    service, channel = product.service("kavala", "Αυτοτελές Τμήμα"), POOLS[pool]
    wanted = product.slots(service, channel)[10:22]
    answers: list[requests.Response] = []
    gate = threading.Lock()

    def book(starts_at: str) -> None:
        answer = product.book(service, channel, starts_at)
        with gate:
            answers.append(answer)

    threads = [threading.Thread(target=book, args=(each,)) for each in wanted]
    for number, thread in enumerate(threads):
        thread.start()
        if number == len(threads) // 2:
            strike(product, fault)
    for thread in threads:
        thread.join()

    acknowledged = [each.json() for each in answers if each.status_code in (201, 202)]
    assert [each.status_code for each in answers if each.status_code >= 500] == []
    assert len(acknowledged) == len(wanted)
    calendars, outlook = list(product.calendars("kavala").values()), Outlook(product)

    def counts() -> list[int]:
        """How often each booking stands in the calendars of either system."""
        events = [event for calendar in calendars for event in calendar.events()]
        subjects = [str(event.get("SUMMARY", "")) for event in events]
        for mailbox in outlook.mailboxes:
            subjects += [event["subject"] for event in outlook.events(mailbox)]
        return [sum(each["reference"] in subject for subject in subjects) for each in acknowledged]

    until(lambda: all(counts()), seconds=SECONDS, what=f"all bookings in calendars after {fault}")

    def states() -> set[str]:
        return {state_of(product, each) for each in acknowledged}

    until(lambda: states() == {"confirmed"}, seconds=SECONDS, what="all bookings are confirmed")
    # What a killed worker sent may have arrived; the outbox takes it away again.
    until(
        lambda: counts() == [1] * len(acknowledged),
        seconds=SECONDS,
        what="each of them stands once",
    )


def strike(product: Product, fault: str) -> None:
    assert product.process is not None
    family = children(product.process.pid)
    if fault == "kill":
        victims = [pid for pid, command in family.items() if " worker" in command]
        assert victims, family
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        return
    worker = next(pid for pid, command in family.items() if " worker" in command)
    settings = (Path("/proc") / str(worker) / "environ").read_text().split("\0")
    url = next(each for each in settings if each.startswith("RANTEVOU_REDIS_URL="))
    Redis.from_url(url.partition("=")[2], socket_timeout=5).flushall()


def state_of(product: Product, booking: dict[str, Any]) -> str:
    answer = product.api(
        "GET",
        f"/bookings/{booking['reference']}",
        headers={"Authorization": f"Bearer {booking['manage_token']}"},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])
