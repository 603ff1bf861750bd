"""What time does, two drains at once, and requests from the edge of the calendar."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from booking import holds, offer
from booking.cancelling import cancel
from booking.housekeeping import tend
from booking.model import BookingState, SlotTaken
from booking.office import importing, overview
from booking.office.explain import explain
from booking.outbox import DrainReport, due_count
from connectors.errors import TryLater
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, address, town

ASK: dict[str, Any] = {"service_id": SERVICE, "channel": Channel.IN_PERSON}


def rows(office: Office, table: str) -> int:
    from sqlalchemy import func, select

    from booking.store.tables import metadata

    with office.desk.store.read() as uow:
        count = select(func.count()).select_from(metadata.tables[table])
        return int(uow.connection.execute(count).scalar_one())


def test_nothing_piles_up(office: Office) -> None:
    slots = office.free()
    holds.take(office.desk, **ASK, starts_at=slots[0].start, session_key="me")
    booked = office.book(slots[2].start).booking
    cancel(office.desk, booking_id=booked.id)
    office.settle(rounds=2)
    office.clock.forward(minutes=31)
    assert tend(office.desk) > 0
    assert (rows(office, "hold"), rows(office, "claim"), rows(office, "claim_cell")) == (0, 0, 0)
    assert office.view(booked.id).state is BookingState.CANCELLED
    other = office.book(office.free()[3].start, key="other").booking
    office.settle(rounds=1)
    office.clock.forward(days=70)
    tend(office.desk)
    assert (rows(office, "claim_cell"), rows(office, "outbox"), rows(office, "idempotency")) == (
        0, 0, 0,
    )  # fmt: skip
    assert office.view(other.id) == other
    assert tend(office.desk) == 0


def test_the_completer_picks_up_a_booking_that_nobody_carries_on(office: Office) -> None:
    from sqlalchemy import delete

    from booking.store.tables import outbox

    office.memory.fail_next("changes", TryLater("down"))
    pending = office.book(office.free()[0].start).booking
    office.desk.store.transact(lambda uow: uow.connection.execute(delete(outbox)))
    office.clock.forward(seconds=61)
    assert tend(office.desk) == 1
    assert tend(office.desk) == 0
    office.drain()
    assert office.view(pending.id).state is BookingState.CONFIRMED


def test_two_drains_share_the_work_and_do_nothing_twice(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=4))
    slots = office.free()
    booked = []
    for number in range(12):
        office.memory.fail_next("changes", TryLater("reset"))
        office.read_all()
        slot = slots[number % len(slots)]
        hold = holds.take(office.desk, **ASK, starts_at=slot.start, session_key=str(number))
        office.memory.fail_next("changes", TryLater("down"))
        booked.append(office.book(slot.start, key=str(number), hold_id=hold.id).booking.id)
        office.read_all()
    office.clock.forward(seconds=5)
    reports: list[DrainReport] = []
    threads = [threading.Thread(target=lambda: reports.append(office.drain())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.settle(rounds=6, seconds=20)
    assert {office.view(each).state for each in booked} == {BookingState.CONFIRMED}
    assert len(office.all_events()) == 12
    assert len(office.post.sent) == 12
    assert due_count(office.desk) == 0
    assert overview.health(office.desk).ok


def test_a_step_that_fails_does_not_keep_the_others(office: Office) -> None:
    slots = office.free()
    first = office.book(slots[0].start, key="1").booking
    second = office.book(slots[2].start, key="2").booking
    office.post.refuse = [RuntimeError("a fault of ours")]
    report = office.drain(seconds=1)
    assert (report.done, report.failed, report.left) == (1, 1, 0)
    assert len(office.post.sent) == 1
    (step,) = overview.outbox_open(office.desk)
    assert step.reference in {first.reference, second.reference}
    assert step.outcome == "error: RuntimeError"
    office.drain(seconds=20)
    assert len(office.post.sent) == 2


def test_steps_that_nobody_takes_are_an_alarm(office: Office) -> None:
    office.book(office.free()[0].start)
    assert overview.health(office.desk).ok
    office.clock.forward(minutes=3)
    health = overview.health(office.desk)
    assert (health.ok, health.overdue_steps) == (False, 1)


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_the_edges_of_time_are_not_offered(office: Office, year: int) -> None:
    start = datetime(year, 12 if year == 9999 else 1, 31, 23, 55, tzinfo=UTC)
    day = date.max if year == 9999 else date.min
    assert offer.available(office.desk, **ASK, first=day, last=day, refresh=False).slots == ()
    assert offer.available(office.desk, **ASK, first=day, last=date.max, refresh=False).slots == ()
    with pytest.raises(SlotTaken) as refused:
        holds.take(office.desk, **ASK, starts_at=start, session_key="me")
    assert len(refused.value.alternatives) == 3
    with pytest.raises(SlotTaken):
        office.book(start)
    (reason,) = explain(office.desk, **ASK, starts_at=start)
    assert not reason.offered


def test_a_start_that_is_off_the_grid_is_not_offered(office: Office) -> None:
    start = office.free()[0].start.replace(second=1)
    with pytest.raises(SlotTaken):
        office.book(start)


def test_events_in_a_retired_mailbox_can_still_be_removed(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2))
    office.busy(address(1), office.at(2, 9))
    booked = office.book(office.at(2, 9)).booking
    assert booked.mailbox == address(2)
    smaller = town(mailboxes=1)
    report = importing.import_mapping(office.desk, text="smaller", municipality=smaller, by="test")
    assert report.mailboxes_retired == (address(2),)
    assert [each.address for each in overview.mailboxes(office.desk)] == [address(1)]
    cancel(office.desk, booking_id=booked.id)
    assert office.events(address(2)) == []
