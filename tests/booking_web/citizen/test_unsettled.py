"""Bookings that are not simply confirmed: the pages offer what can be done, and only that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import managing, outbox
from booking.messages import OutgoingMail
from booking.model import BookingState
from connectors.contract import Period
from connectors.deadline import Deadline
from connectors.errors import TryLater
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House

KAVALA = "/d/kavala/mayor-office-appointment/teleconference"


class Post:
    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.sent.append(message)


def drain(house: House) -> Post:
    post = Post()
    house.clock.forward(seconds=5)
    outbox.drain(house.desk, mailer=post, limit=50, deadline=Deadline.after(60))
    return post


def at_kavala_check(visitor: Visitor) -> Visitor:
    visitor.get(f"{KAVALA}/slot")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    details = {**MARIA, "q-subject": "Βεβαίωση", "synainesi": "1"}
    return visitor.press("Συνέχεια", **details)


def menu(visitor: Visitor) -> list[str]:
    """What can be done about the appointment; one's own data one may always have."""
    links = [each.text for each in visitor.html.cssselect(".rv-menu a")]
    return [each for each in links if each != "Τα προσωπικά μου στοιχεία"]


def released(house: House, visitor: Visitor) -> str:
    """Booked while the calendars were silent; then staff had taken the time everywhere."""
    visitor.at_check()
    start = house.clock.at.replace(hour=10, minute=30)
    for _ in range(2):
        house.memory.fail_next("changes", TryLater("slow"))
    reference = visitor.press("Κράτηση").reference
    for mailbox in PRONOIA:
        house.memory.put_foreign(mailbox, Period(start, start + timedelta(minutes=30)))
    for _ in range(3):
        drain(house)
    return reference


def test_what_is_being_confirmed_can_only_be_cancelled(house: House, visitor: Visitor) -> None:
    at_kavala_check(visitor)
    house.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    reference = visitor.press("Κράτηση").reference
    visitor.get(f"/booking/{reference}")
    assert menu(visitor) == ["Ακύρωση κράτησης", "Νέα κράτηση"]
    assert visitor.html.cssselect(".rv-appt a") == []
    assert "Προσθήκη στο ημερολόγιο" not in visitor.text
    assert visitor.get(f"/booking/{reference}/calendar.ics").status == 404
    for page in ("join", "reschedule", "reschedule/details"):
        assert visitor.get(f"/booking/{reference}/{page}").url == f"/booking/{reference}"


def test_times_kept_after_an_apology_can_be_taken(house: House, visitor: Visitor) -> None:
    reference = released(house, visitor)
    visitor.get(f"/booking/{reference}")
    assert visitor.heading == "Το ραντεβού δεν μπόρεσε να κλειστεί"
    assert "Ώρες που κρατάμε για εσάς" in visitor.text
    labels = [each.text_content() for each in visitor.html.cssselect(".rv-kept button")]
    assert labels[0].replace("\u00a0", " ") == "Τρίτη 12 Ιανουαρίου 2027, 1:10 μ.μ."
    assert "Κρατιέται για εσάς έως Τρίτη 12 Ιανουαρίου, 11:10 π.μ." in visitor.text
    values = [each.get("value") for each in visitor.html.cssselect("button[name=ora]")]
    assert len(values) == 3
    visitor.press(labels[2], ora=values[2])
    assert "Η νέα ώρα κλείστηκε" in visitor.text
    assert visitor.heading == "Επερχόμενη κράτηση για Μαρία Παππά"
    assert "Τετάρτη 13 Ιανουαρίου 2027" in visitor.text
    view = managing.by_reference(house.desk, reference=reference)
    assert view.state is BookingState.CONFIRMED
    assert "Ώρες που κρατάμε" not in visitor.get(f"/booking/{reference}").text


def test_kept_times_are_listed_as_long_as_they_are_kept(house: House, visitor: Visitor) -> None:
    reference = released(house, visitor)
    house.clock.forward(hours=25)
    visitor.get(f"/booking/{reference}")
    assert "Ώρες που κρατάμε" not in visitor.text
    assert menu(visitor) == ["Προγραμματισμός εκ νέου", "Νέα κράτηση"]


def test_a_new_time_that_is_still_being_written_is_not_called_changed(
    house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}/reschedule").press("Συνέχεια", ora="2027-01-13T10:30Z")
    house.memory.fail_next("update", TryLater("no answer", outcome_unknown=True))
    visitor.press("Προγραμματισμός εκ νέου")
    assert "Η αλλαγή σε Τετάρτη 13 Ιανουαρίου 2027, 12:30 μ.μ. επιβεβαιώνεται" in visitor.text
    assert "Στείλαμε νέα επιβεβαίωση" not in visitor.text
    assert menu(visitor) == ["Ακύρωση κράτησης", "Νέα κράτηση"]


def test_the_last_look_says_that_the_time_is_not_kept_any_more(
    house: House, visitor: Visitor
) -> None:
    visitor.at_check()
    house.clock.forward(minutes=65)
    visitor.get(visitor.url)
    assert "Η ώρα δεν κρατιέται πια για εσάς" in visitor.text


@pytest.mark.parametrize(
    ("minutes_after_start", "said"),
    [
        (-11, "Η συνάντηση ανοίγει Τρίτη 12 Ιανουαρίου 2027"),
        (-9, "Πριν επιλέξετε «Συμμετοχή τώρα»"),
        (35, "Πριν επιλέξετε «Συμμετοχή τώρα»"),  # ten minutes long, and it ran over
        (41, ""),
    ],
)
def test_the_meeting_is_open_from_shortly_before_until_well_after(
    house: House, visitor: Visitor, minutes_after_start: int, said: str
) -> None:
    reference = at_kavala_check(visitor).press("Κράτηση").reference
    start = managing.by_reference(house.desk, reference=reference).period.start
    house.clock.at = start + timedelta(minutes=minutes_after_start)
    visitor.get(f"/booking/{reference}/join")
    if said:
        visitor.press("Συνέχεια στη συνάντηση", katagrafi="1")
    assert said in visitor.text
    joins = visitor.url.endswith("/join")
    assert joins == bool(said)
    if joins:
        headings = visitor.html.cssselect("h2")
        tips = next(each for each in headings if "Συμβουλές για" in each.text_content())
        assert len(tips.getnext().cssselect("li")) == 6
        buttons = [each.text for each in visitor.html.cssselect("a.rv-btn")]
        assert ("Συμμετοχή τώρα" in buttons) == said.startswith("Πριν")


def test_page_mail_file_and_event_tell_the_same_moment_after_a_change_of_clocks(
    house: House, visitor: Visitor
) -> None:
    """The first Monday of summer time in Athens, seen from Sydney, which is still on its own."""
    house.clock.at = house.clock.at.replace(month=3, day=24)
    house.read_calendars()
    visitor.at_calendar().get(f"{HOUSING}/slot?imera=2027-03-29&zoni=Australia/Sydney")
    visitor.press("Συνέχεια", ora="2027-03-29T09:30Z")
    visitor.press("Συνέχεια", **MARIA, synainesi="1")
    assert "12:30 μ.μ. ώρα Ελλάδας (8:30 μ.μ. δική σας ώρα)" in visitor.text
    reference = visitor.press("Κράτηση").reference
    assert "12:30 μ.μ. (30 λεπτά) 8:30 μ.μ. δική σας ώρα" in visitor.text
    assert "ώρα Ελλάδας (UTC+3)" in visitor.text
    (mail,) = drain(house).sent
    assert "12:30 – 1:00 μ.μ., ώρα Ελλάδας (UTC+3)" in mail.text.replace("\u00a0", " ")
    file = visitor.get(f"/booking/{reference}/calendar.ics").page.text
    for text in (file, (mail.calendar or b"").decode()):
        assert "DTSTART:20270329T093000Z" in text
    events = [event for mailbox in PRONOIA for event in house.memory.events(mailbox)]
    assert [event.period and event.period.start.isoformat() for event in events] == [
        "2027-03-29T09:30:00+00:00"
    ]
