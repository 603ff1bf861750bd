"""A provider that asks us to wait: it is left alone, nothing stale is sold, and we come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking import offer
from booking.calendars.refresh import due, mark_dirty, next_due_in, refresh_mailbox
from booking.calendars.rounds import poll
from booking.office import overview
from booking.office.explain import explain
from booking.store import UnitOfWork
from connectors.deadline import Deadline
from connectors.errors import TryLater
from connectors.memory import MemoryConnector
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, TUESDAY, address, town

_ASK = {"service_id": SERVICE, "channel": Channel.IN_PERSON}
_COUNT = 30


@pytest.fixture(params=[20, 0], ids=["many at a glance", "one by one"])
def office(make_office: Callable[..., Office], request: pytest.FixtureRequest) -> Office:
    memory = MemoryConnector(fingerprints=request.param, bounded=True)
    office = make_office(town(mailboxes=_COUNT), memory=memory)
    for _ in range(6):
        tick(office)
    memory.requests.clear()
    return office


def tick(office: Office, *, seconds: float = 15) -> int:
    """What ticker and worker do; how many requests it took."""
    office.clock.forward(seconds=seconds)
    before = sum(office.memory.requests.values())
    for batch in due(office.desk, limit=1000):
        poll(office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(30))
    return sum(office.memory.requests.values()) - before


def throttle(office: Office, seconds: float | None) -> None:
    error = TryLater("429", retry_after=seconds) if seconds else None
    office.memory.fail_always(error)


def slots(office: Office, *, refresh: bool = True) -> offer.Availability:
    return offer.available(office.desk, first=TUESDAY, last=TUESDAY, refresh=refresh, **_ASK)  # type: ignore[arg-type]


def test_ten_minutes_of_throttling(office: Office) -> None:
    """Requests are counted, nothing old is sold, the age is shown, and it recovers in time."""
    throttle(office, 60)
    began = office.clock()
    asked = [tick(office) for _ in range(44)]  # eleven minutes
    assert sum(asked) <= 12
    assert max(asked) == 1
    found = slots(office)
    assert (found.slots, found.readable, found.total) == ((), 0, _COUNT)
    for status in overview.mailboxes(office.desk):
        assert not status.offers
        assert status.age is not None
        assert status.age >= timedelta(minutes=10)
        assert status.error_code == ""  # it says nothing about the calendar
        assert status.waits_until is not None
        assert status.waits_until > office.clock()
        assert status.next_poll_at is not None
        assert status.next_poll_at >= status.waits_until
    start = office.at(2, 9)
    (reason, *_) = explain(office.desk, starts_at=start, **_ASK)  # type: ignore[arg-type]
    assert "last read" in reason.why
    assert "asked us to wait until" in reason.why
    throttle(office, None)
    (server,) = overview.servers(office.desk)
    free = server.waits_until(office.clock())
    assert free is not None
    office.clock.forward(seconds=(free - office.clock()).total_seconds())
    back = [tick(office, seconds=5) for _ in range(7)]
    assert all(each.offers for each in overview.mailboxes(office.desk))
    assert len([each for each in back if each]) > 1  # not all at once
    assert sum(back) <= 3 * _COUNT
    assert office.clock() - began < timedelta(minutes=13)


def test_what_is_younger_than_the_limit_is_still_offered(office: Office) -> None:
    throttle(office, 900)
    tick(office, seconds=30)
    assert slots(office, refresh=False).readable == _COUNT
    office.clock.forward(minutes=8)
    assert slots(office, refresh=False).readable == _COUNT
    office.clock.forward(minutes=3)
    assert slots(office, refresh=False).readable == 0


def test_pages_and_marks_do_not_ask_either(office: Office) -> None:
    throttle(office, 120)
    assert tick(office, seconds=30) == 1
    office.memory.requests.clear()
    ids = [office.mailbox_id(address(number)) for number in range(1, _COUNT + 1)]
    for _ in range(6):
        office.clock.forward(seconds=15)
        slots(office)
        mark_dirty(office.desk, mailbox_ids=ids)
        assert due(office.desk, limit=100) == ()
    assert sum(office.memory.requests.values()) == 0
    pause = next_due_in(office.desk)
    assert pause is not None
    assert pause >= 0
    throttle(office, None)
    assert tick(office, seconds=40) > 0
    with office.desk.store.read() as uow:
        rows = uow.mailboxes.many(ids)
    assert all(row.dirty_at is None for row in rows)


def test_a_mark_outlives_a_reading_that_was_asked_to_wait(office: Office) -> None:
    mailbox_id = office.mailbox_id(address(1))
    mark_dirty(office.desk, mailbox_ids=[mailbox_id])
    throttle(office, 30)
    refresh_mailbox(office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(60))
    throttle(office, None)
    with office.desk.store.read() as uow:
        row = uow.mailboxes.get(mailbox_id)
    assert row is not None
    assert row.dirty_at is not None
    assert (row.failures, row.lease_until) == (0, None)


def test_a_longer_pause_is_not_shortened_and_none_is_endless(office: Office) -> None:
    mailbox_id = office.mailbox_id(address(1))
    for seconds, expected in ((10**6, 900), (30, 900)):
        throttle(office, seconds)
        refresh_mailbox(office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(60))
        (server,) = overview.servers(office.desk)
        assert server.paused_until == office.clock() + timedelta(seconds=expected)


def test_a_clock_that_is_put_back_leaves_nobody_waiting(office: Office) -> None:
    throttle(office, 600)
    tick(office, seconds=30)
    office.clock.forward(hours=-3)
    throttle(office, None)
    assert due(office.desk, limit=100) != ()
    assert all(each.waits_until is None for each in overview.mailboxes(office.desk))


def test_another_server_goes_on(office: Office) -> None:
    """A pause holds for one server's mailboxes only."""
    other = office.mailbox_id(address(7))

    def move(uow: UnitOfWork) -> None:
        server_id = uow.mailboxes.server_of(server_id="other", provider="memory", origin="other")
        uow.mailboxes.change(other, server_id=server_id)

    office.desk.store.transact(move)
    throttle(office, 120)
    refresh_mailbox(
        office.desk, mailbox_id=office.mailbox_id(address(1)), deadline=Deadline.after(60)
    )
    throttle(office, None)
    office.clock.forward(seconds=40)
    assert [batch.mailbox_ids for batch in due(office.desk, limit=100)] == [(other,)]
