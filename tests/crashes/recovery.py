"""After a crash: what workers do until nothing is owed, and what must then be true."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from booking import housekeeping
from booking.busy import cell_of
from booking.catalogue import offered
from booking.model import BookingState
from booking.offering.slots import Shape
from booking.outbox import drain
from booking.store.bookings import BookingRow
from booking.store.outbox import Entry, Step
from booking.store.tables import booking as booking_table
from booking.store.tables import claim, claim_cell, outbox
from connectors.contract import Ours, Period
from connectors.deadline import Deadline
from mapping.model import Channel
from tests.booking.conftest import Office

#: States in which a booking owns its time, and in which it has an event.
OWNING = {
    BookingState.PENDING,
    BookingState.CONFIRMED,
    BookingState.CANCELLING,
    BookingState.CONFLICT,
}
PLACED = {BookingState.CONFIRMED, BookingState.CONFLICT}
#: Longer than the latest look for an event of unknown fate.
PATIENCE = timedelta(minutes=25)


def recover(office: Office) -> None:
    """Workers and ticker go on until nothing is owed, then the calendars are read once.

    Fails where something is still owed after ``PATIENCE``.
    """
    _settle(office)
    office.clock.forward(seconds=35)  # a reader that died keeps others from reading for so long
    office.read_all(full=True)
    _settle(office)


def _settle(office: Office) -> None:
    """The clock jumps to what is due next; where no step is left, housekeeping has its turn."""
    begin, tended = office.clock.now, False
    while True:
        drain(office.desk, mailer=office.post, limit=100, deadline=Deadline.after(60))
        steps, pending = _owed(office)
        if not steps and not pending and tended:
            return
        assert office.clock.now - begin < PATIENCE, (steps, pending)
        if not steps:
            office.clock.forward(seconds=5)
            housekeeping.tend(office.desk)
            tended = True
            continue
        due = min(max(each.not_before, each.lease_until or each.not_before) for each in steps)
        office.clock.now = max(due, office.clock.now + timedelta(seconds=5))
        if any(each.kind is Step.REVIEW for each in steps):
            office.read_all()


def _owed(office: Office) -> tuple[tuple[Entry, ...], tuple[BookingRow, ...]]:
    """Open steps, and bookings that are pending."""
    with office.desk.store.read() as uow:
        ahead = uow.now + timedelta(days=1)
        pending = uow.bookings.in_state(BookingState.PENDING, changed_before=ahead, limit=100)
        return uow.outbox.open(), tuple(pending)


def rows(office: Office) -> list[BookingRow]:
    with office.desk.store.read() as uow:
        ids = uow.connection.execute(select(booking_table.c.id)).scalars().all()
        found = [uow.bookings.get(each) for each in ids]
    return [row for row in found if row is not None]


def events(office: Office) -> list[tuple[str, str, Period]]:
    """(mailbox, key, period) of every event of ours, as the calendars tell it now."""
    found = []
    for mailbox in office.town.mailboxes:
        reading = office.calendars.it.changes(
            mailbox=office.ref(mailbox.address),
            sync_state=None,
            known={},
            window=Period(
                office.clock.now - timedelta(days=2), office.clock.now + timedelta(days=60)
            ),
            deadline=Deadline.after(20),
        )
        found += [
            (mailbox.address, str(one.key), one.period)
            for resource in reading.changed
            for one in resource.intervals
            if one.ours is Ours.YES
        ]
    return sorted(found)


def violations(office: Office) -> list[str]:
    """Whatever is not as it must be once nothing is owed any more; empty where all is well."""
    found: list[str] = []
    standing = events(office)
    for row in rows(office):
        found += _of_booking(office, row, standing)
    expected = Counter(row.id for row in rows(office) if row.state in PLACED)
    actual = Counter(key.rpartition("-")[0] for _, key, _ in standing)
    if expected != actual:
        found.append(f"events of {dict(actual)}, but there should be {dict(expected)}")
    return found + _claims(office) + _mails(office)


def _of_booking(
    office: Office, row: BookingRow, standing: list[tuple[str, str, Period]]
) -> list[str]:
    own = [(box, period) for box, key, period in standing if key.rpartition("-")[0] == row.id]
    wanted = [(row.address, row.period)] if row.state in PLACED else []
    found = []
    if own != wanted:
        found.append(f"{row.state} has events {own}, wanted {wanted}")
    if row.state is BookingState.PENDING or row.pending_period is not None:
        found.append(f"{row.state} is not settled, {row.pending_period}")
    with office.desk.store.read() as uow:
        query = (
            select(claim_cell.c.mailbox_id, claim_cell.c.cell)
            .join(claim, claim.c.id == claim_cell.c.claim_id)
            .where(claim.c.booking_id == row.id)
        )
        held = {(each.mailbox_id, each.cell) for each in uow.connection.execute(query)}
        service = offered(
            office.desk, uow, service_id=row.service_id, channel=Channel(row.channel)
        ).service
    first, end = Shape.of(service).cells(row.starts_at)
    cells = {(row.mailbox_id, cell) for cell in range(first, end)} if row.state in OWNING else set()
    if held != cells:
        found.append(f"{row.state} owns {sorted(held)}, wanted {sorted(cells)}")
    return found


def _claims(office: Office) -> list[str]:
    """No claim without an owner, no cell without a claim, and none of a hold that is over."""
    with office.desk.store.read() as uow:
        claims = uow.connection.execute(select(claim)).all()
        cells = set(uow.connection.execute(select(claim_cell.c.claim_id)).scalars())
        known = {each.id for each in rows(office)}
    found = [
        f"claim {each.id} belongs to nobody"
        for each in claims
        if (each.booking_id or each.for_booking) not in known and each.hold_id is None
    ]
    if not cells <= {each.id for each in claims}:
        found.append("cells without a claim")
    past = cell_of(office.clock.now)
    found += [f"claim {each.id} is empty" for each in claims if each.id not in cells
              and each.end_cell > past]  # fmt: skip
    return found


def _mails(office: Office) -> list[str]:
    """Every mail that is owed left, its copies under one Message-ID, and the last one is true."""
    with office.desk.store.read() as uow:
        sent = uow.connection.execute(
            select(outbox.c.name).where(
                outbox.c.kind == Step.MAIL.value, outbox.c.outcome == "sent"
            )
        ).scalars().all()  # fmt: skip
    found = []
    by_id: dict[str, set[tuple[str, str, bytes | None]]] = {}
    for mail in office.post.sent:
        by_id.setdefault(mail.message_id, set()).add((mail.subject, mail.text, mail.calendar))
    if len(by_id) != len(sent):
        found.append(f"{len(by_id)} different mails left, but {len(sent)} are recorded as sent")
    found += [f"{key} has {len(each)} contents" for key, each in by_id.items() if len(each) > 1]
    methods = {BookingState.CONFIRMED: "REQUEST"} | dict.fromkeys(
        (BookingState.CANCELLING, BookingState.CANCELLED), "CANCEL"
    )
    for row in rows(office):
        last = [
            each
            for each in office.post.sent
            if row.reference in each.subject + each.text and each.calendar_method
        ]
        wanted = methods.get(row.state)
        if wanted and (not last or last[-1].calendar_method != wanted):
            found.append(f"the last mail of a {row.state} booking is not a {wanted}")
    return found
