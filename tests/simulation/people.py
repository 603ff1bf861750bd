"""Citizens and employees of one schedule: what they try, in what order, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from booking import cancelling, holds, offer, rescheduling, submitting
from booking.model import (
    BookingRequest,
    HoldLapsed,
    NotOffered,
    SlotTaken,
    Submission,
    TooManyHolds,
    WrongState,
)
from connectors.contract import Period
from mapping.model import Channel
from tests.booking.forms import CITIZEN, form
from tests.booking.town import SERVICE, TUESDAY
from tests.simulation.calendars import Stood
from tests.simulation.stage import DURATION, starts

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

_NO = (SlotTaken, HoldLapsed, WrongState, NotOffered, TooManyHolds)


@dataclass
class Told:
    """What citizens sent and were told: oracles hold the product to it."""

    acknowledged: set[str] = field(default_factory=set)  #: bookings
    forms: set[str] = field(default_factory=set)  #: keys of the forms that were sent
    cancelled: set[str] = field(default_factory=set)  #: bookings that were cancelled for good
    undone: set[str] = field(default_factory=set)  #: … and those that somebody wanted back


class Citizen:
    """Chooses, keeps, books; then perhaps moves, cancels, takes it back, sends the form again."""

    service = SERVICE

    def __init__(self, schedule: Schedule, number: int, told: Told) -> None:
        self._schedule, self._told = schedule, told
        self.name = f"citizen{number}"
        rng = schedule.rng
        self._start = rng.choice(starts()[:2] if rng.random() < 0.7 else starts())
        self._keeps = rng.random() < 0.5
        self._plans = [
            rng.choice(("move", "move", "cancel", "cancel", "undo", "again", "details"))
            for _ in range(rng.randrange(3))
        ]
        self._hold_id: str | None = None
        self._booking_id: str | None = None
        self._submitted = False

    def act(self) -> None:
        """From wherever it stands: somebody whose page broke begins with the same form again."""
        if self._booking_id is None:
            self._book()
        while self._booking_id is not None and self._plans:
            self._rest()
            self._follow(self._plans.pop(0))

    def _rest(self) -> None:
        # What staff do is looked at after half a minute.
        self._schedule.sleep(self._schedule.rng.choice((0.0, 0.0, 33.0)))

    def crashed(self) -> None:
        """The web process died before it answered; most people press the button again."""
        if self._schedule.rng.random() < 0.7:
            self._schedule.add(f"{self.name}'", self.act, on_crash=self.crashed)

    def _book(self) -> None:
        schedule, desk = self._schedule, self._schedule.stage.desk
        if self._keeps and not self._submitted:
            schedule.operation()
            try:
                hold = holds.take(
                    desk,
                    service_id=self.service,
                    channel=Channel.IN_PERSON,
                    starts_at=self._start,
                    session_key=self.name,
                )
            except SlotTaken as taken:
                if not taken.alternatives:
                    return
                self._start = taken.alternatives[0].start
            else:
                self._hold_id = hold.id
        for _ in range(2):
            self._submitted = True
            schedule.operation()
            request = self._form()
            key = f"{self.name}/{self._start}"
            self._told.forms.add(key)
            try:
                self._heard(submitting.submit(desk, request=request, idempotency_key=key))
                return
            except SlotTaken as taken:
                schedule.note("refused")
                if not taken.alternatives:
                    return
                self._start, self._hold_id = taken.alternatives[0].start, None
            except _NO:
                return

    def _form(self) -> BookingRequest:
        return form(self._start, hold_id=self._hold_id, service_id=self.service)

    def _heard(self, said: Submission) -> None:
        self._booking_id = said.booking.id
        self._told.acknowledged.add(said.booking.id)
        self._schedule.note("told", said.booking.state.value, said.booking.id[:6])
        if self._plans and self._schedule.rng.random() < 0.4:
            plan = self._plans.pop()
            self._schedule.add(f"{self.name}, other window", lambda: self._follow(plan))

    def _follow(self, plan: str) -> None:
        schedule, desk, booking_id = self._schedule, self._schedule.stage.desk, self._booking_id
        assert booking_id is not None
        schedule.operation()
        try:
            if plan == "again":
                submitting.submit(
                    desk,
                    request=self._form(),
                    idempotency_key=f"{self.name}/{self._start}",
                )
            elif plan == "move":
                wanted = schedule.rng.choice(starts())
                rescheduling.reschedule(
                    desk, booking_id=booking_id, starts_at=wanted, citizen=None, answers=None
                )
            elif plan == "details":
                rescheduling.reschedule(
                    desk, booking_id=booking_id, starts_at=None, citizen=CITIZEN, answers={}
                )
            else:
                cancelling.cancel(desk, booking_id=booking_id)
                self._told.cancelled.add(booking_id)
                if plan == "undo":
                    self._told.undone.add(booking_id)
                    schedule.operation()
                    cancelling.undo(desk, booking_id=booking_id)
            schedule.note(plan, "done")
        except _NO as no:
            schedule.note(plan, type(no).__name__)


class Visitor:
    """Looks what is free, and is never shown what cannot be known."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._looks = schedule.rng.randrange(1, 3)

    def act(self) -> None:
        for _ in range(self._looks):
            self._schedule.operation()
            found = offer.available(
                self._schedule.stage.desk,
                service_id=SERVICE,
                channel=Channel.IN_PERSON,
                first=TUESDAY,
                last=TUESDAY,
                refresh=False,
            )
            if self._schedule.oracles is not None:
                self._schedule.oracles.offered([each.start for each in found.slots])


class Employee:
    """Works in the calendar itself, at any moment, and knows nothing of us."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._deeds = [
            self.meeting,
            self.meeting,
            self.meeting,
            self.no_meeting,
            self.delete,
            self.slip,
            self.slip,
            self.put_back,
            self.move,
            self.move,
            self.edit,
            self.carry,
        ]
        self._meetings: list[tuple[str, str]] = []
        self._deleted: list[tuple[str, Stood]] = []

    def plan(self, count: int) -> list[Callable[[], None]]:
        return [self._schedule.rng.choice(self._deeds) for _ in range(count)]

    def meeting(self) -> None:
        """Somebody enters a meeting over one of the starts."""
        rng, calendars = self._schedule.rng, self._schedule.calendars
        address = rng.choice(sorted(calendars.boxes))
        start = rng.choice(starts()) + timedelta(minutes=rng.choice((-20, 0, 15)))
        event_id = calendars.put_foreign(address, Period(start, start + timedelta(minutes=25)))
        self._meetings.append((address, event_id))
        self._say("meeting", address)

    def no_meeting(self) -> None:
        if self._meetings:
            address, event_id = self._meetings.pop()
            self._schedule.calendars.remove(address, event_id)
            self._say("no meeting", address)

    def delete(self) -> None:
        if found := self._ours():
            address, event_id = found
            self._deleted.append((address, self._schedule.calendars.remove(address, event_id)))
            self._say("deletes", event_id)

    def slip(self) -> None:
        """Deletes by mistake, and takes it back in time."""
        before = len(self._deleted)
        self.delete()
        if len(self._deleted) > before:
            self._schedule.later(
                self._schedule.rng.choice((20.0, 200.0, 500.0)), self.put_back, fault=False
            )

    def move(self) -> None:
        if found := self._ours():
            address, event_id = found
            start = self._schedule.rng.choice(starts())
            period = Period(start, start + timedelta(minutes=DURATION))
            self._schedule.calendars.move(address, event_id, period)
            self._say("moves", event_id)

    def carry(self) -> None:
        """One that is confirmed: what is still on its way nobody has reason to hand on."""
        if (found := self._ours()) and self._is_confirmed(*found):
            address, event_id = found
            to = next(each for each in sorted(self._schedule.calendars.boxes) if each != address)
            self._schedule.calendars.carry(address, event_id, to)
            self._say("carries over", event_id)

    def edit(self) -> None:
        if found := self._ours():
            self._schedule.calendars.edit(*found)
            self._say("edits", found[1])

    def put_back(self) -> None:
        if self._deleted:
            address, old = self._deleted.pop()
            self._schedule.calendars.put_back(address, old)
            self._say("puts back", address)

    def _is_confirmed(self, address: str, event_id: str) -> bool:
        stood = self._schedule.calendars.boxes[address][event_id]
        (count,) = self._schedule.stage.raw.execute(
            "SELECT count(*) FROM placement p JOIN booking b ON b.id = p.booking_id"
            " WHERE p.key = ? AND p.state = 'placed' AND b.state = 'confirmed'"
            " AND b.pending_starts_at IS NULL",
            (stood.event.key,),
        ).fetchone()
        return bool(count)

    def _ours(self) -> tuple[str, str] | None:
        found = sorted(
            place for places in self._schedule.calendars.own.values() for place in places
        )
        return self._schedule.rng.choice(found) if found else None

    def _say(self, what: str, where: str) -> None:
        self._schedule.trace.append(("employee", what, where))
