"""Where nobody signs in and mail addresses are proved: code, link, other browsers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from booking import managing
from booking.desk import Mailer
from booking.messages import OutgoingMail
from booking.outbox import drain
from booking_web.app import create_app
from booking_web.security import redacted
from connectors.deadline import Deadline
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house
from tests.booking_web.pages import sign_in


class Post(Mailer):
    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.sent.append(message)


def proving(text: str) -> str:
    return text.replace("\nopening_hours:", "\nverify_email: true\nopening_hours:", 1)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path, edit=proving)


@pytest.fixture
def app(house: House) -> Flask:
    return create_app(house.desk)


@pytest.fixture
def waiting(app: Flask) -> Visitor:
    """Somebody whose details are written and whose address is not proved."""
    return Visitor(app).at_check()


def delivered(house: House) -> OutgoingMail:
    post = Post()
    drain(house.desk, mailer=post, limit=100, deadline=Deadline.after(60))
    assert len(post.sent) == 1
    return post.sent[0]


def code_in(mail: OutgoingMail) -> str:
    found = re.search(r"\b(\d{6})\b", mail.text)
    assert found
    return found[1]


def link_in(mail: OutgoingMail) -> str:
    found = re.search(r"https://rantevou\.example\.gr(/verify/\S+)", mail.text)
    assert found
    return found[1]


def other(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_the_code_comes_before_the_check(waiting: Visitor, house: House) -> None:
    assert waiting.url == f"{HOUSING}/email"
    assert waiting.heading == "Επιβεβαιώστε το email σας"
    assert "Στείλαμε έναν κωδικό 6 ψηφίων στο maria.pappa@example.gr" in waiting.text
    assert "Κρατάμε την ώρα για εσάς έως τις" in waiting.text
    assert waiting.get(f"{HOUSING}/check").url == f"{HOUSING}/email"
    mail = delivered(house)
    waiting.press("Συνέχεια", kodikos=other(code_in(mail)))
    assert waiting.status == 422
    assert list(waiting.errors()) == ["kodikos"]
    waiting.press("Συνέχεια", kodikos=code_in(mail))
    assert waiting.heading.startswith("Ελέγξτε")
    waiting.press("Κράτηση")
    view = managing.by_reference(house.desk, reference=waiting.reference)
    assert view.citizen.email == MARIA["email"]


def test_another_address_has_to_be_proved_anew(waiting: Visitor, house: House) -> None:
    waiting.press("Συνέχεια", kodikos=code_in(delivered(house)))
    waiting.get(f"{HOUSING}/details").press("Συνέχεια", email="nikos@example.gr")
    assert waiting.url == f"{HOUSING}/email"
    assert "nikos@example.gr" in waiting.text
    again = delivered(house)
    assert again.recipient == "nikos@example.gr"
    # The first one was proved in this form already.
    waiting.get(f"{HOUSING}/details").press("Συνέχεια", email=MARIA["email"])
    assert waiting.heading.startswith("Ελέγξτε")


def test_the_link_in_the_same_browser(waiting: Visitor, house: House) -> None:
    link = link_in(delivered(house))
    waiting.get(link)
    assert waiting.url == "/verify"  # no token in the address
    assert link.rpartition(".")[2] not in redacted(link)  # nor in a log
    assert "psifia" not in waiting.page.text
    assert waiting.get(f"{HOUSING}/check").url == f"{HOUSING}/email"  # opening proved nothing
    waiting.get(link).press("Συνέχεια")
    assert waiting.heading.startswith("Ελέγξτε")


def test_the_form_goes_on_in_another_browser(waiting: Visitor, house: House, app: Flask) -> None:
    link = link_in(delivered(house))
    there = Visitor(app).get(link)
    assert there.heading == "Συνέχεια της κράτησης"
    for personal in (MARIA["onoma"], MARIA["email"], "4567"):
        assert personal not in there.page.text
    there.press("Συνέχεια", psifia="999")
    assert there.status == 422
    assert list(there.errors()) == ["psifia"]
    there.press("Συνέχεια", psifia="567")
    assert there.heading.startswith("Ελέγξτε")
    assert MARIA["onoma"] in there.text
    assert "Κρατάμε την ώρα για εσάς" in there.text
    # Where it was begun nothing is left of it, and it says why.
    waiting.get(f"{HOUSING}/email")
    assert waiting.heading == "Η κράτηση συνεχίζεται αλλού"
    assert MARIA["onoma"] not in waiting.get(f"{HOUSING}/slot").page.text
    there.press("Κράτηση")
    assert managing.by_reference(house.desk, reference=there.reference)
    assert Visitor(app).get(link).heading == "Ο σύνδεσμος δεν ισχύει πια"


def test_a_scanner_that_presses_every_button_changes_nothing(
    waiting: Visitor, house: House, app: Flask
) -> None:
    mail = delivered(house)
    scanner = Visitor(app).get(link_in(mail)).press("Συνέχεια")
    assert scanner.status == 422
    assert scanner.press("Συνέχεια").status == 422
    waiting.press("Συνέχεια", kodikos=code_in(mail))
    assert waiting.heading.startswith("Ελέγξτε")


def test_the_own_form_of_the_other_browser_is_kept(
    waiting: Visitor, house: House, app: Flask
) -> None:
    there = Visitor(app)
    there.get("/d/kavala/mayor-office-appointment/in_person/slot")
    there.press("Συνέχεια", ora=there.times()[-1])
    there.get(link_in(delivered(house))).press("Συνέχεια", psifia="567")
    assert there.heading.startswith("Ελέγξτε")
    there.get("/d/kavala/mayor-office-appointment/in_person/details")
    assert there.url.endswith("/details")


def test_tries_end_and_a_new_code_begins_afresh(waiting: Visitor, house: House) -> None:
    first = code_in(delivered(house))
    for _ in range(5):
        waiting.press("Συνέχεια", kodikos=other(first))
    waiting.press("Συνέχεια", kodikos=first)
    assert "Ο κωδικός δεν ισχύει πια" in waiting.errors()["kodikos"]
    waiting.press("Στείλτε ξανά κωδικό")
    assert "Στείλαμε νέο κωδικό." in waiting.text
    waiting.press("Συνέχεια", kodikos=code_in(delivered(house)))
    assert waiting.heading.startswith("Ελέγξτε")


def test_after_half_an_hour_the_page_says_so_and_the_answers_are_kept(
    app: Flask, house: House
) -> None:
    waiting = Visitor(app).at_calendar()
    waiting.press("Συνέχεια", ora=waiting.times()[-1])
    waiting.press("Συνέχεια", **MARIA, synainesi="1")
    code = code_in(delivered(house))
    house.clock.forward(minutes=31)
    house.read_calendars()
    waiting.get(f"{HOUSING}/email")
    assert "Δεν έχουμε στείλει κωδικό που να ισχύει" in waiting.text
    assert waiting.press("Συνέχεια", kodikos=code).status == 422
    waiting.press("Στείλτε ξανά κωδικό")
    waiting.press("Συνέχεια", kodikos=code_in(delivered(house))).press("Κράτηση")
    assert waiting.reference


def test_six_mails_in_an_hour_are_too_many(waiting: Visitor, house: House) -> None:
    for _ in range(4):
        waiting.press("Στείλτε ξανά κωδικό")
        assert waiting.status == 200
    waiting.press("Στείλτε ξανά κωδικό")
    assert waiting.status == 429
    assert "Έχουν σταλεί πολλοί κωδικοί" in waiting.errors()["kodikos"]
    house.clock.forward(minutes=31)  # nothing is waited for any more, and nothing is sent either
    waiting.press("Στείλτε ξανά κωδικό")
    assert waiting.status == 429


def test_an_address_in_the_mail_is_the_only_way_to_the_link(app: Flask) -> None:
    stranger = Visitor(app)
    for token in ("x", "x.y", f"{'a' * 24}.{'b' * 43}"):
        assert stranger.get(f"/verify/{token}").status == 404
        assert stranger.heading == "Ο σύνδεσμος δεν ισχύει πια"


def test_the_mail_is_no_trouble_for_the_administrators_pages(
    waiting: Visitor, house: House, app: Flask
) -> None:
    client = app.test_client()
    sign_in(client, "admin", area="/admin/")
    page = client.get("/admin/outbox")
    assert page.status_code == 200
    assert MARIA["email"] not in page.text
