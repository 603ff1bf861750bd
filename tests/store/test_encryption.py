"""Keys: sealing, opening, rotating, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from booking.store import EncryptionError, Keys, Store, fingerprint, open_store, rotate
from tests.store.conftest import NOW


def test_a_value_opens_only_at_its_own_place() -> None:
    keys = Keys.parse(Keys.generate())
    sealed = keys.seal({"name": "Μαρία"}, place="booking/1")
    assert keys.open(sealed, place="booking/1") == {"name": "Μαρία"}
    with pytest.raises(EncryptionError):
        keys.open(sealed, place="booking/2")
    with pytest.raises(EncryptionError):
        keys.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), place="booking/1")


def test_the_first_key_writes_and_all_read() -> None:
    old, new = Keys.generate("old"), Keys.generate("new")
    sealed = Keys.parse(old).seal("secret", place="p")
    both = Keys.parse(f"{new}, {old}")
    assert both.open(sealed, place="p") == "secret"
    assert Keys.key_of(both.seal("x", place="p")) == "new"
    with pytest.raises(EncryptionError, match="old"):
        Keys.parse(new).open(sealed, place="p")


@pytest.mark.parametrize("text", ["", "k1", "k1:short", ":AAAA", "k1:" + "A" * 44 + "!"])
def test_malformed_keys_are_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(EncryptionError, match="RANTEVOU_ENCRYPTION_KEYS"):
        Keys.parse(text)


def test_keys_never_show() -> None:
    text = Keys.generate()
    assert text.partition(":")[2] not in repr(Keys.parse(text))


def test_derived_tokens_are_stable_and_bound_to_their_parts() -> None:
    keys = Keys.parse(Keys.generate())
    token = keys.derive("k1", "manage", "b1", "1")
    assert len(token) == 43
    assert token == keys.derive("k1", "manage", "b1", "1")
    assert token != keys.derive("k1", "manage", "b1", "2")
    assert fingerprint("a", "bc") != fingerprint("ab", "c")


def test_rotation_seals_everything_with_the_first_key(database_url: str) -> None:
    old, new = Keys.generate("old"), Keys.generate("new")
    store = open_store(database_url, encryption_keys=old, now=lambda: NOW)
    store.transact(lambda uow: uow.secrets.put(name="a", value="1", at=uow.now))
    store.transact(lambda uow: uow.secrets.put(name="b", value="2", at=uow.now))
    store.close()
    both = open_store(database_url, encryption_keys=f"{new},{old}", now=lambda: NOW)
    assert rotate(both) == 2
    assert rotate(both) == 0
    both.close()
    only = open_store(database_url, encryption_keys=new, now=lambda: NOW)
    with only.read() as uow:
        assert (uow.secrets.get("a"), uow.secrets.get("b")) == ("1", "2")
    only.close()


def test_secrets_are_not_readable_in_the_file(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "copy.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{path}", encryption_keys=Keys.generate())
    store.transact(lambda uow: uow.secrets.put(name="a", value="hunter2-hunter2", at=uow.now))
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"hunter2" not in path.read_bytes()


def test_a_store_needs_keys(database_url: str) -> None:
    with pytest.raises(EncryptionError):
        open_store(database_url, encryption_keys="")


def test_the_store_itself_is_quiet_about_values(store: Store) -> None:
    from sqlalchemy.exc import IntegrityError

    def twice(uow) -> None:  # type: ignore[no-untyped-def]
        for _ in range(2):
            uow.drafts.add(draft_id="same", values={"name": "Canary"}, expires_at=uow.now)

    with pytest.raises(IntegrityError) as caught:
        store.transact(twice)
    assert "Canary" not in str(caught.value)
    assert "[SQL parameters hidden" in str(caught.value)
