"""Migrations, clocks, forks, leases: the ground that everything stands on."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest

from booking.store import DatabaseUrlError, Keys, Store, open_store, unit_of_work, upgrade
from booking.store.claims import Cells, Holder
from booking.store.columns import from_microseconds, to_microseconds
from booking.store.engine import Database
from booking.store.upgrading import differences
from tests.store.conftest import NOW


def test_the_migrations_build_exactly_the_tables(database_url: str) -> None:
    upgrade(database_url)  # again: nothing to do
    assert differences(database_url) == []


@pytest.mark.parametrize(
    "url", ["", "mysql://u@h/d", "sqlite://", "sqlite:///:memory:", "no url at all"]
)
def test_a_database_url_that_cannot_be_used_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match="RANTEVOU_DATABASE_URL must be"):
        open_store(url, encryption_keys=Keys.generate())


_LOCK = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'rb+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def test_another_engine_of_this_process_leaves_the_file_s_locks_alone(sqlite_url: str) -> None:
    """Closing any descriptor of a file ends all of a process's locks on it, SQLite's too."""
    path = sqlite_url.removeprefix("sqlite:///")
    with Path(path).open("rb+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Database(sqlite_url).engine()
        other = subprocess.run([sys.executable, "-c", _LOCK, path], capture_output=True, text=True)
    assert "BlockingIOError" in other.stderr


def test_instants_survive_to_the_microsecond_and_naive_ones_are_refused() -> None:
    moment = datetime(2037, 10, 25, 1, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=3)))
    assert from_microseconds(to_microseconds(moment)) == moment
    assert from_microseconds(to_microseconds(moment)).tzinfo is UTC
    with pytest.raises(ValueError, match="aware"):
        to_microseconds(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_without_a_given_clock_the_database_tells_the_time(database_url: str) -> None:
    store = open_store(database_url, encryption_keys=Keys.generate())
    with store.read() as uow:
        now = uow.now
        assert now is uow.now
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=30)
    store.close()


def test_a_machine_whose_clock_is_wrong_keeps_the_time_of_postgresql(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fast(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(minutes=15)

    monkeypatch.setattr(unit_of_work, "datetime", Fast)
    store = open_store(postgres_url, encryption_keys=Keys.generate())
    with store.read() as uow:
        assert abs(uow.now - datetime.now(UTC)) < timedelta(minutes=5)
    store.close()


def test_leaving_a_unit_of_work_rolls_back(store: Store) -> None:
    with store.write() as uow:
        uow.secrets.put(name="a", value="1", at=NOW)
    with store.read() as uow:
        assert uow.secrets.names() == ()
    with store.write() as uow:
        uow.secrets.put(name="a", value="1", at=NOW)
        uow.commit()
    with store.read() as uow:
        assert uow.secrets.names() == ("a",)


def test_work_that_meets_a_row_of_somebody_else_is_repeated_once(store: Store) -> None:
    store.transact(lambda uow: uow.drafts.add(draft_id="d", values={}, expires_at=NOW))
    seen = []

    def work(uow) -> str:  # type: ignore[no-untyped-def]
        seen.append(1)
        if len(seen) == 1:
            uow.drafts.add(draft_id="d", values={}, expires_at=NOW)
        return "done"

    assert store.transact(work) == "done"
    assert len(seen) == 2


def test_a_store_used_before_a_fork_works_in_the_child(store: Store) -> None:
    store.transact(lambda uow: uow.secrets.put(name="a", value="1", at=NOW))
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                with store.read() as uow:
                    code = 0 if uow.secrets.get("a") == "1" else 1
            except BaseException:  # noqa: BLE001 - the child must not return into the tests
                code = 2
            os._exit(code)
        children.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert codes == [0, 0, 0, 0]
    with store.read() as uow:
        assert uow.secrets.get("a") == "1"


def test_a_fork_while_somebody_writes_leaves_the_child_able_to_write(store: Store) -> None:
    holding, over = threading.Event(), threading.Event()

    def write() -> None:
        with store._writer, store.database._lock:
            holding.set()
            over.wait(20)

    threading.Thread(target=write, daemon=True).start()
    assert holding.wait(10)
    pid = os.fork()
    if pid == 0:
        signal.alarm(15)  # instead of hanging for ever
        try:
            store.transact(lambda uow: uow.secrets.put(name="b", value="2", at=NOW))
            code = 0
        except BaseException:  # noqa: BLE001 - the child must not return into the tests
            code = 2
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    over.set()
    assert code == 0


def test_a_lease_has_one_owner_until_it_runs_out(store: Store) -> None:
    def take(owner: str, seconds: int) -> bool:
        now = NOW + timedelta(seconds=seconds)
        until = now + timedelta(seconds=15)
        return store.transact(
            lambda uow: uow.leases.take(name="ticker", owner=owner, now=now, until=until)
        )

    assert take("a", 0)
    assert not take("b", 14)
    assert take("a", 10)
    assert not take("b", 24)
    assert take("b", 25)
    assert not take("a", 26)


def test_of_many_who_want_the_lead_one_gets_it(store: Store) -> None:
    found: list[bool] = []
    start = threading.Barrier(10)

    def run(number: int) -> None:
        start.wait()
        found.append(
            store.transact(
                lambda uow: uow.leases.take(
                    name="ticker",
                    owner=str(number),
                    now=NOW,
                    until=NOW + timedelta(seconds=15),
                )
            )
        )

    threads = [threading.Thread(target=run, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 9 + [True]


def test_a_claim_that_loses_a_cell_leaves_nothing_behind(store: Store) -> None:
    with store.write() as uow:
        add_mailbox(uow)
        uow.commit()

    def take(name: str, first: int, end: int) -> bool:
        return store.transact(
            lambda uow: uow.claims.take(
                claim_id=name,
                cells=Cells("m1", first, end),
                holder=Holder(booking_id=name),
                now=NOW,
            )
        )

    assert take("a", 10, 20)
    assert not take("b", 5, 11)
    assert take("c", 5, 10)
    assert take("d", 20, 25)
    with store.read() as uow:
        assert sorted(uow.claims.living(["m1"], from_cell=0, now=NOW)["m1"]) == [
            (5, 10), (10, 20), (20, 25),
        ]  # fmt: skip
        assert uow.claims.of_booking("b") == ()


def add_mailbox(uow) -> None:  # type: ignore[no-untyped-def]
    uow.catalogue.add(slug="town", text="", by="test", at=NOW)
    server = uow.mailboxes.server_of(server_id="s1", provider="memory", origin="memory")
    uow.mailboxes.put(
        mailbox_id="m1", address="a@example", municipality="town", staff="s", connection="c",
        place="", server_id=server, active=True,
    )  # fmt: skip
