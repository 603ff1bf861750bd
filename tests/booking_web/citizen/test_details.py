"""The details form: what is refused, what is kept, and the check page after it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House

BAD = {
    "onoma": ["", "x", "Α" * 101, "Μαρία\x00Παππά", "Μαρία\r\nBcc: x@example.gr", "\u202eaira"],
    "email": ["", "maria", "a@b@c.gr", f"{'a' * 250}@example.gr", "maria@example.gr\r\nx: y"],
    "tilefono": ["", "69012345", "2721000000", "6" * 60, "69012\x0734567"],
    "q-afm": ["12345678", "123456789", "000000000", "1234\x0056789", "9" * 300],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in BAD.items() for value in values]
)
def test_bad_input_is_named_beside_its_field_and_books_nothing(
    app: Flask, field: str, value: str, housing_details: Visitor, house: House
) -> None:
    visitor = housing_details
    visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1", field: value})
    assert visitor.status == 422
    assert list(visitor.errors()) == [field]
    assert visitor.title.startswith("Σφάλμα: ")
    message = visitor.html.get_element_by_id(f"{field}-err").text_content()
    assert message == f"Σφάλμα: {visitor.errors()[field]}"
    target = visitor.html.get_element_by_id(field)
    assert target.get("aria-invalid") == "true"
    assert f"{field}-err" in target.get("aria-describedby")
    assert "\x00" not in visitor.page.text
    if field != "onoma":
        assert visitor.html.get_element_by_id("onoma").get("value") == MARIA["onoma"]
    assert visitor.get(f"{HOUSING}/check").url.endswith("/details") or "\n" not in value


@pytest.fixture
def housing_details(visitor: Visitor) -> Visitor:
    return visitor.at_details()


def test_everything_missing_is_listed_in_the_order_of_the_form(housing_details: Visitor) -> None:
    housing_details.press("Συνέχεια")
    assert list(housing_details.errors()) == ["onoma", "email", "tilefono", "synainesi"]
    summary = housing_details.html.cssselect(".rv-error-summary")[0]
    assert summary.get("role") == "alert"
    for link in summary.cssselect("a"):
        assert housing_details.html.get_element_by_id(link.get("href").lstrip("#")) is not None


def test_markup_in_an_answer_stays_text(housing_details: Visitor) -> None:
    evil = "<script>alert(1)</script>Μαρία"
    housing_details.press("Συνέχεια", **{**MARIA, "onoma": evil, "synainesi": "1"})
    assert "<script>" not in housing_details.page.text
    assert evil in housing_details.text


def test_the_consent_box_is_needed_and_kept(housing_details: Visitor) -> None:
    visitor = housing_details.press("Συνέχεια", **MARIA)
    assert list(visitor.errors()) == ["synainesi"]
    visitor.press("Συνέχεια", synainesi="1")
    visitor.get(f"{HOUSING}/details")
    assert visitor.html.get_element_by_id("synainesi").get("checked") is not None


def test_the_check_page_shows_everything_with_its_change_link(visitor: Visitor) -> None:
    visitor.at_check()
    rows = {
        row.find("dt").text_content(): row.findall("dd")[0].text_content().replace("\u00a0", " ")
        for row in visitor.html.cssselect(".rv-summary > div")
    }
    assert rows["Πότε"] == "Τρίτη 12 Ιανουαρίου 2027, 12:30 μ.μ."
    assert rows["Όνομα και επώνυμο"] == "Μαρία Παππά"
    assert rows["Αριθμός τηλεφώνου"] == "690 123 4567"
    assert rows["ΑΦΜ"] == "Δεν δόθηκε"
    assert rows["Λαμβάνετε το επίδομα στέγασης;"] == "Όχι"
    for link in visitor.html.cssselect(".rv-summary a"):
        assert Visitor.get(visitor, link.get("href").split("#")[0]).status == 200


def test_pages_out_of_order_lead_to_what_is_missing(visitor: Visitor) -> None:
    assert "/declaration/" in visitor.get(f"{HOUSING}/check").url
    assert "/declaration/" in visitor.get(f"{HOUSING}/details").url
    visitor.at_calendar()
    assert visitor.get(f"{HOUSING}/check").url.endswith("/slot")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert visitor.get(f"{HOUSING}/check").url.endswith("/details")


def test_another_service_keeps_the_details_and_asks_for_a_time_again(visitor: Visitor) -> None:
    visitor.at_check().get("/d/kalamata/guaranteed-minimum-income/in_person")
    assert visitor.url.endswith("/slot")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert visitor.html.get_element_by_id("email").get("value") == MARIA["email"]
    assert visitor.html.get_element_by_id("synainesi").get("checked") is None


def test_the_draft_is_not_in_the_cookie(app: Flask, visitor: Visitor) -> None:
    visitor.at_check()
    cookie = visitor.client.get_cookie("rantevou")
    assert cookie is not None
    held = app.session_interface.get_signing_serializer(app).loads(cookie.value)  # type: ignore[attr-defined]
    assert set(held) == {"csrf_token", "draft"}
    assert "maria" not in str(held).lower()


def test_an_expired_draft_starts_again_without_an_error(house: House, visitor: Visitor) -> None:
    visitor.at_check()
    house.clock.forward(hours=3)
    house.read_calendars()
    visitor.press("Κράτηση")
    assert visitor.status == 200
    assert "/declaration/" in visitor.url


def test_every_optional_field_is_marked_in_both_languages(visitor: Visitor) -> None:
    visitor.at_details()
    assert "ΑΦΜ (προαιρετικό)" in visitor.text
    assert "Tax number (AFM) (optional)" in visitor.follow("English").text


def test_an_address_of_one_line_is_filled_in_by_the_browser(visitor: Visitor) -> None:
    """ "street-address" is for several lines; a validator refuses it here."""
    visitor.get("/d/kavala/mayor-office-appointment/in_person/slot")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert visitor.html.get_element_by_id("q-address").get("autocomplete") == "address-line1"
