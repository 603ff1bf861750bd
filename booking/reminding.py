"""Mails around the appointment: reminders before it, a word of the service on the day after.

They are looked for once a minute in the bookings as they are, and owed when their time has come:
what is booked, moved, cancelled or taken back meanwhile needs no step of its own, and other times
in the mapping count for every booking from then on. Whoever has been written to about their
appointment since the reminder's time gets none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import NotOffered
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.columns import to_microseconds
from booking.store.outbox import Entry, Step
from booking.store.reminders import Due
from connectors.deadline import Deadline
from mapping.file import MappingFileError
from mapping.model import Municipality, service_id

_log = logging.getLogger(__name__)

#: How much one transaction tends to, of one municipality.
_SOME = 200
#: What one round may take of the ticker's time.
_SECONDS = 10.0
#: Mails that were due longer ago are not sent any more; nothing was at work meanwhile.
LATE = timedelta(days=2)
#: When the mail after the appointment leaves, on the next day, by the municipality's clock.
AFTERWARDS = time(10)
#: Nobody of the office need call because one of these did not arrive.
COURTESIES = frozenset({MessageKind.REMINDER, MessageKind.FOLLOW_UP})


def owe_due(desk: Desk) -> int:
    """Owe the mails whose time has come; how many that were."""
    count, enough = 0, Deadline.after(_SECONDS)
    with desk.store.read() as uow:
        slugs = tuple(uow.catalogue.revisions())
    for slug in slugs:
        # Mappings that were read before cost nothing: the next round gets further.
        if enough.remaining() <= 0:
            break
        within = _mapping(desk, slug)
        if within is not None and _has_any(desk, within):
            count += desk.store.transact(partial(_owe, within=within))
    if count:
        desk.wake("drain")
    return count


def still_true(uow: UnitOfWork, entry: Entry, row: BookingRow) -> bool:
    """Whether a mail of ``COURTESIES`` is to leave, now that it could."""
    same_time = entry.detail["starts_at"] == to_microseconds(row.starts_at)
    if not same_time or row.erased_at is not None or not row.personal.citizen.email:
        return False
    if entry.detail["kind"] == MessageKind.FOLLOW_UP:
        return row.ends_at <= uow.now
    if row.pending_starts_at is not None or row.starts_at <= uow.now:
        return False
    # Where mails could not leave for long, the one that is nearest to the appointment is enough.
    return not any(
        each.id > entry.id and each.detail["kind"] == MessageKind.REMINDER
        for each in uow.outbox.mails_of(row.id)
    )


def _mapping(desk: Desk, slug: str) -> Municipality | None:
    """One that cannot be read any more keeps nobody else's mails."""
    with desk.store.read() as uow:
        try:
            return catalogue.entry_of(desk, uow, slug).municipality
        except (NotOffered, MappingFileError) as error:
            _log.error("no reminders of %s: %s", slug, error)
            return None


def _has_any(desk: Desk, within: Municipality) -> bool:
    if not any(each.reminder_minutes or each.follow_up.el for each in within.services):
        return False
    with desk.store.read() as uow:
        return any(True for _ in _due(uow, within))


def _owe(uow: UnitOfWork, within: Municipality) -> int:
    count = 0
    for due, kind, name in _due(uow, within):
        if not uow.outbox.known(name):
            uow.outbox.add(
                name=name,
                kind=Step.MAIL,
                booking_id=due.booking_id,
                now=uow.now,
                detail={
                    "kind": kind.value,
                    "version": due.version,
                    "starts_at": to_microseconds(due.starts_at),
                    "apart": name.rpartition(":")[2],
                },
            )
            count += 1
    return count


def _due(uow: UnitOfWork, within: Municipality) -> Iterator[tuple[Due, MessageKind, str]]:
    """With the name under which each mail is owed once. The shortest reminder first: who gets it
    needs no longer one."""
    services: dict[int, list[str]] = {}
    for service in within.services:
        for minutes in service.reminder_minutes:
            services.setdefault(minutes, []).append(service_id(within, service))
    for minutes in sorted(services):
        for due in uow.reminders.upcoming(
            municipality=within.slug,
            services=services[minutes],
            before=timedelta(minutes=minutes),
            late=LATE,
            now=uow.now,
            limit=_SOME,
        ):
            start = to_microseconds(due.starts_at)
            yield due, MessageKind.REMINDER, f"mail:{due.booking_id}:reminder:{start}-{minutes}"
    followed = [service_id(within, each) for each in within.services if each.follow_up.el]
    if followed:
        first, end = _days_before(uow.now, ZoneInfo(within.time_zone))
        for due in uow.reminders.over(
            municipality=within.slug, services=followed, first=first, end=end, limit=_SOME
        ):
            yield due, MessageKind.FOLLOW_UP, f"mail:{due.booking_id}:follow_up"


def _days_before(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local days whose mail afterwards is due by now and not too late, as a stretch of time."""
    here = now.astimezone(zone)
    end = here.date() if here.time() >= AFTERWARDS else here.date() - timedelta(days=1)
    return (
        datetime.combine(end - LATE, time(0), zone),
        datetime.combine(end, time(0), zone),
    )
