"""A mapping that sends a mailbox to another calendar, or two mailboxes to the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from booking.cancelling import cancel
from booking.model import SlotTaken
from booking.office import importing, overview
from booking.office.importing import ImportRefused
from booking.rescheduling import reschedule
from connectors.contract import Connection, MailboxRef, Period
from connectors.memory import MemoryConnector
from mapping.model import CalendarConnection, LocalText, Mailbox, Municipality
from tests.booking.conftest import Office
from tests.booking.town import address, town

DESK = address(1)


@dataclass
class ByUrl:
    """A calendar system for each connection's address."""

    systems: dict[str, MemoryConnector] = field(default_factory=dict)

    def connector(self, connection: Connection) -> MemoryConnector:
        return self.systems.setdefault(connection.url, MemoryConnector())

    def events(self, url: str) -> list[Period]:
        found = self.systems[url].events(MailboxRef(DESK))
        return sorted(event.period for event in found if event.key and event.period)


OLD, NEW = "https://old.example/dav/", "https://new.example/dav/"


def connection(name: str, url: str) -> CalendarConnection:
    return CalendarConnection(name, "memory", url=url, meeting_link="https://meet.example/{room}")


def over(base: Municipality, *, name: str, url: str, calendar: str = "work/") -> Municipality:
    mailboxes = tuple(replace(each, connection=name, calendar=calendar) for each in base.mailboxes)
    return replace(base, connections=(connection(name, url),), mailboxes=mailboxes)


@pytest.fixture
def systems() -> ByUrl:
    return ByUrl()


@pytest.fixture
def moving(make_office: Callable[..., Office], systems: ByUrl) -> Office:
    office = make_office(over(town(), name="old", url=OLD))
    office.desk = replace(office.desk, calendars=systems)
    office.read_all()
    return office


def remap(office: Office, municipality: Municipality, *, text: str = "moved") -> None:
    importing.import_mapping(office.desk, text=text, municipality=municipality, by="test")
    office.town = municipality
    office.clock.forward(seconds=30)
    office.read_all()


def test_nothing_read_of_the_old_calendar_survives(moving: Office, systems: ByUrl) -> None:
    slots = moving.free()
    systems.systems[OLD].put_foreign(MailboxRef(DESK), slots[0])
    systems.systems[OLD].put_foreign(MailboxRef(DESK), slots[1])
    moving.clock.forward(seconds=30)
    moving.read_all()
    assert slots[0] not in moving.free()
    mailbox_id = moving.mailbox_id(DESK)
    remap(moving, over(town(), name="new", url=NEW, calendar="other/"))
    assert moving.free() == slots
    assert moving.mailbox_id(DESK) == mailbox_id
    systems.systems[NEW].put_foreign(MailboxRef(DESK), slots[2])
    moving.clock.forward(seconds=30)
    assert moving.free() == [slot for slot in slots if slot != slots[2]]


def test_bookings_in_the_old_calendar_stay_theirs_and_can_be_cancelled(
    moving: Office, systems: ByUrl
) -> None:
    slots = moving.free()
    booked = moving.book(slots[0].start).booking
    remap(moving, over(town(), name="new", url=NEW, calendar="other/"))
    assert slots[0] not in moving.free()
    with pytest.raises(SlotTaken):
        moving.book(slots[0].start, key="other")
    assert systems.events(OLD) == [slots[0]]
    cancel(moving.desk, booking_id=booked.id)
    assert systems.events(OLD) == []
    assert [each.address for each in overview.mailboxes(moving.desk)] == [DESK]


def test_a_reschedule_takes_the_booking_along_to_the_new_calendar(
    moving: Office, systems: ByUrl
) -> None:
    slots = moving.free()
    booked = moving.book(slots[0].start).booking
    remap(moving, over(town(), name="new", url=NEW, calendar="other/"))
    reschedule(
        moving.desk, booking_id=booked.id, starts_at=slots[3].start, citizen=None, answers=None
    )
    moving.settle()
    assert systems.events(OLD) == []
    assert systems.events(NEW) == [slots[3]]
    assert slots[0] in moving.free()


def test_a_booking_that_was_on_its_way_goes_to_the_new_calendar(
    moving: Office, systems: ByUrl
) -> None:
    slots = moving.free()
    from connectors.errors import TryLater

    systems.systems[OLD].fail_next("create", TryLater("lost"), effect_happened=False)
    booked = moving.book(slots[0].start).booking
    assert booked.state == "pending"
    remap(moving, over(town(), name="new", url=NEW, calendar="other/"))
    moving.settle()
    assert moving.view(booked.id).state == "confirmed"
    assert systems.events(OLD) + systems.events(NEW) == [slots[0]]


def test_a_calendar_server_that_moved_has_the_same_calendars(
    moving: Office, systems: ByUrl
) -> None:
    slots = moving.free()
    booked = moving.book(slots[0].start).booking
    systems.systems[NEW] = systems.systems[OLD]
    remap(moving, over(town(), name="old", url=NEW))
    assert slots[0] not in moving.free()
    cancel(moving.desk, booking_id=booked.id)
    assert systems.events(NEW) == []


def test_a_calendar_of_another_municipality_is_refused(moving: Office) -> None:
    other = over(town(slug="other"), name="theirs", url="https://OLD.example:443/dav")
    other = replace(other, mailboxes=(Mailbox("x@other.example", "staff1", "theirs", "work"),))
    service = other.services[0]
    channels = tuple(replace(each, mailboxes=("x@other.example",)) for each in service.channels)
    other = replace(other, services=(replace(service, channels=channels),))
    # "https://old.example/dav" and "work" is https://old.example/work: another calendar.
    importing.import_mapping(moving.desk, text="fine", municipality=other, by="test")
    same = replace(other, connections=(connection("theirs", "https://OLD.example:443/dav/"),))
    with pytest.raises(ImportRefused, match=rf"calendar of {DESK} \(town\)"):
        importing.import_mapping(moving.desk, text="same", municipality=same, by="test")
    assert importing.export_text(moving.desk, "other") == "fine"


def test_two_mailboxes_of_one_municipality_never_share_a_calendar(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2))
    shared = replace(
        office.town,
        mailboxes=tuple(replace(each, calendar="one") for each in office.town.mailboxes),
    )
    with pytest.raises(ImportRefused, match="promised twice"):
        importing.import_mapping(office.desk, text="shared", municipality=shared, by="test")


def test_another_text_under_the_same_version_is_refused_whoever_imports(office: Office) -> None:
    (consent,) = office.town.consents
    sly = replace(office.town, consents=(replace(consent, text=LocalText("Άλλο")),))
    with pytest.raises(ImportRefused, match="consents/privacy"):
        importing.import_mapping(office.desk, text="sly", municipality=sly, by="test")
    assert importing.export_text(office.desk, "town") == "slug: town"
    fair = replace(sly, consents=(replace(sly.consents[0], version="2"),))
    importing.import_mapping(office.desk, text="fair", municipality=fair, by="test")
    assert importing.export_text(office.desk, "town") == "fair"
