"""Taking the name out of old events: their booking was erased, and calendars keep things for ever.

Only text is rewritten: when the appointment was, and what staff made of it, stays. Nothing here
ever looks like a change by staff, because reviews leave erased bookings alone.
"""

from __future__ import annotations

from datetime import timedelta

from booking import catalogue
from booking.calendars.connecting import Reach, reach
from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.model import NotOffered
from booking.placement.events import FORGETS, draft_without_name
from booking.placement.owing import finish
from booking.placement.own_events import put_event
from booking.placement.patience import FORGET_LATER
from booking.placement.writing import admitted
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.outbox import Entry, Step
from booking.store.placements import PlacementRow, PlacementState
from booking.tasks import TaskKind, owe_task
from connectors.contract import RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import Conflict, ConnectorError, EventGone, MailboxNotFound, TryLater


def owe_forgetting(uow: UnitOfWork, booking_id: str, *, after: timedelta = timedelta(0)) -> None:
    """A step for every event of the booking that may (still) stand in a calendar, once each."""
    for placement in uow.placements.of_booking(booking_id):
        refused = placement.state == PlacementState.REFUSED and not placement.outcome_unknown
        name = f"forget:{placement.key}"
        if refused or placement.state == PlacementState.REMOVED or uow.outbox.known(name):
            continue
        uow.outbox.add(
            name=name,
            kind=Step.FORGET,
            booking_id=booking_id,
            placement_key=placement.key,
            now=uow.now,
            not_before=uow.now + after,
        )


def forget(desk: Desk, *, entry: Entry, deadline: Deadline) -> bool:
    """Carry out a leased outbox entry of kind FORGET; whether it is done with. An event that is
    not there any more has been forgotten."""
    place: Reach | None = None
    try:
        with desk.store.read() as uow:
            row = uow.bookings.get(entry.booking_id)
            placement = uow.placements.get(entry.placement_key or "")
            if row is None or placement is None or row.erased_at is None:
                return finish(desk, entry, "nothing to forget")
            place = reach(desk, uow, placement.mailbox_id)
        with admitted(desk, place, deadline) as may_go:
            if not may_go:
                raise TryLater("the server is busy with others")
            written = _rewritten(desk, place, row, placement, deadline)
            if desk.bulkhead is not None:
                desk.bulkhead.report(place.row.server_id, ok=True)
    except MailboxNotFound as error:
        if place is None:
            # Not the calendar says so but our mapping: that can be put right.
            return _later(desk, entry, error)
        return finish(desk, entry, "the mailbox is gone")
    except ConnectorError as error:
        if desk.bulkhead is not None and place is not None and isinstance(error, TryLater):
            desk.bulkhead.report(place.row.server_id, ok=False)
        return _later(desk, entry, error)
    return _record(desk, entry, place, placement, written)


def _rewritten(
    desk: Desk, place: Reach, row: BookingRow, placement: PlacementRow, deadline: Deadline
) -> tuple[RemoteEvent, str] | None:
    """The event without the name, as it was read back, and the etag of the version that it took
    the place of; None where there is none."""
    connector = place.connector(desk)
    try:
        seen = _seen(desk, place, placement, deadline)
        if seen is None:
            return None
        draft = draft_without_name(
            row.view(), seen=seen, service=_title(desk, row), settings=desk.settings
        )
        written = connector.update(mailbox=place.ref, ref=seen.ref, draft=draft, deadline=deadline)
        back = connector.get(mailbox=place.ref, event_id=written.ref.id, deadline=deadline)
    except EventGone:
        return None
    if any(line.startswith(FORGETS) for line in back.body.splitlines()):
        raise Conflict("the event still has the text that was to go")
    return back, seen.ref.etag


def _seen(
    desk: Desk, place: Reach, placement: PlacementRow, deadline: Deadline
) -> RemoteEvent | None:
    connector = place.connector(desk)
    if placement.event_id:
        try:
            return connector.get(mailbox=place.ref, event_id=placement.event_id, deadline=deadline)
        except EventGone:
            pass
    # Taken out of the bin, or never recorded, it may have another id.
    return connector.find(mailbox=place.ref, key=placement.key, deadline=deadline)


def _title(desk: Desk, row: BookingRow) -> str:
    try:
        return catalogue.service(desk, row.service_id)[1].title.el
    except NotOffered:
        return ""


def _record(
    desk: Desk,
    entry: Entry,
    place: Reach,
    placement: PlacementRow,
    written: tuple[RemoteEvent, str] | None,
) -> bool:
    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.finish(
            entry, now=uow.now, outcome="forgotten" if written else "the event is gone"
        ):
            return False
        if written is not None:
            event, over = written
            uow.placements.change(placement.key, event_id=event.ref.id, etag=event.ref.etag)
            if not event.recurring:
                # The next reading finds its version known.
                put_event(uow, place, event=event, key=placement.key, over=over, disturbed=True)
        return True

    return desk.store.transact(work)


def _later(desk: Desk, entry: Entry, error: ConnectorError) -> bool:
    """Tried again for a week; then a person takes the name out."""

    def work(uow: UnitOfWork) -> bool:
        if not FORGET_LATER.over(now=uow.now, since=entry.created_at):
            after = error.retry_after if isinstance(error, TryLater) else None
            wait = FORGET_LATER.wait(entry.tries, retry_after=after)
            uow.outbox.postpone(entry, until=uow.now + wait, outcome=code_of(error))
            return False
        if not uow.outbox.finish(entry, now=uow.now, outcome=f"given up: {code_of(error)}"):
            return False
        row = uow.bookings.get(entry.booking_id)
        placement = uow.placements.get(entry.placement_key or "")
        if row is not None and placement is not None:
            owe_task(
                uow,
                kind=TaskKind.NAME_IN_CALENDAR,
                municipality=row.municipality,
                booking_id=row.id,
                mailbox_id=placement.mailbox_id,
                name=f"{TaskKind.NAME_IN_CALENDAR.value}:{placement.key}",
                detail={"error": code_of(error)},
            )
        return True

    return desk.store.transact(work)
