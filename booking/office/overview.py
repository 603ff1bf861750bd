"""How the calendars and the outbox are: for the admin page, the command line and monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking import catalogue
from booking.calendars.connecting import reach
from booking.calendars.readings import rebuild
from booking.calendars.refusals import check_mailbox, findings
from booking.desk import Desk
from booking.model import NotOffered
from booking.offering.picture import usable
from booking.store import UnitOfWork
from booking.store.mailboxes import MailboxRow
from booking.store.offer_rows import OfferRow
from booking.store.outbox import Entry
from booking.store.servers import ServerRow
from booking.subscriptions.status import Notified, by_mailbox
from connectors.contract import CheckReport, Finding, Period

__all__ = [
    "DegradedResource",
    "Health",
    "MailboxStatus",
    "OpenStep",
    "Remark",
    "accept_resource",
    "check_mailbox",
    "health",
    "mailboxes",
    "outbox_open",
    "release_brake",
    "servers",
]

#: A step that is overdue by this much is an alarm.
_LATE = timedelta(minutes=2)
#: A calendar that was due and has not been read for so long is told of, before it offers nothing.
_READ_LATE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class DegradedResource:
    """A calendar entry that is not understood and not accepted; ``warnings`` are codes."""

    resource_id: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """Calendar entries that were read although they break the rules, by what is wrong with them."""

    warnings: tuple[str, ...]  #: codes
    count: int
    resource_id: str  #: one of them


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that is owed. ``outcome`` says what the last try came to."""

    id: int
    kind: str
    reference: str
    mailbox_id: str | None
    created_at: datetime
    due_at: datetime
    tries: int
    outcome: str


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    id: str
    municipality: str
    address: str
    staff_name: str
    server: str  #: origin
    calendar: str  #: where it stands there; empty: the mailbox's own
    entries: int  #: of the calendar, that are known
    changed_at: datetime | None  #: when a reading last found one of them changed
    offers: bool  #: whether its slots are offered now
    last_read_at: datetime | None
    age: timedelta | None
    late: bool  #: whether its reading is overdue, and the last one three minutes old
    error_code: str
    error_text: str
    readable: bool | None  #: at the last reading, else at the last check; None: never tried
    writable: bool | None  #: at the last check or booking; None: never tried
    checked_at: datetime | None
    findings: tuple[Finding, ...]
    next_poll_at: datetime | None
    waits_until: datetime | None  #: its provider asked us to wait so long
    degraded: tuple[DegradedResource, ...]
    remarks: tuple[Remark, ...]
    braked: str  #: why nothing is believed; empty: all is well
    open_steps: tuple[OpenStep, ...]
    #: Events of ours that differ from what we wrote, by what was seen of them.
    noticed: Mapping[str, int]
    notified: Notified | None  #: how it calls us when it changes; None: it is only polled


@dataclass(frozen=True, slots=True)
class Health:
    """``ok``: the database answers and no step is overdue."""

    ok: bool
    mailboxes: int
    offering: int
    oldest_read_at: datetime | None
    due_steps: int
    overdue_steps: int


def mailboxes(desk: Desk) -> tuple[MailboxStatus, ...]:
    """Every active mailbox, by municipality and address."""
    with desk.store.read() as uow:
        rows = uow.mailboxes.all()
        offers = {row.mailbox_id: row for row in uow.replicas.for_status()}
        servers = {server.id: server for server in uow.mailboxes.servers()}
        degraded = uow.replicas.not_understood()
        remarks = uow.replicas.remarks()
        noticed = uow.placements.count_seen()
        notified = by_mailbox(uow)
        holdings = uow.replicas.holdings()
        steps: dict[str, list[OpenStep]] = {}
        for step in _open_steps(uow):
            steps.setdefault(step.mailbox_id or "", []).append(step)
        staff = _staff_names(desk, uow, {row.municipality for row in rows})
        return tuple(
            _status(
                desk,
                uow,
                row,
                staff.get((row.municipality, row.staff), ""),
                offers[row.id],
                servers[row.server_id],
                degraded=degraded.get(row.id, []),
                remarks=remarks.get(row.id, []),
                steps=steps.get(row.id, []),
                noticed=noticed.get(row.id, {}),
                notified=notified.get(row.id),
                holding=holdings.get(row.id),
            )
            for row in rows
        )


def servers(desk: Desk) -> tuple[ServerRow, ...]:
    """Calendar servers with their measured answer times and the pace of polling."""
    with desk.store.read() as uow:
        return uow.mailboxes.servers()


def outbox_open(desk: Desk) -> tuple[OpenStep, ...]:
    """Steps that are owed, oldest first."""
    with desk.store.read() as uow:
        return _open_steps(uow)


def accept_resource(desk: Desk, *, mailbox_id: str, resource_id: str) -> None:
    """Let a calendar entry that is not understood pass, until it changes. Raises NotOffered."""

    def work(uow: UnitOfWork) -> None:
        row = uow.mailboxes.get(mailbox_id)
        if row is None or not uow.replicas.accept(mailbox_id, resource_id):
            raise NotOffered("there is no such calendar entry")
        if row.window_start is not None and row.window_end is not None:
            window = Period(row.window_start, row.window_end)
            rebuild(uow, mailbox_id, window=window, place=reach(desk, uow, mailbox_id))

    desk.store.transact(work)


def release_brake(desk: Desk, *, mailbox_id: str) -> None:
    """Believe a calendar that reads frighteningly different: the next reading is taken as it is.

    The brake holds until then; what vanished is still looked at a second time before a citizen
    hears of it.
    """

    def work(uow: UnitOfWork) -> None:
        row = uow.mailboxes.get(mailbox_id)
        if row is None:
            raise NotOffered("there is no such mailbox")
        if row.brake_at is not None:
            uow.mailboxes.change(
                mailbox_id,
                believed_at=uow.now,
                next_poll=None,
                fence=row.fence + 1,
                lease_until=None,
            )

    desk.store.transact(work)
    desk.wake("poll")


def health(desk: Desk) -> Health:
    """Raises whatever the database raises where it does not answer."""
    with desk.store.read() as uow:
        rows = uow.replicas.for_status()
        read_at = [row.last_success for row in rows if row.last_success is not None]
        overdue = uow.outbox.due_count(now=uow.now - _LATE)
        return Health(
            ok=overdue == 0,
            mailboxes=len(rows),
            offering=sum(usable(row, now=uow.now, settings=desk.settings) for row in rows),
            oldest_read_at=min(read_at, default=None),
            due_steps=uow.outbox.due_count(now=uow.now),
            overdue_steps=overdue,
        )


def _open_steps(uow: UnitOfWork) -> tuple[OpenStep, ...]:
    return tuple(_step(uow, entry) for entry in uow.outbox.open())


def _step(uow: UnitOfWork, entry: Entry) -> OpenStep:
    reference, mailbox_id = (
        uow.bookings.whereabouts(entry.booking_id) if entry.booking_id else ("", None)
    )
    placement = uow.placements.get(entry.placement_key) if entry.placement_key else None
    return OpenStep(
        id=entry.id,
        kind=entry.kind.value,
        reference=reference,
        mailbox_id=placement.mailbox_id if placement else mailbox_id,
        created_at=entry.created_at,
        due_at=entry.not_before,
        tries=entry.tries,
        outcome=entry.outcome,
    )


def _staff_names(desk: Desk, uow: UnitOfWork, slugs: set[str]) -> dict[tuple[str, str], str]:
    """Name of each member of staff, by municipality and key."""
    return {
        (slug, member.key): member.name
        for slug in slugs
        for member in catalogue.entry_of(desk, uow, slug).municipality.staff
    }


def _status(
    desk: Desk,
    uow: UnitOfWork,
    row: MailboxRow,
    staff_name: str,
    offer: OfferRow,
    server: ServerRow,
    *,
    degraded: list[tuple[str, tuple[str, ...]]],
    remarks: list[tuple[tuple[str, ...], int, str]],
    steps: list[OpenStep],
    noticed: Mapping[str, int],
    notified: Notified | None,
    holding: tuple[int, datetime] | None,
) -> MailboxStatus:
    found = findings(row.check_outcome)
    report = CheckReport(found)
    return MailboxStatus(
        id=row.id,
        municipality=row.municipality,
        address=row.address,
        staff_name=staff_name,
        server=server.origin,
        calendar=row.place.split(" ", 2)[2],
        entries=holding[0] if holding else 0,
        changed_at=holding[1] if holding else None,
        offers=usable(offer, now=uow.now, settings=desk.settings),
        last_read_at=row.last_success,
        age=uow.now - row.last_success if row.last_success else None,
        late=_is_late(row, now=uow.now),
        error_code=row.error_code,
        error_text=row.error_text,
        readable=_readable(row, report),
        writable=report.writable if any(each.name == "writable" for each in found) else None,
        checked_at=row.checked_at,
        findings=found,
        next_poll_at=row.next_poll,
        waits_until=server.waits_until(uow.now),
        degraded=tuple(DegradedResource(*each) for each in degraded),
        remarks=tuple(Remark(*each) for each in remarks),
        braked=row.brake_reason,
        open_steps=tuple(steps),
        noticed=noticed,
        notified=notified,
    )


def _is_late(row: MailboxRow, *, now: datetime) -> bool:
    due = row.next_poll is None or row.next_poll <= now
    return due and row.last_success is not None and now - row.last_success >= _READ_LATE


def _readable(row: MailboxRow, report: CheckReport) -> bool | None:
    if row.error_code:
        return False
    if row.last_success is not None:
        return True
    return report.readable if report.findings else None
