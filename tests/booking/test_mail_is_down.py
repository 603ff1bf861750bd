"""A mail server that is down for hours or days, or refuses an address: nothing is lost unseen."""

from __future__ import annotations

from datetime import timedelta

from booking import tasks
from booking.cancelling import cancel
from booking.desk import MailLater, MailRefused
from booking.housekeeping import tend
from booking.messages import OutgoingMail
from booking.office import overview
from booking.tasks import TaskKind
from connectors.deadline import Deadline
from tests.booking.conftest import Office


class Down:
    """A mail server that takes nothing until ``up``; counts what it was asked."""

    def __init__(self, office: Office, error: Exception | None = None) -> None:
        self.error = error or MailLater("no answer")
        self.post, self.up, self.tries = office.post, False, 0

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.tries += 1
        if not self.up:
            raise self.error
        self.post.send(message, deadline=deadline)


def run(office: Office, down: Down, *, hours: float, step: float = 60) -> None:
    """Time passes, and a worker drains as it goes."""
    until = office.clock.now + timedelta(hours=hours)
    office.post, post = down, office.post  # type: ignore[assignment]
    while office.clock.now < until:
        office.drain(seconds=min(step, (until - office.clock.now).total_seconds()))
    office.post = post


def to_call(office: Office) -> list[str]:
    listed = tasks.open_tasks(office.desk, municipality="town")
    return [each.reference for each in listed if each.kind is TaskKind.MAIL_NOT_SENT]


def test_eight_hours_without_a_mail_server_lose_no_mail(office: Office) -> None:
    booked = office.book(office.free(office.at(4, 9).date())[0].start).booking
    down = Down(office)
    run(office, down, hours=8, step=900)
    assert down.tries == 8 * 4  # at least every quarter of an hour
    assert (office.post.sent, to_call(office)) == ([], [])
    down.up = True
    run(office, down, hours=0.25, step=450)
    assert [booked.reference in mail.subject + mail.text for mail in office.post.sent] == [True]
    assert overview.outbox_open(office.desk) == ()


def test_after_two_days_somebody_has_to_call(office: Office) -> None:
    booked = office.book(office.free(office.at(4, 9).date())[0].start).booking
    down = Down(office)
    run(office, down, hours=47.5, step=3.5 * 3600)
    assert to_call(office) == []
    run(office, down, hours=1.5, step=900)
    assert to_call(office) == [booked.reference]
    assert overview.outbox_open(office.desk) == ()
    (task,) = tasks.open_tasks(office.desk, municipality="town")
    assert task.error == "confirmation: the mail server did not take it so far"
    office.clock.forward(days=2)
    tend(office.desk)
    assert to_call(office) == []  # the appointment is over: nobody needs to know any more


def test_a_near_appointment_is_called_for_while_the_mail_is_still_tried(office: Office) -> None:
    office.clock.now = office.at(2, 7, 30)
    office.read_all()
    booked = office.book(office.at(2, 9)).booking
    assert booked.period.start - office.clock.now < timedelta(hours=2)
    down = Down(office)
    run(office, down, hours=0.01, step=12)
    assert to_call(office) == []
    run(office, down, hours=0.5, step=300)
    assert to_call(office) == [booked.reference]
    down.up = True
    run(office, down, hours=0.25, step=450)
    assert (len(office.post.sent), to_call(office)) == (1, [])


def test_a_mail_that_time_has_overtaken_is_not_sent_when_the_server_is_back(
    office: Office,
) -> None:
    booked = office.book(office.free(office.at(4, 9).date())[0].start).booking
    down = Down(office)
    run(office, down, hours=3, step=600)
    cancel(office.desk, booking_id=booked.id)
    run(office, down, hours=3, step=600)
    down.up = True
    run(office, down, hours=0.25, step=450)
    assert [mail.calendar_method for mail in office.post.sent] == ["CANCEL"]
    assert to_call(office) == []


def test_a_refused_address_is_a_task_at_once(office: Office) -> None:
    booked = office.book(office.free(office.at(4, 9).date())[0].start).booking
    down = Down(office, MailRefused("no such address"))
    run(office, down, hours=1, step=1800)
    assert (down.tries, to_call(office)) == (1, [booked.reference])


def test_a_fault_of_our_own_does_not_hide_a_mail_for_ever(office: Office) -> None:
    booked = office.book(office.free(office.at(4, 9).date())[0].start).booking
    run(office, Down(office, RuntimeError("a fault of ours")), hours=49, step=4 * 3600)
    assert to_call(office) == [booked.reference]
