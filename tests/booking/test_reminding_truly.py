"""A mail around the appointment leaves only while it is true, and where it is of use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking import catalogue, reminding, tasks
from booking.cancelling import cancel
from booking.desk import MailLater, MailRefused
from booking.housekeeping import tend
from booking.model import BookingState
from booking.rescheduling import reschedule
from mapping.file import MappingFileError
from tests.booking.conftest import Office
from tests.booking.reminded import (
    DAY,
    HOUR,
    REMINDER,
    at,
    booked,
    followed,
    mails,
    outcomes,
    with_mails,
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here."""
    return sqlite_url


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """Reminds two days and an hour before; on Monday the first of June, 9:00."""
    return make_office(with_mails(2 * DAY, HOUR))


def test_two_reminders_are_two_mails_and_one_sent_twice_is_one(office: Office) -> None:
    start, ids = booked(office).period.start, []
    for before in (timedelta(days=2), timedelta(hours=1)):
        office.clock.now = start - before
        tend(office.desk)
        office.post.refuse = [MailLater("no answer")]
        assert mails(office) == []
        office.clock.forward(seconds=30)
        (reminder,) = mails(office)
        ids.append(reminder.message_id)
        assert reminder.calendar is None
    assert len(set(ids)) == 2


def test_whoever_books_after_its_time_gets_only_the_next(office: Office) -> None:
    office.clock.now = office.at(9, 9)
    office.read_all()
    start = booked(office).period.start
    assert at(office, start - timedelta(hours=23)) == []
    assert at(office, start - timedelta(hours=1)) == [REMINDER]


def test_a_reminder_that_cancelling_overtakes_stays(office: Office) -> None:
    view = booked(office)
    office.clock.now = view.period.start - timedelta(days=2)
    tend(office.desk)  # owed, and not sent yet
    cancel(office.desk, booking_id=view.id)
    assert [mail.calendar_method for mail in mails(office)] == ["CANCEL"]
    assert outcomes(office, view.id, "reminder") == ["superseded"]


def test_who_goes_back_to_the_old_time_is_reminded_of_it_once(office: Office) -> None:
    view = booked(office)
    assert at(office, view.period.start - timedelta(days=2)) == [REMINDER]
    office.read_all()
    for day in (12, 10):
        reschedule(
            office.desk, booking_id=view.id, starts_at=office.at(day, 9), citizen=None, answers=None
        )
        assert len(mails(office)) == 1
    assert at(office, view.period.start - timedelta(hours=40)) == []
    assert at(office, view.period.start - timedelta(hours=1)) == [REMINDER]


def test_nobody_calls_because_a_reminder_was_refused(office: Office) -> None:
    view = booked(office)
    office.clock.now = view.period.start - timedelta(hours=1)
    tend(office.desk)
    office.post.refuse = [MailRefused("no such address")]
    assert mails(office) == []
    assert tasks.open_tasks(office.desk, municipality="town") == ()


def test_a_reminder_that_is_two_days_late_is_not_sent(make_office: Callable[..., Office]) -> None:
    office = make_office(with_mails(5 * DAY))
    start = booked(office).period.start
    assert at(office, start - timedelta(days=2, hours=23)) == []
    assert at(office, start - timedelta(days=1)) == []


def test_after_a_pause_of_a_day_it_is_late_but_sent(make_office: Callable[..., Office]) -> None:
    office = make_office(with_mails(5 * DAY))
    start = booked(office).period.start
    assert at(office, start - timedelta(days=4)) == [REMINDER]


def test_what_is_on_its_way_elsewhere_is_not_recalled(office: Office) -> None:
    view = booked(office)
    with office.desk.store.write() as uow:
        row = uow.bookings.get(view.id)
        assert row is not None
        uow.bookings.change(
            row,
            now=uow.now,
            pending_starts_at=office.at(12, 9),
            pending_ends_at=office.at(12, 9, 30),
            pending_mailbox_id=row.mailbox_id,
        )
        uow.commit()
    office.clock.now = view.period.start - timedelta(days=2)
    assert reminding.owe_due(office.desk) == 0


def test_other_times_in_the_mapping_count_at_once(
    office: Office, make_office: Callable[..., Office]
) -> None:
    start = booked(office).period.start
    again = make_office(with_mails(DAY), memory=office.memory)
    assert at(again, start - timedelta(days=2)) == []
    assert at(again, start - timedelta(days=1)) == [REMINDER]


@pytest.mark.parametrize("state", [BookingState.NO_SHOW, BookingState.RELEASED])
def test_who_did_not_come_hears_nothing_afterwards(
    make_office: Callable[..., Office], state: BookingState
) -> None:
    office, view = followed(make_office)
    with office.desk.store.write() as uow:
        row = uow.bookings.get(view.id)
        assert row is not None
        uow.bookings.change(row, now=uow.now, state=state.value)
        uow.commit()
    assert at(office, office.at(11, 12)) == []


def test_a_word_that_comes_days_late_is_not_said(make_office: Callable[..., Office]) -> None:
    office, _ = followed(make_office)
    assert at(office, office.at(13, 10)) == []


def test_nothing_is_owed_where_the_mapping_wants_nothing(
    make_office: Callable[..., Office],
) -> None:
    office = make_office()
    start = booked(office).period.start
    assert at(office, start - timedelta(hours=1)) == []
    assert at(office, start + timedelta(days=1, hours=4)) == []


def test_a_mapping_that_cannot_be_read_is_told_and_keeps_the_rest_going(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start = booked(office).period.start

    def unreadable(*_: object) -> None:
        raise MappingFileError("revision 7 of town", ())

    with monkeypatch.context() as patched:
        patched.setattr(catalogue, "entry_of", unreadable)
        assert at(office, start - timedelta(days=2)) == []
    assert "no reminders of town" in caplog.text
    assert at(office, start - timedelta(days=2) + timedelta(minutes=2)) == [REMINDER]
