"""The time that is kept while somebody types: longer, again, lost, and a page open for too long."""

from __future__ import annotations

from flask import Flask

from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House

LONGER = "Χρειάζομαι περισσότερο χρόνο"
AGAIN = "Κρατήστε μου ξανά την ώρα"


def test_the_time_is_kept_longer_and_what_was_typed_stays(house: House, visitor: Visitor) -> None:
    visitor.at_details()
    assert "Κρατάμε την ώρα για εσάς έως τις 9:10 π.μ." in visitor.text
    house.clock.forward(minutes=8)
    visitor.press(LONGER, onoma="Μα", perissotero="1")
    assert visitor.status == 200
    assert "Κρατάμε την ώρα για εσάς έως τις 9:18 π.μ." in visitor.text
    assert visitor.html.get_element_by_id("onoma").get("value") == "Μα"
    assert visitor.errors() == {}
    visitor.press("Συνέχεια", **MARIA, synainesi="1")
    house.clock.forward(minutes=9)
    visitor.press(LONGER)
    assert visitor.url.endswith("/check#kratame")
    assert "Κρατάμε την ώρα για εσάς έως τις 9:27 π.μ." in visitor.text


def test_nobody_keeps_a_time_for_longer_than_an_hour_in_one_go(
    house: House, visitor: Visitor
) -> None:
    visitor.at_details()
    for _ in range(7):
        house.clock.forward(minutes=8)
        visitor.get(f"{HOUSING}/details")
    assert "Κρατάμε την ώρα για εσάς έως τις 10:00 π.μ." in visitor.text
    assert LONGER not in visitor.text
    house.clock.forward(minutes=8)
    visitor.get(f"{HOUSING}/details")
    assert "Η ώρα δεν κρατιέται πια για εσάς" in visitor.text
    house.read_calendars()
    visitor.press(AGAIN, perissotero="1")
    assert "Κρατάμε την ώρα για εσάς έως τις 10:14 π.μ." in visitor.text


def test_a_time_that_somebody_took_meanwhile_is_not_kept_again(
    app: Flask, house: House, visitor: Visitor
) -> None:
    visitor.at_check()
    house.clock.forward(minutes=11)
    for _ in range(2):  # as many as work there
        other = Visitor(app)
        other.at_check(email="allos@example.gr").press("Κράτηση")
    visitor.get(visitor.url).press(AGAIN)
    assert visitor.status == 409
    assert "μόλις κλείστηκε από άλλον" in visitor.text
    visitor.press("Επιλογή αυτής της ώρας", ora=visitor.times()[0])
    assert visitor.html.get_element_by_id("email").get("value") == MARIA["email"]


def test_without_a_chosen_time_there_is_nothing_to_keep(visitor: Visitor) -> None:
    visitor.at_check()
    token = visitor.html.cssselect("input[name=csrf_token]")[0].get("value")
    visitor.get("/").client.post("/leave", data={"csrf_token": token})
    visitor.at_calendar()
    token = visitor.html.cssselect("input[name=csrf_token]")[0].get("value")
    answer = visitor.client.post(f"{HOUSING}/hold", data={"csrf_token": token})
    assert answer.headers["Location"].endswith("/slot")


def test_details_that_were_open_too_long_are_shown_again(visitor: Visitor) -> None:
    visitor.at_details().press("Συνέχεια", **MARIA, synainesi="1", csrf_token="old")
    assert visitor.status == 400
    assert list(visitor.errors()) == ["stoixeia"]
    assert visitor.html.get_element_by_id("email").get("value") == MARIA["email"]
    # Nothing is kept of what may not be the visitor's own.
    kept = visitor.client.get(f"{HOUSING}/details")
    assert MARIA["email"] not in kept.text
    visitor.press("Συνέχεια", synainesi="1").press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"


def test_details_typed_after_everything_else_was_forgotten_are_not_lost(
    app: Flask, house: House, visitor: Visitor
) -> None:
    """Two hours later, or in a browser that was closed in between: the form is still filled in."""
    visitor.at_details()
    other = Visitor(app)
    other.url, other.page = visitor.url, visitor.page
    other.press("Συνέχεια", **MARIA, synainesi="1")
    assert other.status == 400
    assert "κρατιέται" not in other.text
    other.press("Συνέχεια", synainesi="1")
    assert "Τα στοιχεία που γράψατε κρατήθηκαν. Συνεχίστε από εδώ." in other.text
    other.press("Συνέχεια", apantisi="no-first-time").press("Συνέχεια", ora=visitor_time(other))
    assert other.html.get_element_by_id("email").get("value") == MARIA["email"]


def visitor_time(other: Visitor) -> str:
    return other.get(f"{HOUSING}/slot").times()[0]


def test_any_other_form_that_was_open_too_long_leads_back_to_its_page(visitor: Visitor) -> None:
    visitor.at_check().press("Κράτηση", csrf_token="old")
    assert visitor.status == 400
    assert visitor.follow("Άνοιγμα της σελίδας ξανά").url.endswith("/check")
    assert visitor.press("Κράτηση").heading == "Το ραντεβού σας κλείστηκε"
