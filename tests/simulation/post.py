"""The mail server of one schedule, and what it was given."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from booking import mails
from booking.desk import MailLater
from booking.messages import OutgoingMail
from connectors.contract import Period
from connectors.deadline import Deadline
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule


#: The package gives the function the module's name.
_RENDERING = importlib.import_module("booking.messages.render")


@dataclass(frozen=True, slots=True)
class Delivered:
    message_id: str
    kind: str
    booking_id: str
    version: int
    period: Period
    at: datetime
    offer: datetime | None = None  #: an earlier time that is kept for them
    apart: str = ""  #: tells it from others of its kind and version


class Post:
    """A mailer that loses answers and is down now and then."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.delivered: list[Delivered] = []
        self.down_until: datetime | None = None
        #: For how many seconds a conversation stops in the middle.
        self.stalls: Callable[[], float] = lambda: 0.0

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        schedule = self._schedule
        schedule.switch("mail")
        schedule.stand_still(self.stalls())
        if schedule.current is not None:
            schedule.current.outlived = deadline.passed
        if self.down_until is not None and schedule.clock.now < self.down_until:
            raise MailLater("down")
        fault = schedule.fault_of("mail", writes=False)
        lost = fault is not None and schedule.rng.random() < 0.6
        if fault is None or lost:
            self._accept(message)
            schedule.switch("mail answers")
        if fault is not None:
            raise MailLater("no answer", retry_after=getattr(fault.error, "retry_after", None))

    def _accept(self, message: OutgoingMail) -> None:
        kind, booking_id, version, start, end, offer, apart = message.subject.split("|")
        mail = Delivered(
            message.message_id,
            kind,
            booking_id,
            int(version),
            Period(datetime.fromisoformat(start), datetime.fromisoformat(end)),
            self._schedule.clock.now,
            datetime.fromisoformat(offer) if offer else None,
            apart,
        )
        self.delivered.append(mail)
        self._schedule.note("delivered", kind, booking_id[:6], int(version))
        if self._schedule.oracles is not None:
            self._schedule.oracles.mail(mail)

    def down(self, seconds: float) -> None:
        self.down_until = self._schedule.clock.now + timedelta(seconds=seconds)
        self._schedule.last_fault = max(self._schedule.last_fault, self.down_until)


#: Which mails say the truth about a state.
TRUE_IN = {
    "confirmed": {
        "confirmation",
        "changed",
        "cancel_undone",
        "office_moved",
        "office_restored",
        "earlier",
    },
    "cancelling": {"cancelled"},
    "cancelled": {"cancelled"},
    "released": {"released", "office_cancelled"},
    "conflict": {"office_conflict"},
}


def _short(kind: Any, *, booking: Any, links: Any, stamp: Any, **other: Any) -> OutgoingMail:
    """Identity and facts of a mail without its words, which take a thousand times longer."""
    if kind.value not in TRUE_IN.get(booking.state.value, ()):
        raise Violation(f"S5: a mail {kind.value} about a booking that is {booking.state.value}")
    offer = other["alternatives"][0].start.isoformat() if kind.value == "earlier" else ""
    return OutgoingMail(
        message_id=_RENDERING._message_id(kind, booking, links.host, other.get("apart", "")),
        sender="office@town.example",
        sender_name="",
        recipient=booking.citizen.email,
        subject=f"{kind.value}|{booking.id}|{booking.version}"
        f"|{booking.period.start.isoformat()}|{booking.period.end.isoformat()}|{offer}"
        f"|{other.get('apart', '')}",
        text="",
        html="",
        calendar=None,
        calendar_method=None,
        language=booking.language,
        stamp=stamp,
    )


@contextmanager
def short_mails() -> Iterator[None]:
    real = mails.render
    mails.render = _short
    try:
        yield
    finally:
        mails.render = real
