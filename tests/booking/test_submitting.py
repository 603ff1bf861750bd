"""From an offered slot to an event in the calendar."""

from __future__ import annotations

import pytest

from booking import holds, offer, submitting
from booking.model import (
    BookingState,
    ConsentStale,
    FieldErrors,
    HoldLapsed,
    KeyReused,
    SlotTaken,
)
from connectors.contract import Period
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.forms import form
from tests.booking.town import SERVICE, TUESDAY, address


def free(office: Office) -> list[Period]:
    return list(
        offer.available(
            office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, first=TUESDAY, last=TUESDAY
        ).slots
    )


def test_a_booking_stands_in_the_calendar_and_its_slot_is_gone(office: Office) -> None:
    slots = free(office)
    assert [slot.start for slot in slots] == [
        office.at(2, 9), office.at(2, 9, 40), office.at(2, 10, 20), office.at(2, 11),
        office.at(2, 11, 40), office.at(2, 12, 20),
    ]  # fmt: skip
    chosen = slots[1]
    hold = holds.take(
        office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=chosen.start,
        session_key="me",
    )  # fmt: skip
    assert chosen not in free(office)
    done = submitting.submit(
        office.desk, request=form(chosen.start, hold_id=hold.id), idempotency_key="k1"
    )
    assert done.booking.state is BookingState.CONFIRMED
    assert office.events(address(1)) == [chosen]
    assert chosen not in free(office)
    again = submitting.submit(
        office.desk, request=form(chosen.start, hold_id=hold.id), idempotency_key="k1"
    )
    assert again.replayed
    assert again.manage_token == done.manage_token
    assert again.booking == done.booking


def test_the_key_of_a_form_belongs_to_one_content(office: Office) -> None:
    slots = free(office)
    submitting.submit(office.desk, request=form(slots[0].start), idempotency_key="k1")
    with pytest.raises(KeyReused):
        submitting.submit(office.desk, request=form(slots[1].start), idempotency_key="k1")


def test_what_is_wrong_changes_nothing(office: Office) -> None:
    start = free(office)[0].start
    before = free(office)
    with pytest.raises(ConsentStale):
        submitting.submit(
            office.desk, request=form(start, consent_version="0"), idempotency_key="k1"
        )
    with pytest.raises(FieldErrors) as refused:
        submitting.submit(
            office.desk, request=form(start, answers={}, declarations={"resident": "no"}),
            idempotency_key="k1",
        )  # fmt: skip
    assert set(refused.value.errors) == {"subject", "resident"}
    with pytest.raises(HoldLapsed):
        submitting.submit(office.desk, request=form(start, hold_id="unknown"), idempotency_key="k1")
    assert free(office) == before
    assert office.all_events() == []


def test_a_slot_that_staff_took_meanwhile_is_refused_with_alternatives(office: Office) -> None:
    slots = free(office)
    office.busy(address(1), slots[2].start)
    with pytest.raises(SlotTaken) as refused:
        submitting.submit(office.desk, request=form(slots[2].start), idempotency_key="k1")
    assert list(refused.value.alternatives) == [slots[0], slots[1], slots[3]]
    assert office.all_events() == []
    with pytest.raises(SlotTaken):
        submitting.submit(office.desk, request=form(slots[2].start), idempotency_key="k1")
