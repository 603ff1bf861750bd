"""Limits of fair access: how much one person, mail address or network may book."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from booking import cancelling, fairness, holds, rescheduling
from booking.model import Applicant, BookingState, TooMany, TooManyBookings, TooManyHolds
from booking.store import Keys, Store
from booking.store.marks import mail_identity
from booking.store.tables import booking, idempotency, outbox
from mapping.model import Channel, FairAccess, Municipality
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN, form
from tests.booking.town import SERVICE, town

NETWORK = "203.0.113.7"


def limited(**limits: int) -> Municipality:
    """A town with two services that differ in their keys only."""
    plain = town(mailboxes=2)
    other = replace(plain.services[0], key="other")
    services = (*plain.services, other)
    return replace(plain, services=services, fair_access=FairAccess(**limits))


def person(number: int) -> dict[str, Any]:
    """Somebody who shares nothing with the others."""
    return {
        "citizen": replace(
            CITIZEN, email=f"person{number}@example.com", phone=f"+30694123{number:04}"
        ),
        "answers": {"subject": "Θέμα", "afm": ""},
    }


def rows(office: Office) -> list[int]:
    with office.desk.store.read() as uow:
        return [
            len(uow.connection.execute(select(table)).all())
            for table in (booking, idempotency, outbox)
        ]


def test_so_many_ahead_and_no_more_and_a_refusal_leaves_no_trace(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(limited(per_person=2))
    slots = office.free()
    first = office.book(slots[0].start, key="1").booking
    office.book(slots[1].start, key="2", service_id="town.other")
    before = rows(office)
    with pytest.raises(TooManyBookings) as refused:
        office.book(slots[2].start, key="3")
    assert (refused.value.kind, refused.value.most) == (TooMany.OF_PERSON, 2)
    assert rows(office) == before
    assert slots[2] in office.free()
    # The same form again is no new booking, and moving one is none either.
    assert office.book(slots[0].start, key="1").replayed
    moved = rescheduling.reschedule(
        office.desk, booking_id=first.id, starts_at=slots[3].start, citizen=None, answers=None
    )
    assert moved.period == slots[3]
    cancelling.cancel(office.desk, booking_id=first.id)
    assert office.book(slots[2].start, key="4").booking.state is BookingState.CONFIRMED


def test_of_one_service_and_only_what_is_ahead(make_office: Callable[..., Office]) -> None:
    office = make_office(limited(per_service=1))
    slots = office.free()
    office.book(slots[0].start, key="1")
    with pytest.raises(TooManyBookings) as refused:
        office.book(slots[1].start, key="2")
    assert refused.value.kind is TooMany.OF_SERVICE
    office.book(slots[1].start, key="3", service_id="town.other")
    office.clock.forward(days=1, hours=8)
    office.read_all()
    (later, *_) = office.free(office.at(3, 9).date())
    office.book(later.start, key="4")


def test_another_number_or_another_mailbox_spelling_is_the_same_person(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(limited(per_person=1))
    slots = office.free()
    office.book(slots[0].start, key="1")
    mine = {"subject": "Θέμα", "afm": "100000003"}
    for number, email in enumerate(("maria@example.com", "Maria+2@EXAMPLE.com")):
        other = replace(CITIZEN, name="Άλλος", email=email, phone="+306947654321")
        with pytest.raises(TooManyBookings):
            office.book(slots[1].start, key=f"n{number}", citizen=other, answers=mine)
    same_number = {**person(1), "answers": {"subject": "Θέμα", "afm": "090000045"}}
    with pytest.raises(TooManyBookings):
        office.book(slots[1].start, key="3", **same_number)
    office.book(slots[1].start, key="4", **person(2))


def test_whoever_signed_in_is_one_person_whatever_mailbox_a_family_shares(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(limited(per_person=1))
    slots = office.free()
    he, she = (Applicant(name, afm) for name, afm in (("Α", "100000107"), ("Β", "100000119")))
    office.book(slots[0].start, key="1", applicant=he)
    office.book(slots[1].start, key="2", applicant=she)
    other_mail = replace(CITIZEN, email="new@example.com")
    with pytest.raises(TooManyBookings):
        office.book(slots[2].start, key="3", applicant=he, citizen=other_mail)
    # For a third person, who is known by what is typed: this address has booked already.
    with pytest.raises(TooManyBookings):
        office.book(slots[2].start, key="4", applicant=replace(he, for_other=True))
    for_other = {**person(1), "applicant": replace(he, for_other=True)}
    office.book(slots[2].start, key="5", **for_other)


def test_a_network_books_so_much_a_day_and_clerks_as_much_as_they_need(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(limited(per_network=2))
    slots = office.free()
    for number in range(2):
        done = office.book(slots[number].start, f"{number}", network=NETWORK, **person(number))
    cancelling.cancel(office.desk, booking_id=done.booking.id)
    with pytest.raises(TooManyBookings) as refused:
        office.book(slots[2].start, key="3", network=NETWORK, **person(3))
    assert refused.value.kind is TooMany.OF_NETWORK
    assert refused.value.again_at == datetime(2026, 6, 1, 21, tzinfo=UTC)
    office.book(slots[2].start, key="4", network="203.0.113.8", **person(4))
    office.book(slots[3].start, key="5", network=NETWORK, clerk="eleni", **person(5))
    with office.desk.store.read() as uow:
        assert NETWORK not in repr(uow.connection.execute(select(booking)).all())
    office.clock.forward(days=1)
    office.read_all()
    (later, *_) = office.free(office.at(3, 9).date())
    office.book(later.start, key="6", network=NETWORK, **person(6))


def test_taking_a_cancellation_back_is_no_way_around(make_office: Callable[..., Office]) -> None:
    office = make_office(limited(per_person=1))
    slots = office.free()
    first = office.book(slots[0].start, key="1").booking
    cancelling.cancel(office.desk, booking_id=first.id)
    second = office.book(slots[1].start, key="2").booking
    with pytest.raises(TooManyBookings):
        cancelling.undo(office.desk, booking_id=first.id)
    assert office.view(first.id).state is BookingState.CANCELLING
    cancelling.cancel(office.desk, booking_id=second.id)
    assert cancelling.undo(office.desk, booking_id=first.id).state is BookingState.CONFIRMED


def test_a_new_key_does_not_forget_who_has_booked(
    make_office: Callable[..., Office], store: Store
) -> None:
    office = make_office(limited(per_person=1, per_network=1))
    slots = office.free()
    office.book(slots[0].start, key="1", network=NETWORK)
    fresh = Keys.parse(Keys.generate("k2"))
    store.keys = Keys({**fresh.by_id, **store.keys.by_id})
    with pytest.raises(TooManyBookings):
        office.book(slots[1].start, key="2")
    with pytest.raises(TooManyBookings) as refused:
        office.book(slots[1].start, key="3", network=NETWORK, **person(1))
    assert refused.value.kind is TooMany.OF_NETWORK


def test_who_books_twice_at_the_same_moment_books_once(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(limited(per_person=1, per_network=3))
    slots = office.free()

    def attempt(number: int) -> bool:
        try:
            office.book(slots[number].start, key=f"{number}", network=NETWORK)
        except TooManyBookings:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_it_can_be_asked_before_the_form_is_sent(make_office: Callable[..., Office]) -> None:
    office = make_office(limited(per_person=1))
    slots = office.free()
    wanted = form(slots[1].start)
    assert fairness.refusal(office.desk, request=wanted) is None
    office.book(slots[0].start)
    refused = fairness.refusal(office.desk, request=wanted)
    assert refused is not None
    assert refused.kind is TooMany.OF_PERSON
    assert fairness.refusal(office.desk, request=replace(wanted, **person(1))) is None


def test_a_corrected_address_counts_as_the_new_one(make_office: Callable[..., Office]) -> None:
    office = make_office(limited(per_person=1))
    slots = office.free()
    booked = office.book(slots[0].start, answers={"subject": "Θέμα", "afm": ""}).booking
    mended = replace(CITIZEN, email="mended@example.com")
    rescheduling.reschedule(
        office.desk, booking_id=booked.id, starts_at=None, citizen=mended, answers=None
    )
    with pytest.raises(TooManyBookings):
        office.book(slots[1].start, key="2", **{**person(1), "citizen": mended})


def test_without_limits_nobody_is_counted(office: Office) -> None:
    for number, slot in enumerate(office.free()[:4]):
        office.book(slot.start, key=f"{number}", network=NETWORK)
    assert fairness.refusal(office.desk, request=form(office.at(3, 9), service_id=SERVICE)) is None


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("Maria.K@Example.GR", "maria.k@example.gr"),
        ("maria+dimos@example.gr", "maria@example.gr"),
        ("ma.ria+x@googlemail.com", "maria@gmail.com"),
        ("μαρία@παράδειγμα.ελ", "μαρία@παράδειγμα.ελ"),
        ("+@example.gr", "+@example.gr"),
        ("", ""),
    ],
)
def test_one_mailbox_however_it_is_written(written: str, identity: str) -> None:
    assert mail_identity(written) == identity


def test_nor_how_much_a_network_keeps(make_office: Callable[..., Office], store: Store) -> None:
    office = make_office(holds_per_network=1)
    slots = office.free()

    def keep(number: int) -> None:
        holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=slots[number].start,
            session_key=None,
            network=NETWORK,
        )

    keep(0)
    fresh = Keys.parse(Keys.generate("k2"))
    store.keys = Keys({**fresh.by_id, **store.keys.by_id})
    with pytest.raises(TooManyHolds):
        keep(1)
