"""A town that reminds its citizens, and what leaves at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from booking.housekeeping import tend
from booking.messages import OutgoingMail
from booking.model import BookingState, BookingView
from mapping.model import LocalText, Municipality
from tests.booking.conftest import Office
from tests.booking.town import town

DAY, HOUR = 24 * 60, 60


def with_mails(
    *minutes: int, follow_up: str = "", before: Municipality | None = None
) -> Municipality:
    base = before or town()
    (service,) = base.services
    told = replace(service, reminder_minutes=minutes, follow_up=LocalText(follow_up))
    return replace(base, services=(told,))


def booked(office: Office, day: int = 10, hour: int = 9) -> BookingView:
    """An appointment of June, with its confirmation sent."""
    done = office.book(office.at(day, hour), key=f"{day}-{hour}").booking
    assert done.state is BookingState.CONFIRMED
    assert len(mails(office)) == 1
    return done


def mails(office: Office) -> list[OutgoingMail]:
    """What leaves when a worker looks."""
    office.drain()
    sent, office.post.sent = office.post.sent, []
    return sent


def at(office: Office, moment: datetime) -> list[str]:
    """The subjects of what leaves at that moment, after the ticker has looked."""
    office.clock.now = moment
    tend(office.desk)
    return [mail.subject for mail in mails(office)]


def outcomes(office: Office, booking_id: str, kind: str) -> list[str]:
    with office.desk.store.read() as uow:
        rows = uow.outbox.mails_of(booking_id)
    return [each.outcome for each in rows if each.detail["kind"] == kind]


REMINDER = "Υπενθύμιση για το ραντεβού σας: Τετάρτη 10 Ιουνίου, 9:00 π.μ."
THANKS = "Ευχαριστούμε που ήρθατε.\n\nΠείτε μας πώς σας φάνηκε: https://town.example/gnomi"


def followed(make_office: Callable[..., Office]) -> tuple[Office, BookingView]:
    office = make_office(with_mails(follow_up=THANKS))
    return office, booked(office)
