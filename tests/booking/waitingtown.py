"""A town whose services have a waiting list, and people who wait in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from booking import rescheduling, waiting
from booking.housekeeping import tend
from booking.messages import OutgoingMail
from booking.model import BookingView
from mapping.model import FairAccess, Municipality
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.town import TUESDAY, town


def waiting_town(*, return_after: int = 0, **other: Any) -> Municipality:
    plain = town(**other)
    services = tuple(replace(each, waiting_list=True) for each in plain.services)
    fair = FairAccess(return_after_minutes=return_after)
    return replace(plain, services=services, fair_access=fair)


def person(name: str) -> dict[str, Any]:
    return {"citizen": replace(CITIZEN, name=name, email=f"{name.lower()}@example.com")}


@dataclass
class Line:
    """All of Tuesday's times are somebody's; whoever waits has one on Thursday."""

    office: Office
    tuesday: list[BookingView]

    @classmethod
    def at(cls, office: Office) -> Line:
        slots = office.free(TUESDAY)
        return cls(
            office,
            [
                office.book(slot.start, key=f"early{number}", **person(f"Early{number}")).booking
                for number, slot in enumerate(slots)
            ],
        )

    def waits(
        self, name: str, *, earliest: date | None = None, start: datetime | None = None
    ) -> BookingView:
        """Has a time on Thursday, and waits since now."""
        office = self.office
        (first, *_) = office.free(date(2026, 6, 4))
        booked = office.book(start or first.start, key=name, **person(name)).booking
        # Wednesday is nobody's: what is free already needs no waiting.
        waiting.join(office.desk, booking_id=booked.id, earliest=earliest)
        office.clock.forward(seconds=1)
        return booked

    def tick(self, **forward: float) -> None:
        self.office.clock.forward(**forward)
        self.office.read_all()
        tend(self.office.desk)

    def mails(self) -> list[OutgoingMail]:
        """What was sent since the last time about earlier times."""
        self.office.drain()
        sent = [mail for mail in self.office.post.sent if "νωρίτερη ώρα" in mail.subject]
        self.office.post.sent.clear()
        return sent

    def offer(self, booked: BookingView) -> datetime | None:
        wait = waiting.waits(self.office.desk, booking_id=booked.id)
        return wait.offer.period.start if wait is not None and wait.offer is not None else None

    def take(self, booked: BookingView, start: datetime) -> BookingView:
        return rescheduling.reschedule(
            self.office.desk, booking_id=booked.id, starts_at=start, citizen=None, answers=None
        )
