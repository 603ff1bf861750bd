"""Slow calendars, second tabs, texts that change meanwhile: nothing is lost and nothing doubled."""

from __future__ import annotations

from flask import Flask

from booking.office import importing
from connectors.contract import Period
from connectors.errors import TryLater
from mapping.file import read_mapping
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House, sample


def import_changed(house: House, *changes: tuple[str, str]) -> None:
    text = sample("kalamata")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    municipality = read_mapping(text, name="changed")
    importing.import_mapping(house.desk, text=text, municipality=municipality, by="test")


def test_a_calendar_that_does_not_answer_is_we_are_confirming(
    house: House, visitor: Visitor
) -> None:
    visitor.at_check()
    house.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    visitor.press("Κράτηση")
    assert visitor.status == 202
    assert visitor.heading == "Επιβεβαιώνουμε το ραντεβού σας"
    assert "Δεν χρειάζεται να κάνετε κάτι" in visitor.text
    assert visitor.follow("Ανανέωση της σελίδας").status == 202
    visitor.get(f"/booking/{visitor.reference}")
    assert "Επιβεβαιώνουμε ακόμη το ραντεβού σας" in visitor.text


def test_staff_were_quicker_everywhere(house: House, visitor: Visitor) -> None:
    """Both employees entered something after the page was shown: the live look finds it."""
    visitor.at_check()
    for mailbox in PRONOIA:
        start = house.clock.at.replace(hour=10, minute=30)
        house.memory.put_foreign(mailbox, Period(start, start.replace(minute=59)))
    visitor.press("Κράτηση")
    assert visitor.status == 409
    assert "μόλις κλείστηκε από άλλον" in visitor.text
    values = [each.get("value") for each in visitor.html.cssselect(".rv-radio input")]
    visitor.press("Επιλογή αυτής της ώρας", ora=values[0])
    assert visitor.html.get_element_by_id("email").get("value") == MARIA["email"]
    assert visitor.press("Συνέχεια").press("Κράτηση").heading == "Το ραντεβού σας κλείστηκε"


def test_a_second_tab_that_changed_the_details_is_noticed(visitor: Visitor) -> None:
    visitor.at_check()
    first_tab = dict(visitor.html.get_element_by_id("kratisi").form_values())
    visitor.get(f"{HOUSING}/details").press("Συνέχεια", email="alli@example.gr")
    answer = visitor.client.post(f"{HOUSING}/check", data=first_tab)
    assert answer.status_code == 409
    assert "Τα στοιχεία άλλαξαν σε άλλη καρτέλα" in answer.text
    assert "alli@example.gr" in answer.text


def test_a_consent_text_that_changed_is_shown_again(house: House, visitor: Visitor) -> None:
    visitor.at_check()
    import_changed(
        house,
        (
            'consents:\n  - key: consent\n    version: "1.0"',
            'consents:\n  - key: consent\n    version: "2.0"',
        ),
    )
    visitor.press("Κράτηση")
    assert visitor.url.endswith("/details")
    assert visitor.errors() == {
        "synainesi": "Το κείμενο άλλαξε. Διαβάστε το ξανά και επιλέξτε το πλαίσιο"
    }
    assert visitor.html.get_element_by_id("synainesi").get("checked") is None
    visitor.press("Συνέχεια", synainesi="1").press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"


def test_a_declaration_that_changed_is_asked_again(house: House, visitor: Visitor) -> None:
    visitor.at_calendar(receives=True)
    import_changed(
        house,
        (
            'declarations:\n  - key: housing-benefit\n    version: "1.0"',
            'declarations:\n  - key: housing-benefit\n    version: "2.0"',
        ),
    )
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert "/declaration/" in visitor.url


def test_a_service_that_is_no_longer_offered(house: House, visitor: Visitor) -> None:
    visitor.at_check()
    text = sample("kalamata")
    start = text.index("  - key: housing-benefit\n    group")
    end = text.index("  - key: guaranteed-minimum-income")
    import_changed(house, (text[start:end], ""))
    visitor.press("Κράτηση")
    assert visitor.status == 404


def test_two_people_at_one_machine(app: Flask, visitor: Visitor) -> None:
    first = visitor.booked()
    visitor.at_details()
    second_details = {**MARIA, "onoma": "Νίκος Δήμου", "synainesi": "1"}
    second = visitor.press("Συνέχεια", **second_details).press("Κράτηση").reference
    assert first != second
    assert visitor.get(f"/booking/{first}").heading == "Επερχόμενη κράτηση για Μαρία Παππά"
    assert visitor.get(f"/booking/{second}").heading == "Επερχόμενη κράτηση για Νίκος Δήμου"


INCOME = "/d/kalamata/guaranteed-minimum-income/in_person"


def test_two_services_in_two_tabs_are_both_booked(visitor: Visitor) -> None:
    """Each tab has a form of its own; what was typed in one stands in the other already."""
    visitor.at_check()
    housing = dict(visitor.html.get_element_by_id("kratisi").form_values())
    visitor.get(f"{INCOME}/slot")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert visitor.html.get_element_by_id("onoma").get("value") == MARIA["onoma"]
    answer = visitor.client.get(f"{HOUSING}/check")
    assert (answer.status_code, MARIA["email"] in answer.text) == (200, True)
    # The visitor keeps one time at once, and it is the other tab's now.
    assert "Η ώρα δεν κρατιέται πια για εσάς" in answer.text
    answer = visitor.client.post(f"{HOUSING}/check", data=housing)
    first = answer.headers["Location"]
    assert first.endswith("/confirmation")
    visitor.press("Συνέχεια", **MARIA, synainesi="1").press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"
    assert visitor.url != first
    assert visitor.client.post(f"{HOUSING}/check", data=housing).headers["Location"] == first


def test_after_a_booking_no_tab_shows_who_booked(visitor: Visitor) -> None:
    visitor.get(f"{INCOME}/slot")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    visitor.press("Συνέχεια", **MARIA, synainesi="1")
    visitor.booked()
    for url in (f"{INCOME}/details", f"{INCOME}/check", f"{HOUSING}/slot"):
        assert MARIA["email"] not in visitor.get(url).page.text


def test_back_from_the_confirmation_shows_what_was_booked(visitor: Visitor) -> None:
    reference = visitor.booked()
    for page in ("check", "details"):
        visitor.get(f"{HOUSING}/{page}")
        assert visitor.url.endswith(f"/booking/{reference}/confirmation")
    visitor.at_calendar()
    assert visitor.press("Συνέχεια", ora=visitor.times()[0]).url.endswith("/details")
    assert MARIA["email"] not in visitor.page.text
    assert visitor.get(f"{HOUSING}/check").url.endswith("/details")
