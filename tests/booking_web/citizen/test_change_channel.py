"""Another way to be served, for a booking that exists: on the page and in the calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from booking import managing
from booking.model import BookingState, BookingView
from booking.outbox import drain
from connectors.contract import RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, TryLater
from mapping.model import Channel
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House

KAVALA = "/d/kavala/mayor-office-appointment/{}/slot"
ASKED = "Επιλέξτε τον επιθυμητό τρόπο εξυπηρέτησης"


class _Nobody:
    """Mails are not looked at here."""

    def send(self, message: object, *, deadline: Deadline) -> None:
        pass


def work(house: House) -> None:
    house.clock.forward(seconds=61)
    drain(house.desk, mailer=_Nobody(), limit=100, deadline=Deadline.after(60))


def events(house: House, reference: str) -> list[RemoteEvent]:
    return [
        event
        for mailbox in house.mailboxes()
        for event in house.memory.events(mailbox)
        if event.reference == reference
    ]


def stored(house: House, reference: str) -> BookingView:
    return managing.by_reference(house.desk, reference=reference)


@pytest.fixture
def book(visitor: Visitor) -> Callable[[str], str]:
    def booked(channel: str) -> str:
        visitor.get(KAVALA.format(channel)).press("Συνέχεια", ora=visitor.times()[0])
        visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1", "q-subject": "Βεβαίωση"})
        return visitor.press("Κράτηση").reference

    return booked


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("in_person", "teleconference", "Φυσική Παρουσία", "Τηλεδιάσκεψη"),
        ("teleconference", "in_person", "Τηλεδιάσκεψη", "Φυσική Παρουσία"),
    ],
)
def test_the_same_time_another_way(
    house: House,
    visitor: Visitor,
    book: Callable[[str], str],
    old: str,
    new: str,
    before: str,
    after: str,
) -> None:
    reference = book(old)
    was = stored(house, reference)
    visitor.get(f"/booking/{reference}").follow("Αλλαγή τρόπου εξυπηρέτησης")
    assert ASKED in visitor.text
    (checked,) = visitor.html.cssselect("input[name=kanali][checked]")
    assert checked.get("value") == old
    visitor.press("Συνέχεια", kanali=new)
    visitor.follow(f"Κρατώ την ίδια ώρα, με τρόπο εξυπηρέτησης: {after}")
    assert f"Τρόπος εξυπηρέτησης τώρα{before}" in visitor.text.replace(" " + before, before)
    assert "Νέος τρόπος εξυπηρέτησης" in visitor.text
    visitor.press("Προγραμματισμός εκ νέου")
    assert "Το ραντεβού σας άλλαξε" in visitor.text
    view = stored(house, reference)
    assert (view.channel.value, view.period, view.sequence) == (new, was.period, 1)
    online = new == "teleconference"
    assert ("Συμμετοχή στη συνάντηση" in visitor.text) is online
    assert bool(view.meeting_url) is online
    work(house)
    (event,) = events(house, reference)
    assert (event.meeting_url or "") == view.meeting_url


def test_another_time_and_another_way_in_english(
    house: House, visitor: Visitor, book: Callable[[str], str]
) -> None:
    reference = book("in_person")
    visitor.get(f"/booking/{reference}/reschedule?lang=en").follow("Choose another way")
    visitor.press("Continue", kanali="teleconference")
    time = visitor.times()[3]
    visitor.press("Continue", ora=time)
    assert "How, from now on" in visitor.text
    visitor.press("Reschedule")
    view = stored(house, reference)
    assert view.channel is Channel.TELECONFERENCE
    assert view.period.start.strftime("%Y-%m-%dT%H:%MZ") == time


def test_months_days_and_zones_keep_the_channel_that_was_chosen(
    visitor: Visitor, book: Callable[[str], str]
) -> None:
    reference = book("in_person")
    visitor.get(f"/booking/{reference}/reschedule?kanali=teleconference")
    links = [each.get("href") for each in visitor.html.cssselect("a.rv-day, a.rv-cal__move")]
    assert links
    assert all("kanali=teleconference" in each for each in links)
    form = visitor.html.cssselect(".rv-zone form input[name=kanali]")
    assert [each.get("value") for each in form] == ["teleconference"]


def test_a_time_that_this_way_has_not_is_said_and_refused(
    house: House, visitor: Visitor, book: Callable[[str], str]
) -> None:
    reference = book("in_person")
    was = stored(house, reference)
    for mailbox in house.mailboxes():
        house.memory.put_foreign(mailbox, was.period)
    visitor.get(f"/booking/{reference}/reschedule/details?kanali=teleconference")
    visitor.press("Προγραμματισμός εκ νέου")
    assert visitor.status == 409
    refused = stored(house, reference)
    assert replace(refused, version=was.version) == was
    house.read_calendars()
    visitor.get(f"/booking/{reference}/reschedule?kanali=teleconference")
    assert "δεν είναι διαθέσιμη με τρόπο εξυπηρέτησης: Τηλεδιάσκεψη" in visitor.text
    visitor.press("Συνέχεια", ora=visitor.times()[-1]).press("Προγραμματισμός εκ νέου")
    assert stored(house, reference).channel is Channel.TELECONFERENCE


def test_while_the_calendar_is_silent_the_page_says_what_is_on_its_way(
    house: House, visitor: Visitor, book: Callable[[str], str]
) -> None:
    reference = book("in_person")
    house.memory.fail_next("create", TryLater("busy"))
    visitor.get(f"/booking/{reference}/reschedule/details?kanali=teleconference")
    visitor.press("Προγραμματισμός εκ νέου")
    assert "– Τηλεδιάσκεψη επιβεβαιώνεται" in visitor.text
    assert "Αλλαγή τρόπου" not in visitor.text
    assert stored(house, reference).pending_channel is Channel.TELECONFERENCE
    work(house)
    assert stored(house, reference).channel is Channel.TELECONFERENCE
    assert len(events(house, reference)) == 1


def test_a_calendar_that_refuses_leaves_the_booking_as_it_was(
    house: House, visitor: Visitor, book: Callable[[str], str]
) -> None:
    reference = book("in_person")
    was = stored(house, reference)
    house.memory.fail_next("create", NotAuthorised("read only"))
    visitor.get(f"/booking/{reference}/reschedule/details?kanali=teleconference")
    visitor.press("Προγραμματισμός εκ νέου")
    assert visitor.status == 409
    view = stored(house, reference)
    assert (view.channel, view.period, view.state) == (
        Channel.IN_PERSON,
        was.period,
        BookingState.CONFIRMED,
    )


def test_where_there_is_one_way_nobody_is_asked(visitor: Visitor) -> None:
    reference = visitor.booked()
    assert HOUSING.endswith("in_person")
    assert "Αλλαγή τρόπου" not in visitor.get(f"/booking/{reference}").text
    visitor.get(f"/booking/{reference}/reschedule/channel")
    assert visitor.url == f"/booking/{reference}"
    visitor.get(f"/booking/{reference}/reschedule?kanali=teleconference")
    assert visitor.status == 200
    assert "Τηλεδιάσκεψη" not in visitor.text
    assert not any("kanali" in each.get("href") for each in visitor.html.cssselect("a.rv-day"))


def test_an_answer_that_does_not_exist_is_an_error(
    visitor: Visitor, book: Callable[[str], str]
) -> None:
    reference = book("in_person")
    visitor.get(f"/booking/{reference}/reschedule/channel?kanali=pigeon")
    assert visitor.status == 422
    assert list(visitor.errors()) == ["kanali"]
