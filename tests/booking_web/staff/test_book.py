"""A clerk books for somebody on the telephone or at the desk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from booking import managing
from booking.model import BookingState
from booking_web.app import create_app
from connectors.errors import TryLater
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House, house
from tests.booking_web.pages import sign_in

HOUSING = "/staff/book/kalamata.housing-benefit/in_person"
CALLER = {
    "onoma": "Ελένη Δοκιμαστική",
    "tilefono": "2721 012345",
    "email": "",
    "q-afm": "090000045",
    "d-housing-benefit": "no-first-time",
    "glossa": "el",
}


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def app(home: House) -> Flask:
    return create_app(home.desk)


def clerk_of(app: Flask, user: str = "staff-kalamata") -> Visitor:
    made = Visitor(app)
    sign_in(made.client, user)
    return made


@pytest.fixture
def clerk(app: Flask) -> Visitor:
    return clerk_of(app)


def at_details(clerk: Visitor) -> Visitor:
    clerk.get("/staff/").follow("Νέο ραντεβού για πολίτη").follow(
        "Επίδομα Στέγασης – Φυσική Παρουσία"
    )
    return clerk.press("Πρώτη ελεύθερη", ora=first_time(clerk))


def first_time(clerk: Visitor) -> str:
    return str(clerk.html.cssselect("button[name=ora]")[0].get("value"))


def consent(clerk: Visitor) -> str:
    return str(clerk.html.get_element_by_id("synainesi").get("value"))


def booked(clerk: Visitor, **changes: str) -> str:
    at_details(clerk)
    clerk.press("Κράτηση", **{**CALLER, "synainesi": consent(clerk), **changes})
    assert clerk.status == 200, clerk.text
    return clerk.url.rpartition("/")[2]


def test_a_caller_without_a_mail_address_gets_the_first_free_time(
    home: House, clerk: Visitor
) -> None:
    reference = booked(clerk)
    view = managing.by_reference(home.desk, reference=reference)
    assert (view.state, view.clerk) == (BookingState.CONFIRMED, "staff-kalamata")
    assert (view.citizen.phone, view.citizen.email) == ("+302721012345", "")
    assert view.declarations == {"housing-benefit": "no-first-time"}
    assert view.consent_version
    assert view.period.start.date() == home.clock.at.date()
    assert "Το ραντεβού κλείστηκε" in clerk.text
    (event,) = [
        each
        for mailbox in home.mailboxes()
        for each in home.memory.events(mailbox)
        if each.key is not None
    ]
    assert "2721" not in repr(event)
    assert "090000045" not in repr(event)


def test_what_was_typed_is_kept_where_something_is_missing(clerk: Visitor) -> None:
    at_details(clerk)
    clerk.press("Κράτηση", **{**CALLER, "tilefono": "12", "d-housing-benefit": ""})
    assert clerk.status == 422
    assert list(clerk.errors()) == ["d-housing-benefit", "tilefono", "synainesi"]
    assert clerk.html.get_element_by_id("onoma").get("value") == CALLER["onoma"]
    assert "Η ώρα κρατιέται έως" in clerk.text


def test_the_condition_of_an_answer_stands_beside_it_to_be_read_out(clerk: Visitor) -> None:
    at_details(clerk)
    hints = [each.text_content() for each in clerk.html.cssselect(".rv-radio .rv-hint")]
    assert any("Εγκεκριμένη (Σε μήνα λήξης ισχύος)" in each for each in hints)
    values = {**CALLER, "synainesi": consent(clerk), "d-housing-benefit": "yes-already"}
    assert clerk.press("Κράτηση", **values).status == 200


def test_pressed_twice_it_is_one_booking(home: House, clerk: Visitor) -> None:
    at_details(clerk)
    page, url = clerk.page, clerk.url
    values = {**CALLER, "synainesi": consent(clerk)}
    first = clerk.press("Κράτηση", **values).url
    clerk.page, clerk.url = page, url
    assert clerk.press("Κράτηση", **values).url == first
    assert clerk.get(url).url == first
    events = [each for box in home.mailboxes() for each in home.memory.events(box) if each.key]
    assert len(events) == 1


def test_a_time_that_is_held_for_a_caller_is_nobody_elses(
    home: House, app: Flask, clerk: Visitor
) -> None:
    home.busy("pronoia2@kalamata.example", hours=24)
    first = first_time(clerk.get(HOUSING))
    at_details(clerk)
    assert first_time(clerk_of(app).get(HOUSING)) > first
    citizens = Api(app.test_client()).slots(first="2027-01-12", last="2027-01-12")
    assert datetime.fromisoformat(citizens[0]) > datetime.fromisoformat(first)


def test_a_lost_time_keeps_what_was_typed_and_offers_the_nearest(
    home: House, clerk: Visitor
) -> None:
    at_details(clerk)
    home.clock.forward(minutes=11)  # the hold is over
    for mailbox in ("pronoia1@kalamata.example", "pronoia2@kalamata.example"):
        home.busy(mailbox, hours=6)
    clerk.press("Κράτηση", **{**CALLER, "synainesi": consent(clerk)})
    assert clerk.status == 409
    assert "Οι πλησιέστερες ελεύθερες ώρες" in clerk.text
    assert list(clerk.errors()) == ["plisiesteres"]
    times = [each.get("value") for each in clerk.html.cssselect(".rv-radio input[name=ora]")]
    clerk.press("Συνέχεια στα στοιχεία", ora=times[0])
    assert clerk.html.get_element_by_id("onoma").get("value") == CALLER["onoma"]
    assert "Το ραντεβού κλείστηκε" in clerk.press("Κράτηση").text


def test_another_office_books_nothing_here(app: Flask, clerk: Visitor) -> None:
    at_details(clerk)
    entry = clerk.url
    other = clerk_of(app, "staff-kavala")
    assert other.get(HOUSING).status == 404
    assert other.get(entry).status == 404
    assert "Επίδομα" not in other.get("/staff/book").text
    admin = clerk_of(app, "admin")
    assert admin.get("/staff/book").press("Εμφάνιση", dimos="kavala").status == 200
    assert admin.get(entry).status == 200


def test_a_day_without_times_names_the_next_one(clerk: Visitor) -> None:
    clerk.get(f"{HOUSING}?imera=2027-01-16")
    assert "Σάββατο 16 Ιανουαρίου 2027: καμία ελεύθερη ώρα" in clerk.text
    assert "Δευτέρα 18 Ιανουαρίου 2027" in clerk.text
    assert clerk.get(f"{HOUSING}?imera=nonsense").status == 200
    assert clerk.press("Συνέχεια στα στοιχεία").errors() == {"ora": "Επιλέξτε μία ώρα"}


def limited(text: str) -> str:
    """Kalamata, where whoever books signs in or proves the address, and has one appointment."""
    if "slug: kalamata" not in text:
        return text
    return text + "\nsign_in: required\nverify_email: true\nfair_access: {per_person: 1}\n"


def test_a_clerk_has_seen_who_asks_and_keeps_to_the_limits(tmp_path: Path) -> None:
    home = house(tmp_path, edit=limited)
    clerk = clerk_of(create_app(home.desk))
    booked(clerk)
    at_details(clerk)
    clerk.press("Κράτηση", **{**CALLER, "synainesi": consent(clerk)})
    assert (clerk.status, list(clerk.errors())) == (409, ["kratisi"])
    assert "όσα ραντεβού επιτρέπει ο Δήμος" in clerk.text
    assert clerk.html.get_element_by_id("onoma").get("value") == CALLER["onoma"]


def test_a_text_that_changes_while_it_is_read_out_is_read_out_again(clerk: Visitor) -> None:
    at_details(clerk)
    clerk.press("Κράτηση", **{**CALLER, "synainesi": "0.9"})
    assert list(clerk.errors()) == ["synainesi"]
    assert "Το κείμενο άλλαξε" in clerk.text
    assert "checked" not in clerk.html.get_element_by_id("synainesi").attrib


def test_a_calendar_that_is_silent_is_no_confirmation(home: House, clerk: Visitor) -> None:
    at_details(clerk)
    home.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    clerk.press("Κράτηση", **{**CALLER, "synainesi": consent(clerk)})
    assert "επιβεβαιώνεται στο ημερολόγιο" in clerk.text
    assert "Το ραντεβού κλείστηκε" not in clerk.text
    slip = clerk.follow("Εκτύπωση του σημειώματος").text
    assert "Επιβεβαιώνεται ακόμη" in slip


def test_another_service_keeps_who_is_calling(home: House, clerk: Visitor) -> None:
    home.clock.forward(minutes=1)  # the office has opened, and begins nothing in the past
    at_details(clerk)
    clerk.press("Κράτηση", **{**CALLER, "tilefono": ""})
    clerk.follow("Αλλαγή ώρας").follow("Αλλαγή υπηρεσίας").follow("Εγγυημένο Εισόδημα")
    clerk.press("Πρώτη ελεύθερη", ora=first_time(clerk))
    assert clerk.html.get_element_by_id("onoma").get("value") == CALLER["onoma"]
    assert not clerk.html.cssselect("input[checked][name=d-housing-benefit]")


def test_an_entry_of_nobody_is_none(clerk: Visitor) -> None:
    """Neither a session's row nor a citizen's form is one."""
    with clerk.client.session_transaction() as session:
        row = str(session["signed_in"])
    for entry in (row, "unknown"):
        assert clerk.get(f"/staff/book/entry/{entry}").status == 404
        assert clerk.get(f"{HOUSING}?entry={entry}").status == 404


def test_who_stands_at_the_desk_sees_what_is_free_today(home: House, clerk: Visitor) -> None:
    assert "Επίδομα Στέγασης – Φυσική Παρουσία (σήμερα από 12:30 μ.μ.)" in (
        clerk.get("/staff/book").text
    )
    home.clock.forward(hours=8)
    home.read_calendars()
    sign_in(clerk.client, "staff-kalamata")
    assert "σήμερα από" not in clerk.get("/staff/book").text
