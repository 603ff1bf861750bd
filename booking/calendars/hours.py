"""Working hours that calendars tell: read once a day where the mapping asks for them, and kept."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.calendars.connecting import reach
from booking.desk import Desk
from booking.store import UnitOfWork
from connectors.abilities import WorkingHours, WorkingHoursTelling
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, Unsupported
from mapping.model import HoursFrom

_log = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
#: What could not be read is tried again after this time; the last known hours count meanwhile.
AGAIN = timedelta(minutes=10)
_EACH = 5.0


def due(desk: Desk, *, limit: int) -> tuple[str, ...]:
    """Mailboxes whose working hours are asked for and were not read for a day."""
    with desk.store.read() as uow:
        before = uow.now - EVERY
        rows = uow.mailboxes.many(_asked_for(desk, uow))
        wanted = [
            row
            for row in rows
            if row.active
            and (
                row.working_hours_at is None
                or row.working_hours_at <= before
                or row.working_hours_at > uow.now + AGAIN  # the clock was put back
            )
        ]
        wanted.sort(key=lambda row: (row.working_hours is not None, row.id))
        return tuple(row.id for row in wanted[:limit])


def untold(desk: Desk) -> tuple[str, ...]:
    """Addresses of mailboxes that offer nothing, because their hours are asked for and unknown."""
    with desk.store.read() as uow:
        rows = uow.mailboxes.many(_asked_for(desk, uow))
        return tuple(
            sorted(row.address for row in rows if row.active and row.working_hours is None)
        )


def read_due(desk: Desk, *, deadline: Deadline, limit: int = 20) -> int:
    """Read those that are due, one after the other; how many told their hours."""
    count = 0
    for mailbox_id in due(desk, limit=limit):
        if deadline.passed:
            break
        count += read_hours(desk, mailbox_id=mailbox_id, deadline=deadline.sooner(_EACH))
    return count


def read_hours(desk: Desk, *, mailbox_id: str, deadline: Deadline) -> bool:
    """Ask one calendar for its owner's working hours; False where it did not tell."""
    try:
        with desk.store.read() as uow:
            place = reach(desk, uow, mailbox_id)
        connector = place.connector(desk)
        if not connector.capabilities.working_hours or not isinstance(
            connector, WorkingHoursTelling
        ):
            raise Unsupported("this provider tells no working hours")
        told = connector.working_hours(mailbox=place.ref, deadline=deadline)
        text = _kept(told)
    except (ConnectorError, ValueError, KeyError) as error:
        _log.warning("working hours of mailbox %s could not be read: %s", mailbox_id, error)
        desk.store.transact(
            lambda uow: uow.mailboxes.change(mailbox_id, working_hours_at=uow.now - EVERY + AGAIN)
        )
        return False

    def work(uow: UnitOfWork) -> None:
        uow.mailboxes.change(mailbox_id, working_hours=text, working_hours_at=uow.now)

    desk.store.transact(work)
    return True


def _asked_for(desk: Desk, uow: UnitOfWork) -> tuple[str, ...]:
    found: list[str] = []
    for slug in uow.catalogue.revisions():
        entry = catalogue.entry_of(desk, uow, slug)
        asking = {
            member.key
            for member in entry.municipality.staff
            if member.working_hours is HoursFrom.CALENDAR
        }
        found.extend(
            entry.mailbox_ids[mailbox.address]
            for mailbox in entry.municipality.mailboxes
            if mailbox.staff in asking and mailbox.address in entry.mailbox_ids
        )
    return tuple(found)


def _kept(told: WorkingHours | None) -> str:
    """JSON: zone, and [weekday, first minute, last minute] of each stretch; null: none are set."""
    if told is None:
        return json.dumps({"zone": "", "hours": None})
    zone = ZoneInfo(told.zone).key
    hours = [
        [day, start.hour * 60 + start.minute, end.hour * 60 + end.minute or 24 * 60]
        for day, start, end in told.hours
    ]
    return json.dumps({"zone": zone, "hours": sorted(hours)})
