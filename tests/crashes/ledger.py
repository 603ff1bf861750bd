"""After the last kill: what citizens were told, beside database, calendars and mails."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage

import icalendar
from sqlalchemy import select

from booking.model import BookingState
from booking.store import Store
from booking.store.bookings import BookingRow
from booking.store.tables import booking as booking_table
from tests.crashes.citizens import Promise
from tests.crashes.house import House
from tests.product.outlook import Outlook
from tests.product.outlook import starts_at as outlook_start

_REFERENCE = re.compile(r"#([A-Z0-9-]+)")


@dataclass
class Ledger:
    """Counts, and in ``wrong`` a sentence for each thing that is not as it was promised."""

    acknowledged: int = 0
    standing: int = 0  #: confirmed, and once in a calendar at the promised time
    cancelled: int = 0
    events: int = 0
    mails: int = 0
    copies: int = 0  #: mails that left twice, under one Message-ID
    newer: int = 0  #: of these, whose copy told a newer state
    wrong: list[str] = field(default_factory=list)


def balance(house: House, store: Store, promises: list[Promise]) -> Ledger:
    ledger = Ledger(acknowledged=len(promises))
    with store.read() as uow:
        ids = uow.connection.execute(select(booking_table.c.id)).scalars().all()
        rows = [row for each in ids if (row := uow.bookings.get(each)) is not None]
    events = _events(house)
    ledger.events = sum(len(each) for each in events.values())
    by_reference = {row.reference: row for row in rows}
    for promise in promises:
        row = by_reference.get(promise.reference)
        if row is None:
            ledger.wrong.append(f"{promise.reference} was acknowledged and does not exist")
        else:
            _kept(ledger, promise, row, events.get(promise.reference, []))
    for row in rows:
        _one_event(ledger, row, events.get(row.reference, []))
    unknown = set(events) - set(by_reference)
    ledger.wrong += [f"the event of {each} has no booking" for each in sorted(unknown)]
    _mails(ledger, house, rows)
    return ledger


def _events(house: House) -> dict[str, list[datetime]]:
    """Begin of each event of ours, by reference, from all calendars by clients not ours."""
    found: dict[str, list[datetime]] = {}
    for calendar in house.calendars().values():
        for event in calendar.events():
            for reference in _REFERENCE.findall(str(event.get("SUMMARY", ""))):
                found.setdefault(reference, []).append(_instant(event))
    outlook = Outlook(house)
    for mailbox in outlook.mailboxes:
        for each in outlook.events(mailbox):
            for reference in _REFERENCE.findall(each["subject"]):
                found.setdefault(reference, []).append(outlook_start(each))
    return found


def _instant(event: icalendar.Event) -> datetime:
    start = event.start
    assert isinstance(start, datetime)
    return start.astimezone(UTC)


def _kept(ledger: Ledger, promise: Promise, row: BookingRow, events: list[datetime]) -> None:
    name = promise.reference
    if promise.cancelled:
        ledger.cancelled += 1
        if row.state not in {BookingState.CANCELLING, BookingState.CANCELLED}:
            ledger.wrong.append(f"{name} was cancelled and is {row.state}")
        return
    possible = {datetime.fromisoformat(at) for at in (promise.starts_at, promise.perhaps) if at}
    if row.state is BookingState.RELEASED:
        ledger.wrong.append(f"{name} was acknowledged and is released ({row.reason})")
    elif row.state is not BookingState.CONFIRMED:
        # The last press of a citizen may not have been answered when the campaign ended.
        ledger.wrong.append(f"{name} was acknowledged and is {row.state}")
    elif row.starts_at not in possible:
        ledger.wrong.append(f"{name} is at {row.starts_at}, told was {sorted(possible)}")
    elif events == [row.starts_at]:
        ledger.standing += 1


def _one_event(ledger: Ledger, row: BookingRow, events: list[datetime]) -> None:
    """Bookings of which nobody heard the answer count as well."""
    wanted = [row.starts_at] if row.state is BookingState.CONFIRMED else []
    if events != wanted:
        ledger.wrong.append(f"{row.reference} is {row.state}: events {events}, wanted {wanted}")


def _mails(ledger: Ledger, house: House, rows: list[BookingRow]) -> None:
    """Each booking's last mail is true, and copies of a mail are the same mail."""
    by_address: dict[str, list[EmailMessage]] = {}
    by_id: dict[str, set[str]] = {}
    for path in house.mails():
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        ledger.mails += 1
        by_address.setdefault(str(message["To"]), []).append(message)
        bodies = by_id.setdefault(str(message["Message-ID"]), set())
        ledger.copies += bool(bodies)
        text = message.get_body(("plain",))
        bodies.add(f"{message['Subject']}\n{text.get_content() if text else ''}")
    # A copy tells how the booking is by then; whatever changed it owes a mail of its own.
    several = {each for each, bodies in by_id.items() if len(bodies) > 1}
    last = {str(sent[-1]["Message-ID"]): sent[-1] for sent in by_address.values()}
    ledger.newer = len(several)
    for each in several & last.keys():
        subjects = {body.partition("\n")[0] for body in by_id[each]}
        # But that a cancellation can be undone no longer is told by time alone.
        if _method(last[each]) != "CANCEL" or len(subjects) > 1:
            ledger.wrong.append(f"{each} came last, with different contents")
    for row in rows:
        sent = by_address.get(row.personal.citizen.email, [])
        wanted = {BookingState.CONFIRMED: "REQUEST", BookingState.CANCELLED: "CANCEL"}
        method = wanted.get(row.state)
        if method and (not sent or _method(sent[-1]) != method):
            ledger.wrong.append(f"the last mail of {row.reference} ({row.state}) is no {method}")
    twice = Counter(str(each["Message-ID"]) for mails in by_address.values() for each in mails)
    ledger.wrong += [f"{each} left {n} times" for each, n in twice.items() if n > 3]


def _method(message: EmailMessage) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            return str(part.get_param("method", "")).upper()
    return ""
