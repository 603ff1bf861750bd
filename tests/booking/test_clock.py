"""A clock that is put back: nothing old passes for fresh, nothing waits for the old time."""

from __future__ import annotations

from typing import Any

import pytest

from booking import offer
from booking.calendars.refresh import due, refresh_mailbox
from booking.leader import lead
from booking.model import BookingState
from connectors.deadline import Deadline
from connectors.errors import TryLater
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, TUESDAY, address

ASK: dict[str, Any] = {
    "service_id": SERVICE,
    "channel": Channel.IN_PERSON,
    "first": TUESDAY,
    "last": TUESDAY,
}
STEPS = pytest.mark.parametrize("back", [{"seconds": -30}, {"minutes": -7}, {"hours": -3}])


@STEPS
def test_what_was_read_before_is_not_fresh(office: Office, back: dict[str, float]) -> None:
    slots = office.free()
    office.busy(address(1), slots[0].start)
    office.clock.forward(**back)
    blind = offer.available(office.desk, refresh=False, **ASK)
    assert (blind.readable, blind.slots) == (0, ())
    seen = offer.available(office.desk, **ASK)  # whoever looks has it read at once
    assert seen.readable == 1
    assert slots[0] not in seen.slots


@STEPS
def test_readings_go_on_at_once(office: Office, back: dict[str, float]) -> None:
    office.clock.forward(**back)
    (batch,) = due(office.desk, limit=10)
    assert batch.mailbox_ids == (office.mailbox_id(address(1)),)
    assert due(office.desk, limit=10) == ()


def test_a_live_look_is_not_content_with_a_reading_of_a_later_time(office: Office) -> None:
    mailbox_id = office.mailbox_id(address(1))
    office.clock.forward(hours=-3)
    since = office.clock()
    with office.desk.store.write() as uow:  # somebody reads it just now
        assert uow.mailboxes.begin_reading(
            mailbox_id, now=since, lease_until=since.replace(second=20)
        )
        uow.commit()
    outcome = refresh_mailbox(
        office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(0.2), since=since
    )
    assert (outcome.read, outcome.code) == (False, "reading")


def test_leases_of_the_old_time_bind_nobody(office: Office) -> None:
    mailbox_id = office.mailbox_id(address(1))
    assert lead(office.desk, name="ticker", owner="a", seconds=30)
    with office.desk.store.write() as uow:
        now = office.clock()
        assert uow.mailboxes.begin_reading(mailbox_id, now=now, lease_until=now.replace(second=30))
        uow.commit()
    office.clock.forward(hours=-3)
    assert lead(office.desk, name="ticker", owner="b", seconds=30)
    assert not lead(office.desk, name="ticker", owner="c", seconds=30)
    assert refresh_mailbox(office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(60)).read


def test_a_booking_on_its_way_arrives(office: Office) -> None:
    start = office.free()[0].start
    office.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    booked = office.book(start).booking
    assert booked.state is BookingState.PENDING
    office.clock.forward(hours=-3)
    office.read_all()
    office.drain(seconds=1)
    assert office.view(booked.id).state is BookingState.CONFIRMED
    assert [event.start for event in office.all_events()] == [start]
