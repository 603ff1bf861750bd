"""Securing online meetings: only the organiser admits, nothing is recorded. Never in anybody's way.

A booking is confirmed and its citizen told long before; where the provider does not let us, one
task says so to the office, and the meetings that lie ahead are tried again until somebody did it.
"""

from __future__ import annotations

from booking.calendars.connecting import Reach, reach
from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.model import BookingState
from booking.placement.owing import finish, postpone
from booking.placement.patience import SECURE_LATER, SECURE_REFUSED
from booking.placement.writing import admitted
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.outbox import Entry
from booking.store.placements import PlacementRow, PlacementState
from booking.tasks import TaskKind, owe_task, settle
from connectors.abilities import MeetingSecuring
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, NotAuthorised, TryLater, Unsupported

#: So often a meeting may be unknown to the provider before somebody is told.
_TRIES = 8


def secure(desk: Desk, *, entry: Entry, deadline: Deadline) -> bool:
    """Carry out a leased outbox entry of kind SECURE; whether it is done with."""
    with desk.store.read() as uow:
        found = _wanted(uow, entry)
    if found is None:
        return finish(desk, entry, "nothing to secure")
    row, placement = found
    place: Reach | None = None
    try:
        with desk.store.read() as uow:
            place = reach(desk, uow, placement.mailbox_id)
        connector = place.connector(desk)
        if not isinstance(connector, MeetingSecuring) or not connector.capabilities.secure_meetings:
            raise Unsupported("this provider cannot set the options of a meeting")
        with admitted(desk, place, deadline) as may_go:
            if not may_go:
                postpone(desk, entry, wait=SECURE_LATER.wait(1), outcome="turned away")
                return False
            connector.secure_meeting(
                mailbox=place.ref, meeting_url=row.personal.meeting_url, deadline=deadline
            )
    except TryLater as error:
        wait = SECURE_LATER.wait(entry.tries, retry_after=error.retry_after)
        postpone(desk, entry, wait=wait, outcome=code_of(error))
        return False
    except ConnectorError as error:
        return _not_secured(desk, entry, row, placement, error)
    return _secured(desk, entry, placement)


def not_secured_name(mailbox_id: str) -> str:
    """Name of the task that meetings of this mailbox cannot be secured."""
    return f"{TaskKind.MEETING_NOT_SECURED.value}:{mailbox_id}"


def _wanted(uow: UnitOfWork, entry: Entry) -> tuple[BookingRow, PlacementRow] | None:
    row = uow.bookings.get(entry.booking_id)
    placement = uow.placements.get(entry.placement_key or "")
    if (
        row is None
        or placement is None
        or row.state is not BookingState.CONFIRMED
        or placement.state != PlacementState.PLACED
        or not row.personal.meeting_url
        or row.ends_at <= uow.now
    ):
        return None
    return row, placement


def _secured(desk: Desk, entry: Entry, placement: PlacementRow) -> bool:
    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.finish(entry, now=uow.now, outcome="secured"):
            return False
        if settle(uow, name=not_secured_name(placement.mailbox_id)):
            # The others that were refused need not wait out their pauses.
            uow.outbox.hasten(placement.mailbox_id, now=uow.now)
        return True

    done = desk.store.transact(work)
    desk.wake("drain")
    return done


def _not_secured(
    desk: Desk, entry: Entry, row: BookingRow, placement: PlacementRow, error: ConnectorError
) -> bool:
    """One task for the mailbox; what was not granted is tried again: somebody may grant it."""
    refused = isinstance(error, NotAuthorised)

    def work(uow: UnitOfWork) -> None:
        if not uow.outbox.holds(entry):
            return
        if refused or entry.tries >= _TRIES:
            owe_task(
                uow,
                kind=TaskKind.MEETING_NOT_SECURED,
                municipality=row.municipality,
                mailbox_id=placement.mailbox_id,
                name=not_secured_name(placement.mailbox_id),
                detail={"error": str(error)[:1000], "code": code_of(error)},
                again=refused and entry.tries > 1,
            )
        if not refused and entry.tries >= _TRIES:
            # A meeting that is not ours to set stays as whoever made it left it.
            uow.outbox.finish(entry, now=uow.now, outcome=f"not secured: {code_of(error)}")
            return
        # What an administrator grants acts within half an hour (Teams access policy).
        wait = (SECURE_REFUSED if refused else SECURE_LATER).wait(entry.tries)
        uow.outbox.postpone(entry, until=uow.now + wait, outcome=code_of(error))

    desk.store.transact(work)
    return False
