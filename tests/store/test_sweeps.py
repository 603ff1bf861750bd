"""Many mailboxes at a time in the database: leases, fences, companions and pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.store import Store, UnitOfWork
from booking.store.mailboxes import MailboxRow
from tests.store.conftest import NOW

_LEASE = NOW + timedelta(seconds=20)


@pytest.fixture
def ids(store: Store) -> list[str]:
    def work(uow: UnitOfWork) -> list[str]:
        uow.catalogue.add(slug="town", text="", by="test", at=NOW)
        server = uow.mailboxes.server_of(server_id="s", provider="memory", origin="memory")
        names = [f"m{number}" for number in range(5)]
        for name in names:
            uow.mailboxes.put(
                mailbox_id=name,
                address=f"{name}@town.example",
                municipality="town",
                staff="x",
                connection="c",
                place="memory u ",
                server_id=server,
                next_poll=NOW,
            )
        return names

    return store.transact(work)


def begin(store: Store, ids: list[str], **other: object) -> tuple[MailboxRow, ...]:
    return store.transact(
        lambda uow: uow.sweeps.begin(ids, now=NOW, lease_until=_LEASE, **other)  # type: ignore[arg-type]
    )


def row(store: Store, mailbox_id: str) -> MailboxRow:
    with store.read() as uow:
        found = uow.mailboxes.get(mailbox_id)
    assert found is not None
    return found


def test_only_what_nobody_reads_is_begun(store: Store, ids: list[str]) -> None:
    store.transact(lambda uow: uow.mailboxes.begin_reading("m2", now=NOW, lease_until=_LEASE))
    begun = begin(store, ids)
    assert [each.id for each in begun] == ["m0", "m1", "m3", "m4"]
    assert all(each.last_attempt == NOW for each in begun)
    assert begin(store, ids) == ()


def test_what_was_tried_a_moment_ago_is_left_out(store: Store, ids: list[str]) -> None:
    first = begin(store, ids[:1])
    store.transact(lambda uow: uow.sweeps.end(first))
    ago = NOW - timedelta(seconds=10)
    assert [each.id for each in begin(store, ids, not_since=ago)] == ids[1:]


def test_whoever_was_overtaken_records_nothing(store: Store, ids: list[str]) -> None:
    begun = begin(store, ids)
    store.transact(lambda uow: uow.mailboxes.change("m1", fence=begun[1].fence + 1))
    store.transact(lambda uow: uow.sweeps.end(begun, last_success=NOW))
    assert [row(store, each).last_success for each in ids] == [NOW, None, NOW, NOW, NOW]
    assert row(store, "m1").lease_until == _LEASE
    assert row(store, "m0").lease_until is None


def test_companions_are_those_that_share_requests(store: Store, ids: list[str]) -> None:
    soon = NOW + timedelta(seconds=5)
    store.transact(lambda uow: uow.mailboxes.change("m3", next_poll=soon))

    def found() -> list[tuple[str, str]]:
        with store.read() as uow:
            return uow.sweeps.companions(["s"], now=NOW, until=soon)

    assert found() == []
    store.transact(lambda uow: uow.mailboxes.change_server("s", together=20))
    assert found() == [("s", "m3")]
    store.transact(lambda uow: uow.mailboxes.queue(["m3"], until=soon))
    assert found() == []


def test_after_a_pause_they_come_back_in_portions(store: Store, ids: list[str]) -> None:
    until, spread = NOW + timedelta(seconds=60), timedelta(seconds=30)
    later = NOW + timedelta(hours=1)
    store.transact(lambda uow: uow.mailboxes.change("m4", next_poll=later))
    store.transact(lambda uow: uow.mailboxes.change_server("s", together=2))
    told = store.transact(lambda uow: uow.sweeps.pause("s", now=NOW, until=until, spread=spread))
    assert told == until
    half = until + spread / 2
    assert [row(store, each).next_poll for each in ids] == [until, until, half, half, later]
    with store.read() as uow:
        assert uow.mailboxes.due(now=NOW, limit=10) == ()
        assert uow.mailboxes.server("s").waits_until(NOW) == until
        assert uow.mailboxes.server("s").waits_until(until) is None


def test_doubt_is_said_once(store: Store, ids: list[str]) -> None:
    for mailbox_id, before, after in (("m0", "abc", "?abc"), ("m1", "?abc", "?abc")):
        store.transact(lambda uow, m=mailbox_id, f=before: uow.mailboxes.change(m, fingerprint=f))  # type: ignore[misc]
        store.transact(lambda uow, m=mailbox_id: uow.sweeps.doubt(m))  # type: ignore[misc]
        assert row(store, mailbox_id).fingerprint == after
    store.transact(lambda uow: uow.sweeps.doubt("m2"))
    assert row(store, "m2").fingerprint is None
