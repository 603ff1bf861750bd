"""Limits of fair access on the pages and in the API: told in time, kindly, with a way on."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from booking import cancelling, managing
from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House, house

OUTSIDE = "203.0.113.5"


def limited(line: str) -> str:
    return f"\nfair_access: {{{line}}}\n"


@pytest.fixture
def home(tmp_path: Path, request: pytest.FixtureRequest) -> House:
    return house(tmp_path, edit=lambda text: text + limited(request.param))


@pytest.fixture
def app(home: House) -> Flask:
    return create_app(home.desk)


@pytest.mark.parametrize("home", ["per_person: 1"], indirect=True)
def test_who_has_enough_is_told_before_the_button_and_finds_a_way(home: House, app: Flask) -> None:
    first = Visitor(app).booked()
    again = Visitor(app)
    again.at_check()
    assert again.status == 409
    assert again.heading == "Δεν μπορείτε να κλείσετε άλλο ραντεβού τώρα"
    assert "έως 1. Με τα στοιχεία που δώσατε υπάρχουν ήδη τόσα" in again.text
    assert "Τηλέφωνο" in again.text
    # Nobody is told which: whoever types an address need not be the one it belongs to.
    assert first not in again.page.text
    assert "Μαρία" not in again.text
    cancelling.cancel(home.desk, booking_id=managing.by_reference(home.desk, reference=first).id)
    again.follow("Επιστροφή").press("Συνέχεια").press("Κράτηση")
    assert again.heading == "Το ραντεβού σας κλείστηκε"


@pytest.mark.parametrize("home", ["per_service: 1"], indirect=True)
def test_two_windows_book_one_appointment(home: House, app: Flask) -> None:
    one, other = Visitor(app), Visitor(app)
    one.at_check()
    other.at_check()
    one.press("Κράτηση")
    other.press("Κράτηση")
    assert one.heading == "Το ραντεβού σας κλείστηκε"
    assert (other.status, other.heading) == (409, "Δεν μπορείτε να κλείσετε άλλο ραντεβού τώρα")
    assert "για αυτή την υπηρεσία" in other.text


@pytest.mark.parametrize("home", ["per_network: 1"], indirect=True)
def test_a_network_that_booked_enough_today_may_come_back_tomorrow(home: House, app: Flask) -> None:
    first, second = Visitor(app), Visitor(app)
    for visitor in (first, second):
        visitor.client.environ_base["REMOTE_ADDR"] = OUTSIDE
    first.booked()
    other = {**MARIA, "email": "nikos@example.gr"}
    second.at_details().press("Συνέχεια", **other, synainesi="1")
    assert (second.status, second.heading) == (429, "Δεν μπορείτε να κλείσετε άλλο ραντεβού τώρα")
    assert "Δοκιμάστε ξανά αύριο" in second.text
    home.clock.forward(hours=16)
    home.read_calendars()
    second.at_details().press("Συνέχεια", **other, synainesi="1").press("Κράτηση")
    assert second.heading == "Το ραντεβού σας κλείστηκε"


@pytest.mark.parametrize("home", ["per_person: 1"], indirect=True)
def test_who_booked_again_meanwhile_cannot_take_a_cancellation_back(app: Flask) -> None:
    visitor, other = Visitor(app), Visitor(app)
    visitor.booked()
    visitor.follow("Σελίδα του ραντεβού").follow("Ακύρωση κράτησης").press("Ναι, ακύρωση")
    other.booked()
    visitor.press("Αναίρεση της ακύρωσης")
    assert "ακυρώστε πρώτα κάποιο άλλο" in visitor.text


@pytest.mark.parametrize("home", ["per_person: 1"], indirect=True)
def test_in_english_too(home: House, app: Flask) -> None:
    Visitor(app).booked()
    again = Visitor(app)
    again.at_details()
    again.press("Συνέχεια", **MARIA, synainesi="1")
    again.get("/d/kalamata/housing-benefit/in_person/check?lang=en")
    assert again.heading == "You cannot book another appointment now"


@pytest.mark.parametrize("home", ["per_person: 1"], indirect=True)
def test_the_api_says_which_limit_it_was(home: House, app: Flask) -> None:
    api = Api(app.test_client())
    slots = api.slots()
    assert api.book(starts_at=slots[0]).status_code == 201
    refused = api.book(starts_at=slots[1])
    assert refused.status_code == 409
    told = refused.get_json()
    assert told["type"].endswith("too-many-appointments")
    assert (told["limit"], told["of"]) == (1, "person")
    assert slots[1] in api.slots()


@pytest.mark.parametrize("home", ["per_network: 1"], indirect=True)
def test_the_api_says_when_a_network_may_book_again(home: House, app: Flask) -> None:
    api = Api(app.test_client())
    api.client.environ_base["REMOTE_ADDR"] = OUTSIDE
    slots = api.slots()
    assert api.book(starts_at=slots[0]).status_code == 201
    refused = api.book(starts_at=slots[1])
    # Nine in the morning in Athens: fifteen hours until midnight.
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(15 * 3600))
