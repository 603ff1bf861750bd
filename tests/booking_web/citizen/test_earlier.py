"""«Νωρίτερη ώρα» on the pages: waiting, being offered a time, taking it or passing it on."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from booking import cancelling, managing, outbox, waiting
from booking.housekeeping import tend
from booking.model import BookingState
from booking_web.app import create_app
from connectors.contract import Period
from connectors.deadline import Deadline
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.test_unsettled import Post
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house


def with_list(text: str) -> str:
    """Only where the sample has none."""
    key = "- key: housing-benefit\n"
    return text if "waiting_list:" in text else text.replace(key, f"{key}    waiting_list: yes\n")


class Street:
    """Whoever booked the first time of the office, and Maria, who has the next one."""

    def __init__(self, house: House, app: Flask) -> None:
        self.house, self.app = house, app
        self.first, self.maria = Visitor(app), Visitor(app)
        self.early = self.first.booked()
        self.one_desk_only()
        self.reference = self.maria.booked()

    def one_desk_only(self) -> None:
        """The colleague is away, so that there is one of each time."""
        booked = managing.by_reference(self.house.desk, reference=self.early)
        for ref in PRONOIA:
            if not any(event.key for event in self.house.memory.events(ref)):
                month = Period(booked.period.start, booked.period.start.replace(year=2028))
                self.house.memory.put_foreign(ref, month)
        self.house.read_calendars()

    def given_up(self) -> None:
        booked = managing.by_reference(self.house.desk, reference=self.early)
        cancelling.cancel(self.house.desk, booking_id=booked.id)
        self.house.clock.forward(minutes=31)
        self.house.read_calendars()
        tend(self.house.desk)

    def view(self) -> tuple[BookingState, Period]:
        found = managing.by_reference(self.house.desk, reference=self.reference)
        return found.state, found.period

    @property
    def id(self) -> str:
        return managing.by_reference(self.house.desk, reference=self.reference).id

    def mails(self) -> Post:
        post = Post()
        outbox.drain(self.house.desk, mailer=post, limit=50, deadline=Deadline.after(60))
        return post


@pytest.fixture
def street(house: House, app: Flask) -> Street:
    return Street(house, app)


def test_asking_being_told_and_taking_it(street: Street) -> None:
    maria = street.maria
    earlier = managing.by_reference(street.house.desk, reference=street.early).period
    maria.follow("Σελίδα του ραντεβού")
    maria.follow("Ειδοποιήστε με αν ελευθερωθεί νωρίτερη ώρα")
    assert maria.heading == "Νωρίτερη ώρα"
    maria.press("Ειδοποιήστε με")
    assert "Θα σας γράψουμε μόλις ελευθερωθεί" in maria.text
    assert maria.follow("Αλλαγή ή διακοπή της αναμονής").text.count("Είστε πρώτοι στη σειρά") == 1
    street.mails()
    street.given_up()
    (mail,) = (each for each in street.mails().sent if "νωρίτερη ώρα" in each.subject)
    assert mail.recipient == MARIA["email"]
    maria.get(f"/booking/{street.reference}")
    assert "Ελευθερώθηκε νωρίτερη ώρα" in maria.text
    # Nobody else is shown it.
    public = Visitor(street.app)
    public.at_calendar()
    assert earlier.start.strftime("%Y-%m-%dT%H:%M") not in public.page.text
    maria.press("Παίρνω τη νωρίτερη ώρα")
    assert "Η νέα ώρα κλείστηκε" in maria.text
    assert street.view() == (BookingState.CONFIRMED, earlier)
    assert "Περιμένετε νωρίτερη ώρα" not in maria.text


def test_declining_keeps_what_one_has_and_goes_on_waiting(street: Street) -> None:
    before = street.view()
    waiting.join(street.house.desk, booking_id=street.id)
    street.given_up()
    street.maria.get(f"/booking/{street.reference}").press("Όχι, ευχαριστώ")
    assert "Το ραντεβού σας μένει όπως είναι" in street.maria.text
    assert street.view() == before
    wait = waiting.waits(street.house.desk, booking_id=street.id)
    assert wait is not None
    assert wait.offer is None
    street.maria.follow("Αλλαγή ή διακοπή").press("Δεν περιμένω πια")
    assert waiting.waits(street.house.desk, booking_id=street.id) is None


def test_by_a_mailed_link_only_who_knows_the_phone_changes_anything(street: Street) -> None:
    """Mail scanners open links and press buttons."""
    waiting.join(street.house.desk, booking_id=street.id)
    street.mails()
    street.given_up()
    before = street.view()
    (mail,) = (each for each in street.mails().sent if "νωρίτερη ώρα" in each.subject)
    link = next(word for word in mail.text.split() if "/r/" in word)
    scanner = Visitor(street.app).get(link.removeprefix("https://rantevou.example.gr"))
    scanner.press("Παίρνω τη νωρίτερη ώρα")
    assert scanner.errors() == {
        "psifia": "Γράψτε τα 3 τελευταία ψηφία του τηλεφώνου που δώσατε στην κράτηση"
    }
    scanner.press("Όχι, ευχαριστώ")
    assert "psifia" in scanner.errors()
    scanner.get(f"/booking/{street.reference}/earlier").press("Αλλαγή ημέρας")
    assert "psifia" in scanner.errors()
    scanner.press("Δεν περιμένω πια")
    assert "psifia" in scanner.errors()
    assert street.view() == before
    wait = waiting.waits(street.house.desk, booking_id=street.id)
    assert wait is not None
    assert wait.offer is not None
    scanner.get(f"/booking/{street.reference}").press("Παίρνω τη νωρίτερη ώρα", psifia="567")
    assert street.view() != before


def test_where_an_earlier_time_is_free_the_page_leads_to_it(house: House, app: Flask) -> None:
    visitor = Visitor(app)
    visitor.at_calendar()
    times = visitor.times()
    visitor.press("Συνέχεια", ora=times[2])
    visitor.press("Συνέχεια", **MARIA, synainesi="1").press("Κράτηση")
    visitor.follow("Σελίδα του ραντεβού").follow("Ειδοποιήστε με αν").press("Ειδοποιήστε με")
    assert visitor.status == 409
    assert "Υπάρχουν ήδη νωρίτερες ώρες" in visitor.text
    visitor.follow("Διαλέξτε νωρίτερη ώρα")
    assert times[0] in visitor.page.text


def test_a_day_that_is_none_of_those_shown_is_refused(street: Street) -> None:
    street.maria.get(f"/booking/{street.reference}/earlier")
    street.maria.press("Ειδοποιήστε με", apo="2031-01-01")
    assert street.maria.errors() == {"apo": "Επιλέξτε μία από τις ημέρες"}
    assert waiting.waits(street.house.desk, booking_id=street.id) is None


def test_in_english(street: Street) -> None:
    waiting.join(street.house.desk, booking_id=street.id)
    street.given_up()
    street.maria.get(f"/booking/{street.reference}?lang=en")
    assert "An earlier time has become free" in street.maria.text
    street.maria.get(f"/booking/{street.reference}/earlier?lang=en")
    assert street.maria.heading == "An earlier time"
    assert "You are first in line." in street.maria.text


def test_a_service_without_a_list_has_no_such_page(tmp_path: Path) -> None:
    plain = make_house(tmp_path, edit=lambda text: text.replace("    waiting_list: yes", ""))
    visitor = Visitor(create_app(plain.desk, audiences=(("booking_web.citizen", True),)))
    reference = visitor.booked()
    visitor.follow("Σελίδα του ραντεβού")
    assert "νωρίτερη" not in visitor.text
    visitor.get(f"/booking/{reference}/earlier")
    assert visitor.url == f"/booking/{reference}"
