"""Programs that scan mails open every link and press every button: nothing changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from booking import outbox, submitting
from booking.messages import MessageKind, OutgoingMail
from booking.model import BookingRequest, BookingState, Citizen
from booking.placement import releasing
from booking.placement.owing import owe_mail
from booking.store import UnitOfWork
from booking.store.columns import to_microseconds
from booking.store.tables import booking, claim, claim_cell, hold, placement, waiting
from booking.store.tables import outbox as outbox_table
from booking_web.app import create_app
from connectors.deadline import Deadline
from mapping.model import Channel
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house

SERVICE = "kavala.mayor-office-appointment"
#: What a program types that knows nothing of the citizen; the phone ends in 567.
GUESS = "123"
TABLES = (booking, claim, claim_cell, hold, outbox_table, placement, waiting)
STATES = {
    MessageKind.CANCELLED: BookingState.CANCELLING,
    MessageKind.RELEASED: BookingState.RELEASED,
    MessageKind.OFFICE_CANCELLED: BookingState.RELEASED,
    MessageKind.OFFICE_CONFLICT: BookingState.CONFLICT,
}
#: One of each state; from the links of the others one gets to the same pages.
DEEP = {
    MessageKind.CONFIRMATION,
    MessageKind.CANCELLED,
    MessageKind.RELEASED,
    MessageKind.OFFICE_CONFLICT,
    MessageKind.EARLIER,
}


class Collecting:
    def __init__(self) -> None:
        self.taken: list[OutgoingMail] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.taken.append(message)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return make_house(tmp_path_factory.mktemp("scanned"))


@pytest.fixture(scope="module")
def site(home: House) -> Flask:
    return create_app(home.desk, audiences=(("booking_web.citizen", True),))


def sent(home: House) -> list[OutgoingMail]:
    mailer = Collecting()
    outbox.drain(home.desk, mailer=mailer, limit=100, deadline=Deadline.after(60))
    return mailer.taken


def booked(home: House, kind: MessageKind) -> str:
    """A teleconference of its own for each kind of mail."""
    number = list(MessageKind).index(kind)
    day, slot = divmod(number, 6)
    start = home.clock.at.replace(hour=7, minute=0) + timedelta(days=1 + day, minutes=30 * slot)
    done = submitting.submit(
        home.desk,
        request=BookingRequest(
            service_id=SERVICE,
            channel=Channel.TELECONFERENCE,
            starts_at=start,
            citizen=Citizen("Μαρία Παππά", f"maria{number}@example.gr", "+306901234567"),
            answers={"subject": "Θέμα"},
            declarations={},
            consent_version="1.0",
            language="el",
        ),
        idempotency_key=f"key {number}",
    )
    assert done.booking.state is BookingState.CONFIRMED
    return done.booking.id


def mail_of(home: House, kind: MessageKind) -> OutgoingMail:
    """The mail of that kind, as the outbox sends it, about a booking that is as it says."""
    booking_id = booked(home, kind)
    confirmation = sent(home)
    if kind is MessageKind.CONFIRMATION:
        (mail,) = confirmation
        return mail
    if kind is MessageKind.MEETING_MISSING:
        # Whoever looks for a link finds none.
        for ref in home.mailboxes():
            for event in home.memory.events(ref):
                if (event.key or "").startswith(booking_id):
                    home.memory.remove(ref, event.ref.id)
    home.desk.store.transact(lambda uow: owe(home, uow, booking_id, kind))
    (mail,) = sent(home)
    return mail


def owe(home: House, uow: UnitOfWork, booking_id: str, kind: MessageKind) -> None:
    row = uow.bookings.get(booking_id, lock=True)
    assert row is not None
    state = STATES.get(kind, BookingState.CONFIRMED)
    missing = replace(row.personal, meeting_url="")
    uow.bookings.change(
        row,
        now=uow.now,
        personal=missing if kind is MessageKind.MEETING_MISSING else None,
        state=state.value,
        undo_until=uow.now + timedelta(minutes=30) if kind is MessageKind.CANCELLED else None,
        **(
            {"starts_at": uow.now - timedelta(hours=1), "ends_at": uow.now - timedelta(minutes=50)}
            if kind is MessageKind.FOLLOW_UP
            else {}
        ),
    )
    changed = uow.bookings.get(booking_id, lock=True)
    assert changed is not None
    if state in {BookingState.RELEASED, BookingState.CONFLICT} or kind is MessageKind.EARLIER:
        releasing.tell_with_alternatives(home.desk, uow, changed, kind=kind)
        return
    owe_mail(
        uow,
        booking_id=booking_id,
        kind=kind,
        version=changed.version,
        detail={
            "starts_at": to_microseconds(changed.starts_at),
            "apart": "1",
            "previous": [to_microseconds(changed.starts_at) - 1, to_microseconds(changed.ends_at)],
        },
    )


def everything(home: House) -> dict[str, list[tuple[Any, ...]]]:
    with home.desk.store.read() as uow:
        return {
            table.name: sorted(map(tuple, uow.connection.execute(select(table))), key=repr)
            for table in TABLES
        }


def links_of(mail: OutgoingMail) -> set[str]:
    """Wherever a mail has an address: buttons, text, calendar file."""
    found = {each.get("href") for each in lxml.html.fromstring(mail.html).iter("a")}
    found |= set(re.findall(r"https?://\S+", mail.text))
    if mail.calendar is not None:
        event = Calendar.from_ical(mail.calendar).walk("VEVENT")[0]
        found |= set(re.findall(r"https?://\S+", f"{event['DESCRIPTION']} {event['URL']}"))
    return found


def filled(form: Any) -> Iterator[dict[str, str]]:
    """What a program sends without knowing anything: once as it finds the form, and then with each
    choice, every box ticked, and something typed into each field."""
    given = dict(form.form_values())
    yield given
    chosen: list[tuple[str, str]] = []
    for field in form.iter("input", "textarea", "select", "button"):
        name, kind = field.get("name"), field.get("type", "")
        if not name or kind == "hidden":
            continue
        if kind == "radio" or field.tag == "button":
            chosen.append((name, field.get("value") or ""))
        elif kind == "checkbox":
            given[name] = field.get("value") or "on"
        else:
            given[name] = given.get(name) or GUESS
    # A time is as good as another: the first and the last one.
    for choice in dict.fromkeys([*chosen[:1], *chosen[-1:]]):
        yield {**given, **dict([choice])}
    yield given


def scan(site: Flask, first: str, *, deep: bool) -> list[str]:
    """The page that a link leads to; with ``deep``, all of a booking that one gets to."""
    scanner, seen, todo = Visitor(site), list[str](), [first]
    while todo:
        url = todo.pop(0)
        # One day of a calendar is like another.
        alike = [each for each in seen if each.partition("?")[0] == url.partition("?")[0]]
        if url in seen or len(alike) > 1:
            continue
        seen.append(url)
        assert scanner.client.head(url).status_code < 500
        scanner.get(url)
        assert scanner.status < 500
        if scanner.page.mimetype != "text/html":
            continue
        html, here = scanner.html, scanner.url
        for form in html.forms:
            action = urljoin(here, form.get("action") or here)
            for values in filled(form):
                if (form.get("method") or "get").lower() == "post":
                    assert scanner.client.post(action, data=values).status_code < 500
                else:
                    scanner.client.get(action.split("?")[0], query_string=values)
        scanner.get(first)  # Leaving was pressed, too.
        for link in html.iter("a") if deep else ():
            target = urljoin(here, (link.get("href") or "").split("#")[0])
            if target.startswith(("/booking/", "/r/")):
                todo.append(target)
    return seen


@pytest.mark.parametrize("kind", list(MessageKind))
def test_a_scanner_changes_nothing(home: House, site: Flask, kind: MessageKind) -> None:
    mail = mail_of(home, kind)
    links = links_of(mail)
    assert links
    origin = home.desk.settings.public_url
    assert {link for link in links if not link.startswith(origin + "/")} == set()
    before, pages = everything(home), 0
    for link in sorted(links):
        pages += len(scan(site, urlsplit(link).path, deep=kind in DEEP))
    assert everything(home) == before
    assert pages > len(links) if kind in DEEP else pages == len(links)
    assert sent(home) == []
