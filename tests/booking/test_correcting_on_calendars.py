"""A mended name reaches real calendars: a CalDAV server's files, and Outlook."""

from __future__ import annotations

from booking.office.accounts import Account
from booking.office.correcting import correct
from booking.office.overview import outbox_open
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.test_erasing_on_calendars import database_url, real, server, stored
from tests.booking.test_meetings_on_graph import Town, graph, outlook
from tests.servers.caldav_server import CalDavServer

__all__ = ["database_url", "graph", "outlook", "real", "server"]

NAME = "Μαρία Κανάρη"


def mend(office: Office, reference: str) -> None:
    clerk = Account("clerk", "staff", "Υπάλληλος", office.town.slug)
    after = correct(
        office.desk, reference=reference, account=clerk, name=NAME, phone=CITIZEN.phone,
        email=CITIZEN.email,
    )  # fmt: skip
    assert (after.citizen.name, after.pending_period) == (NAME, None)


def test_in_a_caldav_event(server: CalDavServer, real: Office) -> None:
    booked = real.book(real.free()[0].start).booking
    real.drain()
    mend(real, booked.reference)
    text = stored(server, real)
    assert f"Όνομα: {NAME}" in text
    assert CITIZEN.name not in text
    real.read_all()
    real.settle(rounds=2)
    assert (outbox_open(real.desk), real.view(booked.id).period) == ((), booked.period)


def test_in_outlook_and_a_teams_meeting_goes_on(outlook: Town) -> None:
    office = outlook.office
    there = office.book(office.free()[0].start, "there", channel=Channel.IN_PERSON).booking
    mend(office, there.reference)
    assert f"Όνομα: {NAME}" in str(outlook.event(there))
    online = outlook.book(1)
    before = outlook.event(online)
    mend(office, online.reference)
    after = outlook.event(online)
    assert (after["isOnlineMeeting"], after["onlineMeeting"]) == (True, before["onlineMeeting"])
    outlook.read()
    office.settle(rounds=2)
    # Nobody has granted the options of meetings in this tenant.
    assert {each.kind for each in outbox_open(office.desk)} <= {"secure"}
    assert office.view(online.id).meeting_url == online.meeting_url
