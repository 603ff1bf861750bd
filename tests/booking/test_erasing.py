"""Personal data go when their time has come or their citizen asks: rows, queues and old events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking import erasing, managing, rescheduling
from booking.cancelling import cancel, undo
from booking.desk import MailLater
from booking.housekeeping import tend
from booking.model import Applicant, BookingState, NotOffered, WrongState
from booking.office import overview
from booking.store.bookings import BookingRow
from booking.store.tables import booking as bookings
from booking.tasks import TaskKind, open_tasks
from connectors.contract import Period, RemoteEvent
from connectors.errors import NotAuthorised, TryLater
from mapping.model import Municipality, Privacy
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.town import address, town

KEPT = timedelta(days=365)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def row_of(office: Office, booking_id: str) -> BookingRow:
    with office.desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
    assert row is not None
    return row


def event(office: Office, number: int = 1) -> RemoteEvent:
    (found,) = [each for each in office.memory.events(office.ref(address(number))) if each.key]
    return found


def knows_nobody(office: Office, booking_id: str) -> bool:
    row = row_of(office, booking_id)
    return (
        row.personal.citizen.name == row.personal.citizen.email == row.personal.citizen.phone == ""
        and not row.personal.answers
        and not row.personal.declarations
        and row.personal.applicant is None
        and (row.person_hash, row.email_hash) == (None, None)
        and row.erased_at is not None
    )


def past(office: Office, **other: object) -> str:
    """An appointment that took place, and was written to its citizen about."""
    booked = office.book(office.free()[0].start, **other).booking
    office.settle(rounds=2)
    office.clock.now = booked.period.end + timedelta(hours=1)
    return booked.id


def test_the_booking_stays_and_the_person_goes_when_the_time_is_over(office: Office) -> None:
    booking_id = past(
        office,
        applicant=Applicant("ΕΛΕΝΗ", "090000045", for_other=True),
        network="192.0.2.7",
        clerk="eleni",
    )
    before = row_of(office, booking_id)
    token = managing.token_for(office.desk, booking_id=booking_id)
    assert "Μαρία" in event(office).body
    office.clock.now = before.ends_at + KEPT - timedelta(seconds=1)
    erasing.erase(office.desk)
    assert row_of(office, booking_id).erased_at is None
    office.clock.forward(seconds=1)
    assert erasing.erase(office.desk) == 1
    assert knows_nobody(office, booking_id)
    after = row_of(office, booking_id)
    assert after.network_hash is None
    same = ("reference", "state", "service_id", "channel", "starts_at", "ends_at", "municipality")
    assert [getattr(after, each) for each in same] == [getattr(before, each) for each in same]
    with pytest.raises(NotOffered):
        managing.by_token(office.desk, token=token)
    assert erasing.erase(office.desk) == 0


def test_the_old_event_loses_the_name_and_nothing_else(office: Office) -> None:
    booking_id = past(office)
    moved = Period(office.at(2, 12), office.at(2, 12, 45))
    mailbox = office.ref(address(1))
    office.memory.change_foreign(mailbox, event(office).ref.id, moved)
    erasing.ask(office.desk, booking_id=booking_id)
    office.drain()
    found = event(office)
    reference = row_of(office, booking_id).reference
    assert "Μαρία" not in repr(found) + found.body
    assert "Στοιχεία και απαντήσεις" not in found.body
    assert reference in found.body
    assert found.subject == f"Πιστοποιητικά #{reference}"
    assert (found.period, found.reference) == (moved, reference)
    # Our own hand is nothing that staff did.
    office.read_all(full=True)
    office.settle(rounds=3)
    after = row_of(office, booking_id)
    assert (after.starts_at, after.state) == (office.at(2, 9), BookingState.CONFIRMED)
    assert open_tasks(office.desk, municipality=None) == ()


def test_an_event_that_is_gone_is_forgotten(office: Office) -> None:
    booking_id = past(office)
    office.memory.remove(office.ref(address(1)), event(office).ref.id)
    erasing.ask(office.desk, booking_id=booking_id)
    office.drain()
    assert overview.outbox_open(office.desk) == ()


def test_a_calendar_that_does_not_answer_is_asked_again(office: Office) -> None:
    booking_id = past(office)
    erasing.ask(office.desk, booking_id=booking_id)
    office.memory.fail_next("update", TryLater("no answer", outcome_unknown=True))
    office.drain()
    assert "Μαρία" in event(office).body
    office.drain(seconds=601)
    assert "Μαρία" not in event(office).body


def test_an_answer_that_was_lost_is_looked_for(office: Office) -> None:
    booking_id = past(office)
    erasing.ask(office.desk, booking_id=booking_id)
    lost = TryLater("no answer", outcome_unknown=True)
    office.memory.fail_next("update", lost, effect_happened=True)
    office.drain()
    office.drain(seconds=601)
    assert "Μαρία" not in event(office).body
    assert overview.outbox_open(office.desk) == ()


def test_a_calendar_that_refuses_for_a_week_is_a_persons_task(office: Office) -> None:
    booking_id = past(office)
    erasing.ask(office.desk, booking_id=booking_id)
    office.memory.fail_always(NotAuthorised("no"))
    office.settle(rounds=40, seconds=6 * 3600)
    (task,) = open_tasks(office.desk, municipality="town")
    assert (task.kind, task.reference) == (
        TaskKind.NAME_IN_CALENDAR,
        row_of(office, booking_id).reference,
    )
    assert overview.outbox_open(office.desk) == ()


def test_what_is_not_over_is_never_erased(office: Office) -> None:
    slots = office.free()
    ahead = office.book(slots[0].start, key="1").booking
    undone = office.book(slots[2].start, key="2").booking
    cancel(office.desk, booking_id=undone.id)
    with_hours = replace(office.town, privacy=Privacy(erase_after_days=1))
    import_again(office, with_hours)
    erasing.erase(office.desk)
    assert row_of(office, ahead.id).erased_at is None
    assert row_of(office, undone.id).erased_at is None
    office.memory.fail_next("get", TryLater("down"))
    rescheduling.reschedule(
        office.desk, booking_id=ahead.id, starts_at=slots[3].start, citizen=None, answers=None
    )
    assert row_of(office, ahead.id).pending_starts_at is not None
    office.clock.now = ahead.period.end + timedelta(days=2)
    erasing.erase(office.desk)
    assert row_of(office, ahead.id).erased_at is None
    with pytest.raises(WrongState):
        erasing.ask(office.desk, booking_id=ahead.id)


def import_again(office: Office, municipality: Municipality) -> None:
    from booking.office import importing

    importing.import_mapping(
        office.desk, text=repr(municipality), municipality=municipality, by="test"
    )
    office.town = municipality


def test_whoever_asks_before_the_appointment_is_cancelled_and_erased_after_the_undo(
    office: Office,
) -> None:
    booked = office.book(office.free()[0].start).booking
    view = erasing.ask(office.desk, booking_id=booked.id)
    assert view.state is BookingState.CANCELLING
    assert view.erase_wanted_at is not None
    assert erasing.ask(office.desk, booking_id=booked.id) == view
    assert office.events(address(1)) == []
    office.drain(seconds=1)
    assert [mail.recipient for mail in office.post.sent] == [CITIZEN.email]
    office.clock.forward(minutes=31)
    tend(office.desk)
    assert knows_nobody(office, booked.id)
    assert row_of(office, booked.id).state is BookingState.CANCELLED


def test_the_mail_about_the_cancellation_is_waited_for_but_not_for_ever(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.post.refuse = [MailLater()] * 400
    erasing.ask(office.desk, booking_id=booked.id)
    office.clock.forward(minutes=31)
    tend(office.desk)
    office.clock.forward(minutes=31)
    tend(office.desk)
    assert row_of(office, booked.id).erased_at is None
    office.clock.forward(days=1)
    tend(office.desk)
    assert knows_nobody(office, booked.id)
    office.post.refuse = []
    office.settle(rounds=3)
    assert office.post.sent == []


def test_who_takes_the_cancellation_back_is_known_again(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    erasing.ask(office.desk, booking_id=booked.id)
    undo(office.desk, booking_id=booked.id)
    office.settle(rounds=3)
    office.clock.forward(hours=1)
    tend(office.desk)
    row = row_of(office, booked.id)
    assert (row.state, row.erase_wanted_at, row.erased_at) == (BookingState.CONFIRMED, None, None)
    assert row.personal.citizen == CITIZEN


def test_nobody_is_erased_while_it_takes_place(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.clock.now = booked.period.start + timedelta(minutes=1)
    with pytest.raises(WrongState):
        erasing.ask(office.desk, booking_id=booked.id)
    assert row_of(office, booked.id).personal.citizen == CITIZEN


def test_one_that_was_let_down_may_be_forgotten_at_once(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.settle(rounds=2)
    office.memory.remove(office.ref(address(1)), event(office).ref.id)
    for _ in range(4):
        office.clock.forward(minutes=6)
        office.read_all()
        office.drain()
    office.settle(rounds=2)
    assert office.view(booked.id).state is BookingState.RELEASED
    erasing.ask(office.desk, booking_id=booked.id)
    assert knows_nobody(office, booked.id)
    with office.desk.store.read() as uow:
        assert uow.holds.for_booking(booked.id) == ()
    start = office.free()[1].start
    with pytest.raises(WrongState):
        rescheduling.reschedule(
            office.desk, booking_id=booked.id, starts_at=start, citizen=CITIZEN, answers=None
        )
    assert knows_nobody(office, booked.id)


def test_some_answers_go_before_the_rest(make_office: Callable[..., Office]) -> None:
    plain = town()
    (service,) = plain.services
    afm, subject = service.questions
    questions = (replace(afm, erase_after_days=10), replace(subject, erase_after_days=30))
    office = make_office(replace(plain, services=(replace(service, questions=questions),)))
    booking_id = past(office, applicant=Applicant("ΕΛΕΝΗ", "090000045", for_other=True))
    ended = row_of(office, booking_id).ends_at
    office.clock.now = ended + timedelta(days=10)
    assert erasing.erase(office.desk) == 1
    assert erasing.erase(office.desk) == 0
    row = row_of(office, booking_id)
    assert set(row.personal.answers) == {"subject"}
    assert row.personal.applicant == Applicant("ΕΛΕΝΗ", "", for_other=True)
    assert (row.personal.person, row.person_hash) == ("", None)
    assert row.personal.citizen == CITIZEN
    office.clock.now = ended + timedelta(days=30)
    assert erasing.erase(office.desk) == 1
    assert dict(row_of(office, booking_id).personal.answers) == {}
    assert row_of(office, booking_id).personal.citizen == CITIZEN
    # A shorter time in a new mapping holds for what was booked before, too.
    import_again(office, replace(office.town, privacy=Privacy(erase_after_days=20)))
    assert erasing.erase(office.desk) == 1
    assert knows_nobody(office, booking_id)


def test_the_network_is_forgotten_after_two_days(office: Office) -> None:
    booked = office.book(office.free()[0].start, network="192.0.2.7").booking
    office.clock.now = booked.period.end
    erasing.ask(office.desk, booking_id=booked.id)
    assert knows_nobody(office, booked.id)
    # Else whoever erases what they booked could book for ever.
    assert row_of(office, booked.id).network_hash
    office.clock.forward(days=1)
    erasing.erase(office.desk)
    assert row_of(office, booked.id).network_hash is None


def test_nothing_of_the_person_is_in_any_column_afterwards(office: Office) -> None:
    booking_id = past(office)
    sealed = select(bookings.c.sealed).where(bookings.c.id == booking_id)
    with office.desk.store.read() as uow:
        before = len(uow.connection.execute(sealed).scalar_one())
    erasing.ask(office.desk, booking_id=booking_id)
    with office.desk.store.read() as uow:
        # Encrypted, but its length would tell as well.
        assert len(uow.connection.execute(sealed).scalar_one()) < before
        kinds = [each.kind for each in uow.outbox.open()]
    assert set(kinds) == {"forget"}


def test_many_old_events_do_not_keep_a_mail_waiting(office: Office) -> None:
    slots = office.free()
    booked = [office.book(slot.start, key=str(slot)).booking for slot in slots]
    office.settle(rounds=2)
    office.clock.now = booked[-1].period.end + KEPT
    assert erasing.erase(office.desk) == len(slots)
    with office.desk.store.read() as uow:
        due = [each.not_before - uow.now for each in uow.outbox.open()]
    assert due[0] == timedelta(0)
    assert due == sorted(due)
    assert len(set(due)) == len(slots)
    assert due[-1] < erasing.EVERY
    office.drain(seconds=300)
    assert not any("Μαρία" in each.body for each in office.memory.events(office.ref(address(1))))
