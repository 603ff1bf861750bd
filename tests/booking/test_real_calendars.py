"""The life of a booking in real CalDAV servers, read back by a client that is not ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from booking.cancelling import cancel, undo
from booking.model import BookingState, SlotTaken
from booking.office.overview import check_mailbox
from booking.office.secrets import set_secret
from booking.rescheduling import reschedule
from connectors.caldav.connector import CalDavConnector
from connectors.contract import Period
from mapping.model import CalendarConnection, Municipality
from tests.booking.conftest import Office
from tests.booking.town import address, town
from tests.servers.caldav_server import CalDavServer
from tests.servers.radicale import radicale
from tests.servers.xandikos import xandikos


@pytest.fixture(scope="module", params=["radicale", "xandikos"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CalDavServer]:
    start: Callable[..., object] = {"radicale": radicale, "xandikos": xandikos}[request.param]
    with start(tmp_path_factory.mktemp(request.param)) as running:  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def real(server: CalDavServer, make_office: Callable[..., Office]) -> Iterator[Office]:
    """An office whose two calendars stand on the server."""
    calendars = [server.make_calendar() for _ in range(2)]
    office = make_office(on(server, calendars))
    set_secret(office.desk, name="caldav", value=server.password)
    connector = CalDavConnector(
        server.connection(allow_plain_http="yes"), office_zone=ZoneInfo("Europe/Athens")
    )
    office.calendars.it = connector
    office.clock.forward(seconds=1)
    office.read_all()
    yield office
    connector.close()
    for calendar in calendars:
        server.remove_calendar(calendar)


def on(server: CalDavServer, calendars: list[str]) -> Municipality:
    base = town(mailboxes=len(calendars))
    return replace(
        base,
        connections=(
            CalendarConnection(
                "calendars",
                "caldav",
                url=server.home,
                user=server.user,
                secret="caldav",
                meeting_link="https://meet.example.gr/{room}",
                options={"allow_plain_http": "yes"},
            ),
        ),
        mailboxes=tuple(
            replace(mailbox, calendar=calendar)
            for mailbox, calendar in zip(base.mailboxes, calendars, strict=True)
        ),
    )


def seen_by_staff(server: CalDavServer, office: Office, mailbox: str) -> list[tuple[Period, str]]:
    """What an ordinary CalDAV client finds in the calendar: periods and subjects."""
    calendar = office.ref(mailbox).calendar
    body = (
        '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>'
        '<C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR">'
        '<C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>'
    )
    answer = server.request("REPORT", calendar, body, {"Depth": "1"})
    answer.raise_for_status()
    import lxml.etree

    found = []
    for data in lxml.etree.fromstring(answer.content).iter(
        "{urn:ietf:params:xml:ns:caldav}calendar-data"
    ):
        for event in Calendar.from_ical(data.text or "").walk("VEVENT"):
            period = Period(event["DTSTART"].dt, event["DTEND"].dt)
            found.append((period, str(event["SUMMARY"])))
    return sorted(found)


def foreign(server: CalDavServer, calendar: str, period: Period) -> None:
    server.put(
        f"{calendar}meeting.ics",
        "\r\n".join(
            [
                "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", "BEGIN:VEVENT",
                "UID:meeting", "DTSTAMP:20260601T000000Z", f"DTSTART:{period.start:%Y%m%dT%H%M%SZ}",
                f"DTEND:{period.end:%Y%m%dT%H%M%SZ}", "SUMMARY:Σύσκεψη", "END:VEVENT",
                "END:VCALENDAR", "",
            ]
        ),
    )  # fmt: skip


def test_book_move_cancel_undo(server: CalDavServer, real: Office) -> None:
    slots = real.free()
    booked = real.book(slots[0].start).booking
    assert booked.state is BookingState.CONFIRMED
    subject = f"Πιστοποιητικά #{booked.reference}"
    assert seen_by_staff(server, real, booked.mailbox) == [(slots[0], subject)]

    moved = reschedule(
        real.desk, booking_id=booked.id, starts_at=slots[3].start, citizen=None, answers=None
    )
    assert moved.pending_period is None
    assert seen_by_staff(server, real, moved.mailbox) == [(slots[3], subject)]

    cancel(real.desk, booking_id=booked.id)
    assert seen_by_staff(server, real, moved.mailbox) == []
    assert undo(real.desk, booking_id=booked.id).state is BookingState.CONFIRMED
    assert seen_by_staff(server, real, moved.mailbox) == [(slots[3], subject)]


def test_our_own_writes_are_no_news_to_the_next_reading(real: Office) -> None:
    booked = real.book(real.free()[0].start).booking
    mailbox_id = real.mailbox_id(booked.mailbox)
    with real.desk.store.read() as uow:
        before = uow.replicas.resources(mailbox_id)
    assert [each.own_key for each in before] == [f"{booked.id}-1"]
    real.clock.forward(seconds=30)
    real.read_all()
    with real.desk.store.read() as uow:
        assert uow.replicas.resources(mailbox_id) == before
        assert uow.placements.of_booking(booked.id)[0].seen == ""


def test_a_meeting_of_the_employee_is_seen_at_the_last_moment(
    server: CalDavServer, real: Office
) -> None:
    slots = real.free()
    foreign(server, real.ref(address(1)).calendar, slots[1])
    booked = real.book(slots[1].start).booking
    assert booked.mailbox == address(2)
    with pytest.raises(SlotTaken):
        real.book(slots[1].start, key="another")
    real.read_all()
    assert slots[1] not in real.free()


def test_a_check_leaves_nothing_behind_and_is_kept(server: CalDavServer, real: Office) -> None:
    report = check_mailbox(real.desk, mailbox_id=real.mailbox_id(address(1)))
    assert report.readable
    assert report.writable
    assert seen_by_staff(server, real, address(1)) == []
    booked = real.book(real.free()[0].start).booking
    assert len(seen_by_staff(server, real, booked.mailbox)) == 1
