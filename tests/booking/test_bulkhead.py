"""One dead calendar server does not stop the site."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from booking import holds
from booking.bulkhead import Bulkhead
from booking.model import BookingState
from connectors.deadline import Deadline
from connectors.errors import TryLater
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, town


def enter(bulkhead: Bulkhead, *, wait: bool = False) -> bool:
    with bulkhead.enter("server", deadline=Deadline.after(1), wait=wait) as admitted:
        return admitted


def test_two_at_a_time_and_the_third_goes_on_without() -> None:
    bulkhead = Bulkhead()
    ends = Deadline.after(5)
    with bulkhead.enter("s", deadline=ends) as one, bulkhead.enter("s", deadline=ends) as two:
        assert one
        assert two
        with bulkhead.enter("s", deadline=ends, wait=False) as three:
            assert not three
        with bulkhead.enter("other", deadline=ends) as elsewhere:
            assert elsewhere
    assert enter(bulkhead)


def test_a_few_wait_for_a_part_of_their_deadline() -> None:
    bulkhead = Bulkhead(at_once=1, waiting=1)
    inside, leave = threading.Event(), threading.Event()
    found: list[bool] = []

    def stay() -> None:
        with bulkhead.enter("server", deadline=Deadline.after(5)):
            inside.set()
            leave.wait(5)

    def come() -> None:
        with bulkhead.enter("server", deadline=Deadline.after(20)) as admitted:
            found.append(admitted)

    first = threading.Thread(target=stay)
    first.start()
    assert inside.wait(5)
    second = threading.Thread(target=come)
    second.start()
    leave.set()
    first.join()
    second.join()
    assert found == [True]


def test_failures_in_a_row_open_the_breaker_and_an_answer_closes_it() -> None:
    bulkhead = Bulkhead(failures=3, pause=0.05)
    for _ in range(2):
        bulkhead.report("server", ok=False)
    bulkhead.report("server", ok=True)
    for _ in range(3):
        assert enter(bulkhead)
        bulkhead.report("server", ok=False)
    assert bulkhead.is_open("server")
    assert not enter(bulkhead)
    end = time.monotonic() + 5
    while not enter(bulkhead):
        assert time.monotonic() < end
    assert not enter(bulkhead)  # one probe, until it has reported
    bulkhead.report("server", ok=True)
    assert enter(bulkhead)


def test_with_an_open_breaker_a_booking_is_accepted_and_a_worker_places_it(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town())
    slots = office.free()
    worker = office.desk
    kept = [
        holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=slot.start,
            session_key=str(slot.start),
        )
        for slot in (slots[0], slots[2], slots[4])
    ]
    office.desk = replace(office.desk, bulkhead=Bulkhead(failures=2, pause=60))
    for hold in kept[:2]:
        office.memory.fail_next("changes", TryLater("down"))
        done = office.book(hold.period.start, key=hold.id, hold_id=hold.id)
        assert done.booking.state is BookingState.PENDING
    office.woken.clear()
    third = office.book(kept[2].period.start, key="third", hold_id=kept[2].id)
    assert third.booking.state is BookingState.PENDING
    assert "drain" in office.woken
    assert office.all_events() == []
    office.desk = worker
    office.settle(rounds=2, seconds=5)
    assert len(office.all_events()) == 3
    assert office.view(third.booking.id).state is BookingState.CONFIRMED
