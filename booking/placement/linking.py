"""Looking for a meeting link that was not there when its event was written, or is another now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from booking.calendars.connecting import Reach, reach
from booking.calendars.links import owe_look, usable_link
from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState
from booking.placement.meetings import missing_name, owe_securing
from booking.placement.owing import finish, owe_mail
from booking.placement.patience import LINK_MISSING, LINK_SILENT
from booking.placement.writing import admitted
from booking.store import UnitOfWork, fingerprint
from booking.store.bookings import BookingRow
from booking.store.outbox import Entry
from booking.store.placements import PlacementRow, PlacementState
from booking.tasks import TaskKind, owe_task, settle
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, TryLater
from mapping.model import Channel

#: A look at an event that somebody changed is not worth more than this.
_TRIES = 6


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the calendar said: no ``link`` where there is none, a ``code`` where it said nothing."""

    link: str = ""
    code: str = ""
    retry_after: float | None = None


def look_for_link(desk: Desk, *, entry: Entry, deadline: Deadline) -> bool:
    """Carry out a leased outbox entry of kind LINK; whether it is done with."""
    with desk.store.read() as uow:
        found = _wanted(uow, entry)
    if found is None:
        return finish(desk, entry, "nothing to look for")
    place, seen = _look(desk, found[1], deadline)
    if place is None or seen.code or not seen.link:
        return _go_on(desk, entry, seen)
    return _take_over(desk, entry, place, seen.link)


def ask_now(desk: Desk, *, booking_id: str, deadline: Deadline) -> None:
    """The citizen is at the door: look at once. Nothing is written down but a link that was not
    known."""
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        placed = [
            each
            for each in uow.placements.of_booking(booking_id)
            if each.state == PlacementState.PLACED and each.event_id
        ]
    if row is None or not placed:
        return
    place, seen = _look(desk, placed[-1], deadline)
    if place is None or seen.link in {"", row.personal.meeting_url}:
        return
    version = row.version

    def work(uow: UnitOfWork) -> Entry | None:
        why = f"asked:{fingerprint('meeting', seen.link)[:16]}:{version}"
        return owe_look(uow, placed[-1], why=why, search=False, leased_by_us=desk.settings.lease)

    entry = desk.store.transact(work)
    if entry is not None:
        _take_over(desk, entry, place, seen.link)


def _wanted(
    uow: UnitOfWork, entry: Entry, *, lock: bool = False
) -> tuple[BookingRow, PlacementRow] | None:
    """Booking and placement, if the booking still takes place there as a teleconference."""
    row = uow.bookings.get(entry.booking_id, lock=lock)
    placement = uow.placements.get(entry.placement_key or "")
    if (
        row is None
        or placement is None
        or row.state is not BookingState.CONFIRMED
        or row.channel != Channel.TELECONFERENCE
        or placement.state != PlacementState.PLACED
        or not placement.event_id
        or row.ends_at <= uow.now
    ):
        return None
    return row, placement


def _look(desk: Desk, placement: PlacementRow, deadline: Deadline) -> tuple[Reach | None, _Seen]:
    place: Reach | None = None
    try:
        with desk.store.read() as uow:
            place = reach(desk, uow, placement.mailbox_id)
        with admitted(desk, place, deadline) as may_go:
            if not may_go:
                return place, _Seen(code="turned away")
            event = place.connector(desk).get(
                mailbox=place.ref, event_id=placement.event_id, deadline=deadline
            )
            if desk.bulkhead is not None:
                desk.bulkhead.report(place.row.server_id, ok=True)
            return place, _Seen(link=usable_link(event.meeting_url))
    except EventGone:
        # What becomes of the booking is for whoever reads the calendar; a link there is not.
        return place, _Seen()
    except ConnectorError as error:
        later = isinstance(error, TryLater)
        if desk.bulkhead is not None and place is not None and later:
            desk.bulkhead.report(place.row.server_id, ok=False)
        after = error.retry_after if isinstance(error, TryLater) else None
        return place, _Seen(code=code_of(error), retry_after=after)


def _take_over(desk: Desk, entry: Entry, place: Reach, link: str) -> bool:
    """Store the link, and tell the citizen where there was none before."""

    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.holds(entry):
            return False
        found = _wanted(uow, entry, lock=True)
        uow.outbox.finish(entry, now=uow.now, outcome="link seen")
        if found is None:
            return True
        row, placement = found
        settle(uow, name=missing_name(placement.key))
        owe_securing(uow, place, placement, link=link)
        before = row.personal.meeting_url
        if link == before:
            return True
        uow.bookings.change(row, now=uow.now, personal=replace(row.personal, meeting_url=link))
        if not before:
            owe_mail(
                uow, booking_id=row.id, kind=MessageKind.MEETING_READY, version=row.version + 1
            )
        return True

    done = desk.store.transact(work)
    desk.wake("drain")
    return done


def _go_on(desk: Desk, entry: Entry, seen: _Seen) -> bool:
    """No link: look again later, or call a person and tell the citizen that one was called."""
    search = bool(entry.detail.get("search"))

    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.holds(entry):
            return False
        found = _wanted(uow, entry, lock=True)
        if found is None or found[0].personal.meeting_url:
            uow.outbox.finish(entry, now=uow.now, outcome="nothing to look for")
            return True
        if not search and (not seen.code or entry.tries >= _TRIES):
            uow.outbox.finish(entry, now=uow.now, outcome=seen.code or "no link")
            return True
        row, placement = found
        patience = LINK_SILENT if seen.code else LINK_MISSING
        over = patience.over(now=uow.now, since=entry.created_at, starts_at=row.starts_at)
        if search and over:
            _call_somebody(uow, row, placement)
            uow.outbox.finish(entry, now=uow.now, outcome="no link: the office was asked")
            return True
        wait = patience.wait(entry.tries, retry_after=seen.retry_after)
        uow.outbox.postpone(entry, until=uow.now + wait, outcome=seen.code or "no link yet")
        return False

    done = desk.store.transact(work)
    desk.wake("drain")
    return done


def _call_somebody(uow: UnitOfWork, row: BookingRow, placement: PlacementRow) -> None:
    owe_task(
        uow,
        kind=TaskKind.MEETING_LINK_MISSING,
        municipality=row.municipality,
        booking_id=row.id,
        mailbox_id=placement.mailbox_id,
        name=missing_name(placement.key),
    )
    owe_mail(uow, booking_id=row.id, kind=MessageKind.MEETING_MISSING, version=row.version)
