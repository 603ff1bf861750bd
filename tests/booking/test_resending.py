"""The links of one's appointments are mailed once more, to the address they were booked with."""

from __future__ import annotations

import pytest

from booking import cancelling
from booking.model import TooManyTries
from booking.resending import send_again
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN


def sent(office: Office) -> list[str]:
    """Who gets which mail now: address and reference."""
    office.post.sent.clear()
    office.drain(seconds=1)
    return [f"{each.recipient} {each.subject}" for each in office.post.sent]


def test_one_mail_for_each_appointment_ahead_to_its_own_address(office: Office) -> None:
    times = office.free()
    kept, gone = (office.book(times[n].start, key=f"k{n}").booking for n in (0, 2))
    first = sent(office)
    cancelling.cancel(office.desk, booking_id=gone.id)
    office.drain(seconds=1)
    first_ids = {each.message_id for each in office.post.sent}
    for typed in (CITIZEN.email, CITIZEN.email.upper()):
        send_again(office.desk, email=typed, network="192.0.2.7")
        (mail,) = sent(office)
        assert mail == first[0]
        (again,) = office.post.sent
        assert again.recipient == CITIZEN.email
        assert kept.reference in again.text
        assert "/r/" in again.text
        assert again.message_id not in first_ids, "mail programs drop what they have already"
        office.clock.forward(minutes=1)


def test_an_address_without_appointments_is_answered_alike_and_gets_nothing(
    office: Office,
) -> None:
    office.book(office.free()[0].start)
    sent(office)
    for _ in range(3):
        send_again(office.desk, email="other@example.gr", network=None)
        assert sent(office) == []
    for email in ("other@example.gr", "Other+x@example.gr"):
        with pytest.raises(TooManyTries):
            send_again(office.desk, email=email, network=None)


def test_nobodys_mailbox_is_filled(office: Office) -> None:
    office.book(office.free()[0].start)
    sent(office)
    for _ in range(3):
        send_again(office.desk, email=CITIZEN.email, network=None)
        office.clock.forward(minutes=5)
    assert len(sent(office)) == 3
    with pytest.raises(TooManyTries):
        send_again(office.desk, email=CITIZEN.email, network=None)
    assert sent(office) == []
    office.clock.forward(hours=25)
    send_again(office.desk, email=CITIZEN.email, network=None)


def test_one_network_cannot_ask_for_many_addresses(office: Office) -> None:
    for number in range(30):
        send_again(office.desk, email=f"a{number}@example.gr", network="192.0.2.7")
    with pytest.raises(TooManyTries):
        send_again(office.desk, email="b@example.gr", network="192.0.2.7")


def test_what_is_over_is_not_sent_again(office: Office) -> None:
    view = office.book(office.free()[0].start).booking
    sent(office)
    office.clock.now = view.period.start
    send_again(office.desk, email=CITIZEN.email, network=None)
    assert sent(office) == []
