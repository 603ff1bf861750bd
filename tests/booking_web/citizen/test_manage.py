"""After the booking: who may see it, cancelling and undoing, another time, other details."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from booking import managing
from booking.model import BookingView
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House


def stored(house: House, reference: str) -> BookingView:
    return managing.by_reference(house.desk, reference=reference)


def mailed(house: House, reference: str) -> str:
    view = stored(house, reference)
    return f"/r/{managing.token_for(house.desk, booking_id=view.id)}"


def events(house: House) -> list[str]:
    found = [event for mailbox in PRONOIA for event in house.memory.events(mailbox)]
    return [event.period.start.strftime("%d %H:%M") for event in found if event.period]


def test_the_confirmation_can_be_reloaded_and_bookmarked(visitor: Visitor) -> None:
    reference = visitor.booked()
    assert visitor.url == f"/booking/{reference}/confirmation"
    for _ in range(2):
        assert visitor.get(visitor.url).heading == "Το ραντεβού σας κλείστηκε"


def test_pressed_twice_it_is_one_booking(house: House, visitor: Visitor) -> None:
    visitor.at_check()
    form = dict(visitor._form_of("Κράτηση").form_values())
    url = visitor.url
    answers = [visitor.client.post(url, data=form) for _ in range(3)]
    assert {each.headers["Location"] for each in answers} == {answers[0].headers["Location"]}
    assert len(events(house)) == 1


def test_nobody_else_sees_it_and_cannot_tell_that_it_exists(app: Flask, visitor: Visitor) -> None:
    reference = visitor.booked()
    stranger = Visitor(app)
    pages = [
        stranger.get(f"/booking/{each}{page}")
        for each in (reference, "AAA-AAA")
        for page in ("", "/confirmation", "/cancel", "/reschedule", "/join", "/calendar.ics")
    ]
    assert {each.status for each in pages} == {403}
    first, other = (stranger.get(f"/booking/{each}").page.text for each in (reference, "AAA-AAA"))
    assert first.replace(reference, "") == other.replace("AAA-AAA", "")
    assert "Παππά" not in first


def test_a_mailed_link_opens_it_and_leaves_no_token_behind(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(mailed(house, reference))
    assert other.url == f"/booking/{reference}"
    assert other.heading == "Επερχόμενη κράτηση για Μαρία Παππά"
    for action in ("reschedule", "cancel"):
        assert other.get(f"{mailed(house, reference)}/{action}").url.endswith(action)
    for wrong in ("/r/x", "/r/" + "A" * 43, f"/r/{'A' * 4000}"):
        assert Visitor(app).get(wrong).status == 404


def test_cancelling_in_the_session_that_booked_and_undoing(house: House, visitor: Visitor) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}").follow("Ακύρωση κράτησης")
    assert visitor.heading == "Θέλετε να ακυρώσετε το ραντεβού;"
    assert len(events(house)) == 1
    visitor.press("Ναι, ακύρωση")
    assert visitor.heading == "Το ραντεβού ακυρώθηκε"
    assert events(house) == []
    visitor.press("Αναίρεση της ακύρωσης")
    assert visitor.heading == "Επερχόμενη κράτηση για Μαρία Παππά"
    assert "Η ακύρωση αναιρέθηκε" in visitor.text
    assert events(house) == ["12 10:30"]


def test_by_mailed_link_cancelling_asks_for_three_digits(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(f"{mailed(house, reference)}/cancel")
    for digits in ("", "000", "56", "4567", "abc"):
        other.press("Ναι, ακύρωση", psifia=digits)
        assert (other.status, list(other.errors())) == (422, ["psifia"])
    assert len(events(house)) == 1
    other.press("Ναι, ακύρωση", psifia="567")
    assert other.heading == "Το ραντεβού ακυρώθηκε"
    assert events(house) == []
    assert not other.html.cssselect("#psifia"), "a person sits there: asked once is enough"
    third = Visitor(app).get(mailed(house, reference))
    third.press("Αναίρεση της ακύρωσης", psifia="111")
    assert (third.status, list(third.errors())) == (422, ["psifia"])
    assert third.follow("English").heading == "The appointment was cancelled"
    assert events(house) == []
    third.press("Undo the cancellation", psifia="567")
    assert events(house) == ["12 10:30"]


def test_a_scanner_that_follows_links_and_presses_buttons_changes_nothing(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    before = stored(house, reference)
    seen: set[str] = set()
    todo = [mailed(house, reference) + page for page in ("", "/cancel", "/reschedule", "/join")]
    scanner = Visitor(app)
    while todo and len(seen) < 60:
        url = todo.pop(0)
        if url in seen:
            continue
        seen.add(url)
        scanner.get(url)
        if f"/booking/{reference}" not in scanner.url:
            continue
        for link in scanner.html.iter("a"):
            target = (link.get("href") or "").split("#")[0]
            if target.startswith("/booking/"):
                todo.append(target)
        if scanner.page.mimetype != "text/html":
            continue
        for form in scanner.html.forms:
            if form.get("action") != "/leave" and (form.get("method") or "") == "post":
                target = form.get("action") or scanner.url
                scanner.client.post(target, data=dict(form.form_values()))
    after = stored(house, reference)
    assert (after.state, after.period) == (before.state, before.period)
    assert len(seen) > 5


def test_another_time_moves_the_same_event(house: House, visitor: Visitor) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}").follow("Προγραμματισμός εκ νέου")
    assert "Το ραντεβού σας τώρα: Τρίτη 12 Ιανουαρίου 2027, 12:30 μ.μ." in visitor.text
    visitor.press("Συνέχεια", ora="2027-01-12T11:10Z")
    assert "1:10 μ.μ." in visitor.text
    visitor.press("Προγραμματισμός εκ νέου")
    assert visitor.url == f"/booking/{reference}"
    assert "Το ραντεβού σας άλλαξε" in visitor.text
    assert "1:10 μ.μ. (30 λεπτά)" in visitor.text
    assert events(house) == ["12 11:10"]
    assert stored(house, reference).citizen.email == MARIA["email"]


def test_only_the_details_can_change_too_but_neither_name_nor_tax_number(
    house: House, visitor: Visitor
) -> None:
    visitor.at_details()
    visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1", "q-afm": "090000045"})
    reference = visitor.press("Κράτηση").reference
    visitor.get(f"/booking/{reference}/reschedule").follow("Κρατώ την ίδια ώρα")
    at = visitor.url
    visitor.get(f"/booking/{reference}").follow("Αλλαγή στοιχείων")
    assert (visitor.url, visitor.heading) == (at, "Αλλαγή στοιχείων")
    assert visitor.html.cssselect("#onoma, #q-afm") == []
    visitor.press("Αποθήκευση", email="wrong")
    assert list(visitor.errors()) == ["email"]
    visitor.press(
        "Αποθήκευση",
        **{"email": "nea@example.gr", "onoma": "Άλλη", "q-afm": "094014201"},
    )
    view = stored(house, reference)
    assert (view.citizen.name, view.citizen.email) == ("Μαρία Παππά", "nea@example.gr")
    assert view.answers["afm"] == "090000045"
    assert events(house) == ["12 10:30"]


def test_by_mailed_link_the_phone_is_not_shown_and_stays(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(f"{mailed(house, reference)}/reschedule").follow("Κρατώ την ίδια")
    assert "4567" not in other.page.text
    other.press("Αποθήκευση", email="nea@example.gr", psifia="568")
    assert list(other.errors()) == ["psifia"]
    other.press("Αποθήκευση", email="nea@example.gr", psifia="567")
    view = stored(house, reference)
    assert (view.citizen.phone, view.citizen.email) == ("+306901234567", "nea@example.gr")
    other.get(f"/booking/{reference}/reschedule/details")
    other.press("Αποθήκευση", tilefono="+49 1512 3456789")
    assert stored(house, reference).citizen.phone == "+4915123456789"


def test_a_new_time_that_was_taken_meanwhile_offers_others(app: Flask, visitor: Visitor) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}/reschedule").press("Συνέχεια", ora="2027-01-13T10:30Z")
    for _ in range(2):
        Visitor(app).at_details(time="2027-01-13T10:30Z")
    visitor.press("Προγραμματισμός εκ νέου", email="nea@example.gr")
    assert visitor.status == 409
    visitor.press("Επιλογή αυτής της ώρας", ora="2027-01-13T11:10Z")
    assert visitor.html.get_element_by_id("email").get("value") == "nea@example.gr"
    visitor.press("Προγραμματισμός εκ νέου")
    assert "Τετάρτη 13 Ιανουαρίου 2027" in visitor.text


def test_booking_again_finds_an_empty_form(visitor: Visitor) -> None:
    visitor.booked()
    visitor.follow("Νέα κράτηση")
    assert visitor.heading.startswith("Εξυπηρέτηση με ραντεβού")
    visitor.at_details()
    assert visitor.html.get_element_by_id("onoma").get("value") is None


def test_the_same_service_again_needs_no_typing(house: House, visitor: Visitor) -> None:
    visitor.at_details()
    visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1", "q-afm": "090000045"})
    reference = visitor.press("Κράτηση").reference
    assert "Νέα κράτηση για την ίδια" not in visitor.get(f"/booking/{reference}").text
    visitor.follow("Ακύρωση κράτησης").press("Ναι, ακύρωση")
    visitor.press("Νέα κράτηση για την ίδια υπηρεσία")
    assert visitor.url.endswith("/housing-benefit/in_person/declaration/housing-benefit")
    visitor.press("Συνέχεια", apantisi="no-first-time")
    visitor.press("Συνέχεια", ora="2027-01-13T11:10Z")
    assert visitor.html.get_element_by_id("onoma").get("value") == "Μαρία Παππά"
    visitor.press("Συνέχεια", synainesi="1").press("Κράτηση")
    view = stored(house, visitor.reference)
    assert view.reference != reference
    assert view.citizen == stored(house, reference).citizen
    assert view.answers["afm"] == "090000045"


def test_by_mailed_link_the_same_service_again_shows_nobodys_details(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}/cancel").press("Ναι, ακύρωση")
    other = Visitor(app).get(mailed(house, reference))
    other.press("Νέα κράτηση για την ίδια υπηρεσία").press("Συνέχεια", apantisi="no-first-time")
    other.press("Συνέχεια", ora="2027-01-13T11:10Z")
    assert other.html.get_element_by_id("onoma").get("value") is None
    assert "4567" not in other.page.text


def test_leaving_forgets_everything(visitor: Visitor) -> None:
    reference = visitor.booked()
    visitor.press("Έξοδος")
    assert visitor.url == "/"
    assert visitor.get(f"/booking/{reference}").status == 403


def test_calendar_file_and_print_page(visitor: Visitor) -> None:
    reference = visitor.booked()
    visitor.follow("Προσθήκη στο ημερολόγιο")
    assert visitor.page.mimetype == "text/calendar"
    lines = visitor.page.text.replace("\r\n ", "").split("\r\n")
    assert "DTSTART:20270112T103000Z" in lines
    visitor.get(f"/booking/{reference}/print")
    assert "12:30 – 1:00 μ.μ." in visitor.text
    assert reference in visitor.text


@pytest.mark.parametrize("action", ["cancel", "undo", "reschedule", "reschedule/details"])
def test_a_stale_form_is_explained_and_changes_nothing(
    house: House, visitor: Visitor, action: str
) -> None:
    reference = visitor.booked()
    answer = visitor.client.post(f"/booking/{reference}/{action}", data={"csrf_token": "old"})
    assert answer.status_code == 400
    assert "Η σελίδα έμεινε ανοιχτή πολλή ώρα" in answer.text
    assert "Δεν άλλαξε τίποτα." in answer.text
    assert events(house) == ["12 10:30"]


def test_what_is_cancelled_or_over_cannot_be_changed(house: House, visitor: Visitor) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}/cancel").press("Ναι, ακύρωση")
    for page in ("cancel", "reschedule", "reschedule/details", "join"):
        assert visitor.get(f"/booking/{reference}/{page}").url == f"/booking/{reference}"
    house.clock.forward(minutes=31)
    visitor.get(f"/booking/{reference}")
    assert "Αναίρεση" not in visitor.text
    assert re.search("Νέα κράτηση", visitor.text)
