"""A database that does not serve: said so in one way, and nothing half done stays."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import ProgrammingError

from booking.store import Keys, Store, StoreUnavailable, UnitOfWork, engine, open_store, upgrade
from booking.store.engine import Database
from tests.store.conftest import NOW


def sqlite_store(folder: Path, *, pragma: str) -> Store:
    """An upgraded store whose connections get ``pragma``."""
    url = f"sqlite:///{folder / 'outage.sqlite'}"
    upgrade(url)
    store = open_store(url, encryption_keys=Keys.generate(), now=lambda: NOW)

    def set_pragma(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(store.database.engine(), "connect", set_pragma)
    return store


def put(size: int) -> Callable[[UnitOfWork], None]:
    return lambda uow: uow.secrets.put(name="a", value="x" * size, at=NOW)


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path, pragma="max_page_count=200")
    store.transact(put(1))
    with pytest.raises(StoreUnavailable, match="full"):
        store.transact(put(2_000_000))
    with store.read() as uow:
        assert uow.secrets.get("a") == "x"
    store.close()


def test_a_locked_database_is_an_outage(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path, pragma="busy_timeout=20")
    other = sqlite3.connect(tmp_path / "outage.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.transact(put(1))
    other.execute("ROLLBACK")
    store.transact(put(1))
    other.close()
    store.close()


@pytest.mark.parametrize("use", ["read", "write"])
def test_a_server_that_is_not_there(use: str) -> None:
    url = "postgresql://citizen:hush@127.0.0.1:1/rantevou"
    store = open_store(url, encryption_keys=Keys.generate())
    with pytest.raises(StoreUnavailable) as caught, getattr(store, use)() as uow:
        assert uow.now
    assert "hush" not in str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path / 'file' / 'a.sqlite'}"
    store = open_store(url, encryption_keys=Keys.generate())
    with pytest.raises(StoreUnavailable, match="cannot be opened"), store.read():
        pass


def test_work_that_is_wrong_is_no_outage(postgres_shared: str) -> None:
    store = open_store(postgres_shared, encryption_keys=Keys.generate())
    with pytest.raises(ProgrammingError), store.read() as uow:
        uow.connection.execute(text("SELECT this is nonsense"))
    store.close()


def test_tables_that_were_never_made_name_the_command_that_makes_them(
    tmp_path: Path, postgres_url: str
) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.sqlite'}", postgres_url):
        store = open_store(url, encryption_keys=Keys.generate())
        with pytest.raises(StoreUnavailable, match="rantevou database upgrade"):
            store.transact(put(1))
        with (
            pytest.raises(StoreUnavailable, match="rantevou database upgrade"),
            store.read() as uow,
        ):
            uow.catalogue.revisions()
        upgrade(url)
        with store.read() as uow:
            assert list(uow.catalogue.revisions()) == []
        store.close()


def test_an_upgrade_without_a_server_is_an_outage() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        upgrade("postgresql://citizen:hush@127.0.0.1:1/rantevou")
    assert "hush" not in str(caught.value)


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path, pragma="busy_timeout=20")
    store.transact(put(1))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("outage.sqlite*")}
    assert modes == {0o600}
    store.close()


@pytest.mark.parametrize("use", ["read", "write"])
def test_a_server_that_hung_up_meanwhile_is_not_noticed_by_whoever_asks_next(
    postgres_shared: str, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    """It was restarted at night; all kept connections are dead, and none of them is used."""
    monkeypatch.setattr(engine, "RESTED", 0.0)
    store = open_store(postgres_shared, encryption_keys=Keys.generate())
    hang_up_on_all(store)
    with getattr(store, use)() as uow:
        assert uow.now
    store.close()


def test_a_server_that_hung_up_a_moment_ago_is_one_outage_and_no_more(postgres_shared: str) -> None:
    store = open_store(postgres_shared, encryption_keys=Keys.generate())
    hang_up_on_all(store)
    with pytest.raises(StoreUnavailable), store.read() as uow:
        assert uow.now
    for _ in range(4):
        with store.read() as uow:
            assert uow.now
    store.close()


def hang_up_on_all(store: Store) -> None:
    """The server ends this store's connections, three of which are kept."""
    with store.read() as one, store.read() as two, store.write() as three:
        kept = [
            each.connection.scalar(text("SELECT pg_backend_pid()")) for each in (one, two, three)
        ]
    other = Database(store.database.url.render_as_string(hide_password=False))
    with other.engine().connect() as connection:
        for pid in kept:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.close()
