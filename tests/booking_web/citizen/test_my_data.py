"""What is kept and why is told; citizens take their data with them, and have them erased."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Flask

from booking import erasing
from booking.model import BookingState
from tests.booking_web.citizen.test_manage import mailed, stored
from tests.booking_web.citizen.visitor import HOUSING, Visitor
from tests.booking_web.desk import House


def test_the_form_says_why_it_asks_and_until_when(visitor: Visitor) -> None:
    visitor.at_details()
    assert (
        "Γιατί τα ζητάμε: Για να επιβεβαιώσουμε το ραντεβού και να σας ειδοποιήσουμε αν αλλάξει"
        " κάτι. Διαγράφονται 180 ημέρες μετά το ραντεβού." in visitor.text
    )
    hint = visitor.html.get_element_by_id("q-afm-hint").text_content()
    assert hint == (
        "9 ψηφία, χωρίς κενά. Για να βρούμε τον φάκελό σας πριν από το ραντεβού."
        " Διαγράφεται 30 ημέρες μετά το ραντεβού."
    )


def test_the_privacy_pages_say_what_why_and_until_when(visitor: Visitor) -> None:
    visitor.get("/page/privacy?dimos=kalamata")
    rows = [
        [cell.text_content().strip() for cell in row.iter("th", "td")]
        for row in visitor.html.cssselect("table tbody tr")
    ]
    assert [
        "ΑΦΜ",
        "Για να βρούμε τον φάκελό σας πριν από το ραντεβού",
        "30 ημέρες μετά το ραντεβού",
    ] in rows
    assert rows[0][2] == "180 ημέρες μετά το ραντεβού"
    assert len({row[0] for row in rows}) == len(rows)
    visitor.get("/page/privacy?dimos=kavala&lang=en")
    assert "So that the employee who serves you can prepare" in visitor.text
    assert "180 days after the appointment" in visitor.text
    assert not visitor.get("/page/privacy").html.cssselect("table")


def test_everything_that_is_known_can_be_taken_along(visitor: Visitor) -> None:
    visitor.at_check(**{"q-afm": "094259216"}).press("Κράτηση")
    reference = visitor.reference
    visitor.get(f"/booking/{reference}").follow("Τα προσωπικά μου στοιχεία")
    answer = visitor.press("Λήψη (JSON)").page
    assert answer.mimetype == "application/json"
    assert f'filename="rantevou-{reference}.json"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    known = json.loads(answer.text)
    assert known["contact"] == {
        "name": "Μαρία Παππά",
        "email": "maria.pappa@example.gr",
        "phone": "+306901234567",
    }
    assert known["booking"]["reference"] == reference
    assert known["booking"]["starts_at"].endswith("+02:00")
    (afm,) = known["answers"]
    assert (afm["question"], afm["answer"], afm["erased_after_days"]) == ("afm", "094259216", 30)
    assert known["declarations"][0]["answer"] == "no-first-time"
    assert known["purpose"]["en"].startswith("To confirm")
    assert known["consent"]["text"]["el"]


def test_a_mailed_link_needs_the_digits_for_both(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(mailed(house, reference))
    other.get(f"/booking/{reference}/data").press("Λήψη (JSON)")
    assert other.status == 422
    assert "maria" not in other.page.text
    assert set(other.errors()) == {"psifia"}
    other.get(f"/booking/{reference}/erase").press("Ναι, διαγραφή", psifia="000")
    assert other.status == 422
    assert stored(house, reference).state is BookingState.CONFIRMED
    other.press("Ναι, διαγραφή", psifia="567")
    assert stored(house, reference).state is BookingState.CANCELLING
    assert stored(house, reference).erase_wanted_at is not None


def test_looking_erases_nothing_and_strangers_see_nothing(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}/erase")
    assert "Το ραντεβού θα ακυρωθεί." in visitor.text
    assert stored(house, reference).erase_wanted_at is None
    for page in ("data", "erase"):
        assert Visitor(app).get(f"/booking/{reference}/{page}").status == 403


def test_an_appointment_ahead_is_cancelled_and_can_be_taken_back(
    house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    visitor.get(f"/booking/{reference}/erase").press("Ναι, διαγραφή")
    assert visitor.heading == "Το ραντεβού ακυρώθηκε"
    assert "Τα στοιχεία σας διαγράφονται μόλις περάσει ο χρόνος για την αναίρεση" in visitor.text
    visitor.press("Αναίρεση της ακύρωσης")
    view = stored(house, reference)
    assert (view.state, view.erase_wanted_at) == (BookingState.CONFIRMED, None)
    assert "Τα στοιχεία σας διαγράφονται" not in visitor.text


def test_what_is_over_is_erased_at_once_and_the_page_knows_nobody_any_more(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    link = mailed(house, reference)
    house.clock.at = stored(house, reference).period.end + timedelta(minutes=1)
    visitor.get(f"/booking/{reference}/erase")
    assert "Διαγράφονται αμέσως και δεν επανέρχονται." in visitor.text
    visitor.press("Ναι, διαγραφή")
    assert (visitor.url, visitor.heading) == ("/erased", "Τα στοιχεία σας διαγράφηκαν")
    assert stored(house, reference).citizen.name == ""
    assert visitor.get(f"/booking/{reference}").status == 403
    assert Visitor(app).get(link).status == 404


def test_another_session_that_knew_it_knows_it_no_more(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(mailed(house, reference))
    house.clock.at = stored(house, reference).period.end + timedelta(minutes=1)
    erasing.ask(house.desk, booking_id=stored(house, reference).id)
    for page in ("", "/data", "/erase", "/confirmation", "/print", "/calendar.ics", "/join"):
        assert other.get(f"/booking/{reference}{page}").status == 404
    assert other.get(f"{HOUSING}/slot").status == 200
