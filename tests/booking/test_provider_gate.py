"""The gate in front of a provider with limits: counted over threads and processes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from booking.provider_gate import SharedGate
from booking.settings import Settings
from booking.store import Keys, Store, UnitOfWork, open_store
from connectors.deadline import Deadline
from connectors.errors import TryLater
from tests.booking.conftest import Clock

_SETTINGS = replace(Settings(), provider_at_once=4, mailbox_at_once=3)
ACCOUNT = "https://graph.example tenant client"


@pytest.fixture
def gate(store: Store) -> SharedGate:
    return SharedGate(store, _SETTINGS)


def another(store: Store) -> SharedGate:
    """As another process has it: it shares the database alone."""
    return SharedGate(store, _SETTINGS)


def refused(gate: SharedGate, mailbox: str = "", *, seconds: float = 0.05) -> float | None:
    """After how many seconds to come back; None where the gate lets us pass."""
    try:
        with gate.passing(account=ACCOUNT, mailbox=mailbox, deadline=Deadline.after(seconds)):
            return None
    except TryLater as error:
        return error.retry_after or -1


class Inside:
    """Requests in flight, each in a thread of its own, until told to end."""

    def __init__(self) -> None:
        self._leave = threading.Event()
        self._threads: list[threading.Thread] = []

    def enter(self, gate: SharedGate, *mailboxes: str) -> None:
        for mailbox in mailboxes:
            within = threading.Event()

            def stay(name: str = mailbox, within: threading.Event = within) -> None:
                with gate.passing(account=ACCOUNT, mailbox=name, deadline=Deadline.after(20)):
                    within.set()
                    self._leave.wait(20)

            thread = threading.Thread(target=stay)
            thread.start()
            self._threads.append(thread)
            assert within.wait(10)

    def leave(self) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def inside() -> Iterator[Inside]:
    those = Inside()
    yield those
    those.leave()


def test_an_account_has_so_many_places_and_gives_them_back(
    gate: SharedGate, store: Store, inside: Inside
) -> None:
    inside.enter(gate, "anna", "", "maria", "")
    assert refused(gate) == 1
    assert refused(another(store)) == 1
    inside.leave()
    assert refused(another(store)) is None


def test_a_mailbox_has_fewer_and_does_not_keep_the_others_waiting(
    gate: SharedGate, store: Store, inside: Inside
) -> None:
    inside.enter(gate, "anna", "anna", "anna")
    assert refused(gate, "anna") == 1
    assert refused(another(store), "anna") == 1
    assert refused(another(store), "maria") is None
    assert refused(gate, "maria") is None


def test_accounts_do_not_know_each_other(gate: SharedGate, inside: Inside) -> None:
    inside.enter(gate, "a", "b", "c", "d")
    with gate.passing(account="another", mailbox="a", deadline=Deadline.after(0.05)):
        assert refused(gate) == 1


def test_who_waits_gets_the_place_that_comes_free(
    gate: SharedGate, store: Store, inside: Inside
) -> None:
    inside.enter(gate, "a", "b", "c", "d")
    found: list[float | None] = []
    waiting = [
        threading.Thread(target=lambda g=g: found.append(refused(g, seconds=20)))
        for g in (gate, another(store), another(store))
    ]
    for thread in waiting:
        thread.start()
    inside.leave()
    for thread in waiting:
        thread.join()
    assert found == [None, None, None]


def test_places_of_a_process_that_died_run_out(
    gate: SharedGate, store: Store, clock: Clock
) -> None:
    def work(uow: UnitOfWork) -> None:
        for n in range(4):
            uow.places.take(
                account=ACCOUNT,
                mailbox="anna",
                owner=f"dead {n}",
                at_once=4,
                mailbox_at_once=4,
                now=uow.now,
                until=uow.now + timedelta(seconds=15),
            )

    store.transact(work)
    assert refused(gate) == 1
    clock.forward(seconds=16)
    assert refused(gate) is None


def test_a_clock_that_is_put_back_leaves_no_place_taken(
    gate: SharedGate, store: Store, clock: Clock
) -> None:
    gate.pause(account=ACCOUNT, seconds=600)
    clock.forward(hours=-2)
    assert refused(gate) is None


def test_a_place_that_ran_out_is_not_given_back_by_its_former_owner(
    gate: SharedGate, store: Store, clock: Clock
) -> None:
    other = another(store)
    with gate.passing(account=ACCOUNT, mailbox="", deadline=Deadline.after(10)):
        clock.forward(seconds=30)
        leave = Inside()
        leave.enter(other, "a", "b", "c", "d")
    assert refused(gate) == 1
    leave.leave()


def test_a_pause_holds_for_every_process_and_the_longer_one_stays(
    gate: SharedGate, store: Store, clock: Clock
) -> None:
    gate.pause(account=ACCOUNT, seconds=30)
    gate.pause(account=ACCOUNT, seconds=5)
    assert refused(another(store)) == 30
    clock.forward(seconds=20)
    assert refused(gate) == 10
    clock.forward(seconds=10)
    assert refused(gate) is None


def test_no_pause_is_endless(gate: SharedGate) -> None:
    gate.pause(account=ACCOUNT, seconds=10**6)
    assert refused(gate) == 900


def test_a_deadline_that_is_over_lets_nobody_in(gate: SharedGate) -> None:
    assert refused(gate, seconds=0) == 1


def test_long_names_have_places_of_their_own(gate: SharedGate) -> None:
    for name in ("x" * 400, "x" * 401):
        with gate.passing(account=name, mailbox=name, deadline=Deadline.after(5)):
            pass


def test_a_database_that_is_away_is_a_reason_to_try_later(tmp_path: Path) -> None:
    nowhere = open_store(f"sqlite:///{tmp_path / 'empty.sqlite'}", encryption_keys=Keys.generate())
    gate = SharedGate(nowhere, _SETTINGS)
    gate.pause(account=ACCOUNT, seconds=1)
    with (
        pytest.raises(TryLater),
        gate.passing(account=ACCOUNT, mailbox="", deadline=Deadline.after(1)),
    ):
        pass
    nowhere.close()


_CROWD = """
import json, sys, threading, time
from dataclasses import replace
from booking.provider_gate import SharedGate
from booking.settings import Settings
from booking.store import Keys, open_store
from connectors.deadline import Deadline

store = open_store(sys.argv[1], encryption_keys=Keys.generate())
gate = SharedGate(store, replace(Settings(), provider_at_once=4, mailbox_at_once=3))
log = []

def work(number):
    for n in range(6):
        mailbox = "shared" if number % 2 else f"own {number}"
        with gate.passing(account="crowd", mailbox=mailbox, deadline=Deadline.after(60)):
            began = time.time()
            time.sleep(0.01)
            log.append((began, time.time(), mailbox))

threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
print(json.dumps(log))
store.close()
"""


def peak(stays: list[list[float | str]]) -> int:
    most = now = 0
    for _, step in sorted(
        (at, step) for *edges, _ in stays for at, step in zip(edges, (1, -1), strict=True)
    ):
        now += step
        most = max(most, now)
    return most


def test_eight_threads_in_two_processes_never_exceed_the_limits(
    database_url: str,
) -> None:
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", _CROWD, database_url],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]
    stays: list[list[float | str]] = []
    for process in crowd:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        stays += json.loads(out)
    assert len(stays) == 2 * 8 * 6
    assert peak(stays) <= 4
    assert peak([each for each in stays if each[2] == "shared"]) <= 3
    assert peak(stays) > 1


def test_the_child_of_a_fork_begins_with_nobody_inside(gate: SharedGate) -> None:
    """Whoever waited in the parent's memory does not live in the child."""
    with gate.passing(account=ACCOUNT, mailbox="", deadline=Deadline.after(5)):
        gate._pid -= 1  # as it looks to a child
        assert refused(gate, seconds=5) is None


def test_a_pass_is_cheap(gate: SharedGate) -> None:
    began = time.process_time()
    for _ in range(50):
        assert refused(gate, "anna", seconds=20) is None
    assert (time.process_time() - began) / 50 < 0.02
