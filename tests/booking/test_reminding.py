"""Mails around the appointment leave at their time, once, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking import tasks
from booking.cancelling import cancel, undo
from booking.desk import MailLater
from booking.housekeeping import tend
from booking.rescheduling import reschedule
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
def office(make_office: Callable[..., Office]) -> Office:
    """Reminds two days and an hour before; on Monday the first of June, 9:00."""
    return make_office(with_mails(2 * DAY, HOUR))


def test_each_reminder_leaves_once_at_its_time(office: Office) -> None:
    start = booked(office).period.start
    assert at(office, start - timedelta(days=2, minutes=1)) == []
    assert at(office, start - timedelta(days=2)) == [REMINDER]
    for hours in (47, 20, 2):
        assert at(office, start - timedelta(hours=hours)) == []
    assert at(office, start - timedelta(hours=1)) == [REMINDER]
    assert at(office, start - timedelta(minutes=50)) == []
    assert at(office, start + timedelta(days=1, hours=3)) == []


def test_a_cancelled_appointment_is_not_recalled_and_one_taken_back_is(office: Office) -> None:
    view = booked(office)
    start = view.period.start
    office.clock.now = start - timedelta(days=2, minutes=5)
    cancel(office.desk, booking_id=view.id)
    assert len(mails(office)) == 1
    assert at(office, start - timedelta(days=2)) == []
    undo(office.desk, booking_id=view.id)
    assert [mail.subject.split(":")[0] for mail in mails(office)] == ["Ισχύει το ραντεβού σας"]
    # The mail about the undoing has just told when it is.
    assert at(office, start - timedelta(days=2) + timedelta(minutes=2)) == []
    assert at(office, start - timedelta(hours=1)) == [REMINDER]


def test_after_a_change_the_new_time_is_recalled(office: Office) -> None:
    view = booked(office)
    office.clock.now = view.period.start - timedelta(days=2)
    tend(office.desk)
    office.read_all()
    reschedule(
        office.desk, booking_id=view.id, starts_at=office.at(12, 9), citizen=None, answers=None
    )
    assert [mail.subject.split(":")[0] for mail in mails(office)] == ["Άλλαξε το ραντεβού σας"]
    assert outcomes(office, view.id, "reminder") == ["superseded"]
    assert at(office, view.period.start - timedelta(hours=1)) == []
    friday = "Υπενθύμιση για το ραντεβού σας: Παρασκευή 12 Ιουνίου, 9:00 π.μ."
    assert at(office, office.at(12, 8)) == [friday]


def test_a_mail_server_that_was_down_gives_one_reminder_before_and_none_after(
    office: Office,
) -> None:
    first, second = booked(office, 10), booked(office, 10, 11)
    for before in (timedelta(days=2), timedelta(hours=1)):
        office.clock.now = first.period.start - before
        tend(office.desk)
        office.post.refuse = [MailLater("down")] * 4
        assert mails(office) == []
    office.post.refuse = []
    # The first one has begun; of the second one's mails the nearest is enough.
    office.clock.now = second.period.start - timedelta(minutes=60)
    tend(office.desk)
    office.clock.forward(minutes=20)
    assert [mail.subject[-10:] for mail in mails(office)] == ["11:00 π.μ."]
    assert outcomes(office, first.id, "reminder") == ["superseded", "superseded"]
    assert outcomes(office, second.id, "reminder") == ["superseded", "sent"]
    assert tasks.open_tasks(office.desk, municipality="town") == ()


def test_a_word_of_the_service_comes_the_next_morning_once(
    make_office: Callable[..., Office],
) -> None:
    office, _ = followed(make_office)
    assert at(office, office.at(10, 20)) == []
    assert at(office, office.at(11, 9, 59)) == []
    office.clock.now = office.at(11, 10, 1)
    tend(office.desk)
    (mail,) = mails(office)
    assert mail.subject == "Μετά το ραντεβού σας: Τετάρτη 10 Ιουνίου, 9:00 π.μ."
    assert "\nΕυχαριστούμε που ήρθατε.\n\nΠείτε μας πώς σας φάνηκε: https://" in mail.text
    assert "/cancel" not in mail.text + mail.html
    assert at(office, office.at(11, 11)) == []
    assert at(office, office.at(12, 11)) == []
