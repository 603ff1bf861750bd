"""A calendar that may be read but not written: said to the administrator, no longer offered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from booking.calendars.refusals import AGAIN
from booking.calendars.rounds import poll
from booking.model import BookingState, SlotTaken
from booking.office import overview
from booking.office.explain import explain
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, NotAuthorised, Rejected, TryLater, Unsupported
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, town

REFUSED = NotAuthorised("this account may not do that (HTTP 403)")


def poll_all(office: Office, *, seconds: float) -> None:
    office.clock.forward(seconds=seconds)
    ids = [status.id for status in overview.mailboxes(office.desk)]
    poll(office.desk, mailbox_ids=ids, deadline=Deadline.after(60))


@pytest.mark.parametrize("error", [REFUSED, Unsupported("405")])
def test_a_calendar_that_refuses_our_event_offers_nothing_and_says_why(
    make_office: Callable[..., Office], error: ConnectorError
) -> None:
    office = make_office(town(mailboxes=2))
    slots = office.free()
    office.memory.fail_next("create", error)
    done = office.book(slots[0].start)
    assert done.booking.state is BookingState.CONFIRMED
    bad, good = sorted(overview.mailboxes(office.desk), key=lambda each: each.offers)
    assert (bad.offers, bad.readable, bad.writable) == (False, True, False)
    assert (good.address, good.offers) == (done.booking.mailbox, True)
    (finding,) = [each for each in bad.findings if each.name == "writable"]
    assert finding.detail == str(error)
    assert "right to create" in finding.remedy
    reasons = explain(
        office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=slots[1].start
    )
    (why,) = [each.why for each in reasons if not each.offered]
    assert "refuses our events" in why


def test_nobody_is_sent_from_one_refused_slot_to_the_next(office: Office) -> None:
    slots = office.free()
    office.memory.fail_next("create", REFUSED)
    with pytest.raises(SlotTaken) as caught:
        office.book(slots[0].start)
    assert caught.value.alternatives == ()
    assert office.free() == []


def test_it_is_offered_again_by_itself_once_it_can_be_written(office: Office) -> None:
    slots = office.free()
    office.memory.fail_next("create", REFUSED)
    with pytest.raises(SlotTaken):
        office.book(slots[0].start)
    office.memory.fail_next("check", REFUSED)
    poll_all(office, seconds=AGAIN.total_seconds() - 10)  # not yet
    assert not overview.mailboxes(office.desk)[0].offers
    poll_all(office, seconds=11)  # tried, and refused again
    assert not overview.mailboxes(office.desk)[0].offers
    poll_all(office, seconds=20)
    assert not overview.mailboxes(office.desk)[0].offers
    poll_all(office, seconds=AGAIN.total_seconds())
    (status,) = overview.mailboxes(office.desk)
    assert (status.offers, status.writable) == (True, True)
    assert office.book(slots[0].start, key="again").booking.state is BookingState.CONFIRMED


def test_a_check_that_met_a_silent_server_is_made_again_once_it_answers(office: Office) -> None:
    (before,) = overview.mailboxes(office.desk)
    office.memory.fail_next("check", TryLater("no answer in time"))
    overview.check_mailbox(office.desk, mailbox_id=before.id)
    poll_all(office, seconds=AGAIN.total_seconds())
    (status,) = overview.mailboxes(office.desk)
    assert (status.offers, status.writable) == (True, True)


def test_one_event_that_is_disliked_costs_a_check_and_not_the_calendar(office: Office) -> None:
    slots = office.free()
    office.memory.fail_next("create", Rejected("no room left (HTTP 507)"))
    with pytest.raises(SlotTaken):
        office.book(slots[0].start)
    assert overview.mailboxes(office.desk)[0].offers
    poll_all(office, seconds=20)
    (status,) = overview.mailboxes(office.desk)
    assert (status.offers, status.writable) == (True, True)
    assert status.checked_at == office.clock.now
