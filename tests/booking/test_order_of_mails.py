"""Mails of one booking leave in the order of what they tell: the last one read is the newest."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from booking import undelivered
from booking.belated import say_the_last_again
from booking.cancelling import cancel
from booking.desk import MailLater
from booking.mails import send
from booking.messages import MessageKind, OutgoingMail
from booking.outbox import drain
from booking.rescheduling import reschedule
from booking.store import UnitOfWork
from booking.store.outbox import TRIED_IN_VAIN, Entry, Step
from connectors.deadline import Deadline
from tests.booking.conftest import Office, Post


class Moody(Post):
    """A mail server that does with each mail what ``mood`` says, and tells how often it was asked:
    "lose" the answer of, "refuse" for now, or take it."""

    def __init__(self, mood: Callable[[OutgoingMail, int], str]) -> None:
        super().__init__()
        self.mood, self.asked = mood, 0

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.asked += 1
        mood = self.mood(message, self.asked)
        if mood != "refuse":
            super().send(message, deadline=deadline)
        if mood:
            raise MailLater(mood)


def booked(office: Office) -> str:
    return office.book(office.free(office.at(4, 9).date())[0].start).booking.id


def move(office: Office, booking_id: str) -> None:
    later = office.free(office.at(4, 9).date())[-1].start
    reschedule(office.desk, booking_id=booking_id, starts_at=later, citizen=None, answers=None)


def taken(office: Office, booking_id: str) -> Entry:
    """The only mail of a booking, as a worker has it in hands."""
    with office.desk.store.read() as uow:
        (mail,) = uow.outbox.mails_of(booking_id)
    entry = office.desk.store.transact(
        lambda uow: uow.outbox.take(
            mail.id, now=uow.now, until=uow.now + office.desk.settings.lease
        )
    )
    assert entry is not None
    return entry


def test_a_mail_that_may_have_left_leaves_before_the_mail_about_a_change(office: Office) -> None:
    office.post = Moody(lambda _, asked: "lose" if asked == 1 else "")
    booking = booked(office)
    office.drain(seconds=1)
    move(office, booking)
    office.drain(seconds=1)
    office.settle()
    first, again, last = office.post.sent
    assert first.message_id == again.message_id != last.message_id
    assert last.calendar_method == "REQUEST"
    assert first.text != again.text, "the copy tells the time of now"


@pytest.mark.parametrize("failed_before", [0, TRIED_IN_VAIN + 1])
def test_while_a_mail_is_on_its_way_no_newer_one_leaves(office: Office, failed_before: int) -> None:
    """The other one was rendered before; it would arrive as the last."""
    booking = booked(office)
    office.post = Moody(lambda *_: "refuse")
    for _ in range(failed_before):
        office.drain(seconds=600)
    office.post = Post()
    office.clock.forward(seconds=900)
    with office.desk.store.read() as uow:
        (mail,) = uow.outbox.mails_of(booking)
        lease = uow.now + office.desk.settings.lease
    confirmation = office.desk.store.transact(
        lambda uow: uow.outbox.take(mail.id, now=uow.now, until=lease)
    )
    assert confirmation is not None
    cancel(office.desk, booking_id=booking)
    office.drain(seconds=1)
    assert office.post.sent == []
    office.clock.now = lease
    office.settle()
    assert [mail.calendar_method for mail in office.post.sent] == ["CANCEL"]


def test_two_workers_at_the_same_moment_do_not_take_two_mails_of_one_booking(
    office: Office,
) -> None:
    booking = booked(office)
    move(office, booking)
    with office.desk.store.read() as uow:
        older, newer = (each.id for each in uow.outbox.mails_of(booking))
    both, taken = threading.Barrier(2), []

    def take(entry_id: int) -> None:
        both.wait()
        entry = office.desk.store.transact(
            lambda uow: uow.outbox.take(
                entry_id, now=uow.now, until=uow.now + office.desk.settings.lease
            )
        )
        taken.append(entry and entry.id)

    threads = [threading.Thread(target=take, args=(each,)) for each in (older, newer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {older, None} == set(taken)


def test_a_mail_that_nobody_takes_does_not_hold_up_the_others_for_ever(office: Office) -> None:
    met: list[str] = []

    def mood(mail: OutgoingMail, _: int) -> str:
        met.append(mail.message_id)
        return "refuse" if mail.message_id == met[0] else ""

    office.post = Moody(mood)
    booking = booked(office)
    office.drain(seconds=1)
    move(office, booking)
    office.settle(rounds=30, seconds=120)
    (changed,) = office.post.sent
    assert changed.message_id not in met[: TRIED_IN_VAIN + 1]
    with office.desk.store.read() as uow:
        (open_still,) = uow.outbox.of_booking(booking, kinds=[Step.MAIL])
    assert open_still.detail["kind"] == MessageKind.CONFIRMATION


def test_a_conversation_ends_before_its_lease_does(office: Office) -> None:
    """Else a slow mail server would get the same mail from one worker after the other."""
    given: list[float] = []

    class Timed(Post):
        def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
            given.append(deadline.remaining())

    booked(office)
    office.post = Timed()
    office.drain()
    (seconds,) = given
    assert 0 < seconds < office.desk.settings.lease.total_seconds()


@pytest.mark.parametrize("left", [0.4, 0.0])
def test_a_mail_that_took_too_long_to_write_is_not_begun(
    office: Office, monkeypatch: pytest.MonkeyPatch, left: float
) -> None:
    """A conversation that is broken off leaves a mail that may have left."""
    entry = taken(office, booked(office))
    remaining = iter((10.0, 10 * left, 10 * left))
    monkeypatch.setattr(Deadline, "remaining", lambda _: next(remaining))
    assert not send(office.desk, entry=entry, mailer=office.post, deadline=Deadline.after(10))
    monkeypatch.undo()
    assert office.post.sent == []


def test_whoever_stood_still_until_its_time_was_over_sends_nothing(office: Office) -> None:
    """Its mail was sent by another worker meanwhile, and perhaps the next one as well."""
    entry = taken(office, booked(office))
    assert not send(office.desk, entry=entry, mailer=office.post, deadline=Deadline.after(0))
    assert office.post.sent == []
    office.drain(seconds=600)
    assert len(office.post.sent) == 1


class Pausing(Post):
    """A mail server whose first client stands still while it hands over its mail."""

    def __init__(self, meanwhile: Callable[[Post], None], *, then: str = "") -> None:
        super().__init__()
        self.meanwhile: Callable[[Post], None] | None = meanwhile
        self.then = then

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile(self)
        super().send(message, deadline=deadline)
        if meanwhile is not None and self.then:
            raise MailLater(self.then)


@pytest.mark.parametrize("then", ["", "the answer is lost"])
def test_after_a_mail_that_came_too_late_the_last_one_is_said_again(
    office: Office, then: str
) -> None:
    """A confirmation after the cancellation: whoever reads it believes that they are expected."""
    booking = booked(office)

    def meanwhile(post: Post) -> None:
        office.clock.forward(seconds=60)
        cancel(office.desk, booking_id=booking)
        drain(office.desk, mailer=post, limit=20, deadline=Deadline.after(60))

    office.post = Pausing(meanwhile, then=then)
    office.drain()
    office.settle()
    cancelled, late, again = office.post.sent
    assert [mail.calendar_method for mail in office.post.sent] == ["CANCEL", "REQUEST", "CANCEL"]
    assert again.text == cancelled.text
    assert again.message_id not in {cancelled.message_id, late.message_id}


def test_a_mail_that_came_too_late_is_answered_although_its_record_failed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = booked(office)

    def fails(*_: object) -> bool:
        monkeypatch.undo()
        raise RuntimeError("the database is away")

    def meanwhile(post: Post) -> None:
        office.clock.forward(seconds=60)
        cancel(office.desk, booking_id=booking)
        drain(office.desk, mailer=post, limit=20, deadline=Deadline.after(60))
        monkeypatch.setattr(undelivered, "delivered", fails)

    office.post = Pausing(meanwhile)
    office.drain()
    office.settle()
    assert [mail.calendar_method for mail in office.post.sent] == ["CANCEL", "REQUEST", "CANCEL"]


def test_a_mail_that_came_too_late_is_not_answered_where_a_newer_one_is_still_to_leave(
    office: Office,
) -> None:
    booking = booked(office)

    def meanwhile(post: Post) -> None:
        office.clock.forward(seconds=60)
        drain(office.desk, mailer=post, limit=20, deadline=Deadline.after(60))
        cancel(office.desk, booking_id=booking)

    office.post = Pausing(meanwhile)
    office.drain()
    office.settle()
    assert [mail.calendar_method for mail in office.post.sent] == ["REQUEST", "REQUEST", "CANCEL"]


def test_a_mail_that_another_worker_may_have_sent_a_moment_ago_is_said_again(
    office: Office,
) -> None:
    """Nobody knows whether it has left when the late one does."""
    booking = booked(office)

    def meanwhile(post: Post) -> None:
        office.clock.forward(seconds=60)
        drain(office.desk, mailer=post, limit=20, deadline=Deadline.after(60))
        cancel(office.desk, booking_id=booking)
        with office.desk.store.read() as uow:
            cancelled = uow.outbox.mails_of(booking)[-1].id
        lease = office.desk.settings.lease
        office.desk.store.transact(
            lambda uow: uow.outbox.take(cancelled, now=uow.now, until=uow.now + lease)
        )

    office.post = Pausing(meanwhile)
    office.drain()
    office.settle()
    methods = [mail.calendar_method for mail in office.post.sent]
    assert methods == ["REQUEST", "REQUEST", "CANCEL", "CANCEL"]


def test_a_courtesy_that_came_too_late_is_left_alone(office: Office) -> None:
    booking = booked(office)
    with office.desk.store.read() as uow:
        (mail,) = uow.outbox.mails_of(booking)
    office.drain()

    def work(uow: UnitOfWork) -> bool:
        uow.outbox.add(
            name=f"mail:{booking}:reminder",
            kind=Step.MAIL,
            booking_id=booking,
            now=uow.now,
            detail={"kind": MessageKind.REMINDER.value, "version": 1},
            leased_until=uow.now + office.desk.settings.lease,
        )
        return say_the_last_again(uow, mail)

    assert not office.desk.store.transact(work)
