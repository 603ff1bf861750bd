"""Looking at an event of ours as it is now: under its id, by its key, and with the colleagues."""

from __future__ import annotations

from dataclasses import dataclass

from booking.calendars.connecting import Reach, reach
from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.placement.writing import admitted
from booking.reconciling.subject import Subject
from connectors.contract import RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, TryLater


@dataclass(frozen=True, slots=True)
class Witness:
    """``event``: as the calendar of ``place`` holds it, None where there is none. With ``code``
    the calendar said nothing; ``unheard``: a colleague's did not, where the event may be."""

    event: RemoteEvent | None = None
    place: Reach | None = None
    code: str = ""
    retry_after: float | None = None
    unheard: bool = False


def witness(desk: Desk, subject: Subject, *, patient: bool, deadline: Deadline) -> Witness:
    """Where the event is now: if not in its calendar, then in those of the pool's colleagues, to
    whom an employee may have moved it. ``patient``: a colleague's calendar that is silent now is
    waited for. One that refuses us is not: its citizen would never hear of the deletion; but until
    the grace is over it is asked again soon."""
    try:
        event = _in(desk, subject.place, subject, deadline=deadline, by_id=True)
        if event is not None and not event.cancelled:
            return Witness(event, subject.place)
        if subject.offered is None:
            return Witness(event)
        unheard = False
        for mailbox_id, _, _ in subject.offered.pool:
            if mailbox_id == subject.place.row.id:
                continue
            try:
                with desk.store.read() as uow:
                    place = reach(desk, uow, mailbox_id)
                found = _in(desk, place, subject, deadline=deadline, by_id=False)
            except ConnectorError as error:
                if patient and isinstance(error, TryLater):
                    raise
                unheard = True
                continue
            if found is not None and not found.cancelled:
                return Witness(found, place)
        return Witness(event, unheard=unheard)
    except ConnectorError as error:
        after = error.retry_after if isinstance(error, TryLater) else None
        return Witness(code=code_of(error), retry_after=after)


def _in(
    desk: Desk, place: Reach, subject: Subject, *, deadline: Deadline, by_id: bool
) -> RemoteEvent | None:
    connector = place.connector(desk)
    with admitted(desk, place, deadline) as may_go:
        if not may_go:
            raise TryLater("the server is busy with others")
        try:
            if by_id:
                try:
                    return connector.get(
                        mailbox=place.ref, event_id=subject.placement.event_id, deadline=deadline
                    )
                except EventGone:
                    pass
            # Taken out of the bin, or dropped into another calendar, it may have another id.
            found = connector.find(mailbox=place.ref, key=subject.placement.key, deadline=deadline)
        except TryLater:
            if desk.bulkhead is not None:
                desk.bulkhead.report(place.row.server_id, ok=False)
            raise
        if desk.bulkhead is not None:
            desk.bulkhead.report(place.row.server_id, ok=True)
        return found
