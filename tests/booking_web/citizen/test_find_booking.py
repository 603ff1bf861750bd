"""A booking is found again by its reference and something that only the citizen knows."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.booking_web.citizen.test_manage import mailed
from tests.booking_web.citizen.test_unsettled import drain
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House

FIND = "/booking/find"


def search(visitor: Visitor, reference: str, known: str) -> Visitor:
    return visitor.get(FIND).press("Συνέχεια", kodikos=reference, stoixeio=known)


def test_from_every_page_one_gets_there_and_finds_it(app: Flask, visitor: Visitor) -> None:
    reference = visitor.booked()
    other = Visitor(app).get("/").follow("Δείτε, αλλάξτε ή ακυρώστε το")
    assert (other.url, other.heading) == (FIND, "Βρείτε το ραντεβού σας")
    assert other.get("/page/booking").url == FIND
    for page in ("/page/help", "/d/kavala/", "/nothing"):
        assert other.get(page).follow("Βρείτε το ραντεβού σας").url == FIND
    other.press("Συνέχεια", kodikos=reference.lower(), stoixeio=MARIA["email"])
    assert other.url == f"/booking/{reference}"
    assert other.heading == "Επερχόμενη κράτηση για Μαρία Παππά"
    other.follow("Ακύρωση κράτησης")
    assert not other.html.cssselect("#psifia"), "it was proved already who sits there"
    assert other.press("Ναι, ακύρωση").heading == "Το ραντεβού ακυρώθηκε"


def test_by_phone_too_and_in_english(app: Flask, visitor: Visitor) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(f"{FIND}?lang=en")
    assert other.heading == "Find your appointment"
    other.press("Continue", kodikos=reference.replace("-", " "), stoixeio="4567")
    assert other.url == f"/booking/{reference}"


def test_the_page_of_a_session_that_is_over_leads_there(app: Flask, visitor: Visitor) -> None:
    reference = visitor.booked()
    for page in ("", "/confirmation", "/join"):
        other = Visitor(app).get(f"/booking/{reference}{page}")
        assert (other.status, other.heading) == (403, "Ανοίξτε ξανά το ραντεβού σας")
    other.get(other.html.cssselect("main .rv-btn")[0].get("href"))
    assert other.html.get_element_by_id("kodikos").get("value") == reference
    other.press("Συνέχεια", stoixeio=MARIA["tilefono"])
    assert other.url == f"/booking/{reference}"
    stale = visitor.client.post(f"/booking/{reference}/cancel", data={"csrf_token": "old"})
    assert f'href="{FIND}?kodikos={reference}"' in stale.text


@pytest.mark.parametrize(
    ("reference", "known", "fields"),
    [
        ("", "", ["kodikos", "stoixeio"]),
        ("K7M-4Q", "a@example.gr", ["kodikos"]),
        ("K7M-4QX", " ", ["stoixeio"]),
        ("K7M-4QX", "a@example.gr", ["kodikos"]),
        ("x" * 5000, "y" * 5000, ["kodikos"]),
        ("\x00\ud83d", "\x00<b>", ["kodikos"]),
    ],
)
def test_what_is_wrong_is_said_and_kept(
    visitor: Visitor, reference: str, known: str, fields: list[str]
) -> None:
    search(visitor, reference.encode("utf-8", "replace").decode(), known)
    assert (visitor.status, list(visitor.errors())) == (422, fields)
    assert visitor.title.startswith("Σφάλμα: ")
    kept = visitor.html.get_element_by_id("kodikos").get("value") or ""
    assert kept == reference[:40].replace("\x00", "").replace("\ud83d", "?")


def test_guessing_is_answered_alike_whether_it_exists_or_not(app: Flask, visitor: Visitor) -> None:
    reference = visitor.booked()
    answers = []
    for each in (reference, "AAA-AAA"):
        stranger = Visitor(app)
        told = []
        for guess in range(7):
            search(stranger, each, f"999{guess}")
            told.append((stranger.status, stranger.errors()))
        answers.append(told)
        assert stranger.get(f"/booking/{each}").status == 403
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [422] * 5 + [429] * 2
    search(stranger, reference, MARIA["email"])
    assert stranger.status == 429
    assert "σε μία ώρα" in stranger.text


def test_who_lost_the_reference_gets_the_links_by_mail(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    drain(house)
    other = Visitor(app).get(FIND)
    for wrong in ("", "wrong"):
        other.press("Στείλτε μου", email=wrong)
        assert (other.status, list(other.errors())) == (422, ["email"])
    answers = []
    for email in (MARIA["email"], "nobody@example.gr"):
        other.press("Στείλτε μου", email=email)
        assert "Αν υπάρχουν ραντεβού με αυτή τη διεύθυνση" in other.text
        answers.append(other.text)
    assert answers[0] == answers[1]
    (mail,) = drain(house).sent
    assert (mail.recipient, reference in mail.text) == (MARIA["email"], True)
    for _ in range(3):
        other.press("Στείλτε μου", email=MARIA["email"])
    assert (other.status, list(other.errors())) == (429, ["email"])
    assert other.follow("English").url.startswith(FIND)


def test_who_came_by_a_mailed_link_and_guesses_is_led_there(
    app: Flask, house: House, visitor: Visitor
) -> None:
    reference = visitor.booked()
    other = Visitor(app).get(f"{mailed(house, reference)}/cancel")
    for guess in range(5):
        other.press("Ναι, ακύρωση", psifia=f"00{guess}")
    other.press("Ναι, ακύρωση", psifia="567")
    assert other.status == 422
    assert "βρείτε το ραντεβού με τον κωδικό" in other.errors()["psifia"]
    search(other, reference, MARIA["email"])
    other.follow("Ακύρωση κράτησης").press("Ναι, ακύρωση")
    assert other.heading == "Το ραντεβού ακυρώθηκε"
