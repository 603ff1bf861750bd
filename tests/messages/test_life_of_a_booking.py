"""The mails of one booking over its life, as the outbox sends and a mail program applies them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from booking import cancelling, offer, outbox, rescheduling, submitting
from booking.messages import OutgoingMail
from booking.model import BookingRequest, BookingState, BookingView, Citizen
from connectors.deadline import Deadline
from mapping.model import Channel
from tests.booking_web.desk import START, House, house

SERVICE = "kavala.mayor-office-appointment"
CITIZEN = Citizen("Μαρία Παππά", "maria@example.gr", "+306941234567")
SUBJECT_MATTER = "Διαφορά με τον γείτονα"


@dataclass
class Collecting:
    """Takes every mail (``booking.desk.Mailer``)."""

    taken: list[OutgoingMail] = field(default_factory=list)

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.taken.append(message)


@dataclass
class MailProgram:
    """The citizen's calendar: the highest SEQUENCE of a UID counts (RFC 5546, 2.1.5)."""

    events: dict[str, Any] = field(default_factory=dict)

    def open(self, mail: OutgoingMail) -> None:
        assert mail.calendar is not None
        calendar = Calendar.from_ical(mail.calendar)
        assert calendar["METHOD"] == mail.calendar_method
        event = calendar.walk("VEVENT")[0]
        known = self.events.get(str(event["UID"]))
        if known is None or event["SEQUENCE"] > known["SEQUENCE"]:
            self.events[str(event["UID"])] = event

    @property
    def only(self) -> Any:
        (event,) = self.events.values()
        return event


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


def slots(home: House) -> list[Any]:
    found = offer.available(
        home.desk,
        service_id=SERVICE,
        channel=Channel.TELECONFERENCE,
        first=START.date(),
        last=date(2027, 1, 22),
        refresh=False,
    )
    return list(found.slots)


def book(home: House) -> BookingView:
    slot = slots(home)[3]
    done = submitting.submit(
        home.desk,
        request=BookingRequest(
            service_id=SERVICE,
            channel=Channel.TELECONFERENCE,
            starts_at=slot.start,
            citizen=CITIZEN,
            answers={"subject": SUBJECT_MATTER},
            declarations={},
            consent_version="1.0",
            language="el",
        ),
        idempotency_key="the form's key",
    )
    assert done.booking.state is BookingState.CONFIRMED
    return done.booking


def mails(home: House) -> list[OutgoingMail]:
    mailer = Collecting()
    outbox.drain(home.desk, mailer=mailer, limit=20, deadline=Deadline.after(20))
    return mailer.taken


def test_a_mail_program_follows_the_booking(home: House) -> None:
    program, booked = MailProgram(), book(home)
    (confirmation,) = mails(home)
    program.open(confirmation)
    assert program.only["DTSTART"].dt == booked.period.start
    assert confirmation.subject.startswith("Το ραντεβού σας: ")

    target = slots(home)[9]
    rescheduling.reschedule(
        home.desk, booking_id=booked.id, starts_at=target.start, citizen=None, answers=None
    )
    (changed,) = mails(home)
    program.open(changed)
    assert program.only["DTSTART"].dt == target.start
    assert "Προηγούμενη ώρα" in changed.text

    cancelling.cancel(home.desk, booking_id=booked.id)
    (cancelled,) = mails(home)
    program.open(cancelled)
    assert program.only["STATUS"] == "CANCELLED"
    assert "Αναίρεση της ακύρωσης" in cancelled.text

    cancelling.undo(home.desk, booking_id=booked.id)
    (undone,) = mails(home)
    program.open(undone)
    assert program.only["STATUS"] == "CONFIRMED"
    assert program.only["DTSTART"].dt == target.start

    sent = [confirmation, changed, cancelled, undone]
    assert len({mail.message_id for mail in sent}) == len(sent)
    for mail in sent:
        whole = mail.subject + mail.text + mail.html + (mail.calendar or b"").decode()
        assert booked.reference in whole
        assert "6941234567" not in whole
        assert SUBJECT_MATTER not in whole
    assert mails(home) == []


def test_other_details_are_told_under_another_name(home: House) -> None:
    booked = book(home)
    mails(home)
    told = []
    for email in ("maria.pappa@example.gr", "m.pappa@example.gr"):
        citizen = Citizen(CITIZEN.name, email, CITIZEN.phone)
        rescheduling.reschedule(
            home.desk, booking_id=booked.id, starts_at=None, citizen=citizen, answers=None
        )
        told += mails(home)
    assert [mail.recipient for mail in told] == ["maria.pappa@example.gr", "m.pappa@example.gr"]
    assert len({mail.message_id for mail in told}) == 2
    assert all("Τα στοιχεία του ραντεβού σας άλλαξαν" in mail.text for mail in told)
