"""By telephone the office calls the citizen: pages, slip, mail and calendar say so, and from where.

And somebody whom a clerk booked without a mail address manages the appointment by themselves.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from booking import managing, outbox
from booking.model import BookingState
from booking_web.app import create_app
from connectors.deadline import Deadline
from tests.booking_web.citizen.test_unsettled import Post
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House, house
from tests.booking_web.pages import sign_in

NUMBER = "27210 12345"
CHANNEL = f"""      - channel: telephone
        mailboxes: [pronoia1@kalamata.example, pronoia2@kalamata.example]
        title: {{el: Τηλέφωνο - Επίδομα στέγασης, en: Telephone - Housing Benefit}}
        calls_from: {NUMBER}
"""
FIRST = "      - channel: in_person\n"
TIMES = "/d/kalamata/housing-benefit/telephone"


def by_telephone(text: str) -> str:
    """Kalamata, with housing benefits by telephone too."""
    return text.replace(FIRST, CHANNEL + FIRST, 1) if "slug: kalamata" in text else text


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path, edit=by_telephone)


@pytest.fixture
def app(home: House) -> Flask:
    return create_app(home.desk)


def post(home: House) -> list[str]:
    """Texts of the mails that are owed."""
    sent = Post()
    for _ in range(3):
        outbox.drain(home.desk, mailer=sent, limit=100, deadline=Deadline.after(60))
        home.clock.forward(seconds=1)
    return [each.text for each in sent.sent]


def told(text: str) -> bool:
    return "Σας καλούμε εμείς" in text and NUMBER in text.replace("\u00a0", " ")


def test_a_citizen_is_told_who_calls_whom(home: House, app: Flask) -> None:
    visitor = Visitor(app).get("/d/kalamata/housing-benefit")
    assert told(visitor.text)  # before it is chosen
    visitor.press("Συνέχεια", kanali="telephone").press("Συνέχεια", apantisi="no-first-time")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert "Εκεί θα σας καλέσουμε την ώρα του ραντεβού" in visitor.text
    visitor.press("Συνέχεια", **MARIA, synainesi="1").press("Κράτηση")
    assert told(visitor.text)
    assert told(visitor.get(f"/booking/{visitor.reference}").text)
    (mail,) = post(home)
    assert told(mail)
    assert "θα σας καλέσουμε" in mail
    (event,) = [each for box in home.mailboxes() for each in home.memory.events(box) if each.key]
    assert "Τρόπος εξυπηρέτησης: Τηλέφωνο" in event.body
    assert "1234567" not in repr(event)
    visitor.get("/booking/" + visitor.url.rpartition("/")[2] + "/cancel").press("Ναι, ακύρωση")
    (mail,) = post(home)
    assert not told(mail)


def test_in_english_too(app: Flask) -> None:
    visitor = Visitor(app).get("/d/kalamata/housing-benefit?lang=en")
    assert "We call you, on the telephone you gave, from 27210 12345." in visitor.text


def booked_by_a_clerk(app: Flask) -> str:
    clerk = Visitor(app)
    sign_in(clerk.client, "staff-kalamata")
    clerk.get("/staff/book").follow("Επίδομα Στέγασης – Τηλέφωνο")
    first = clerk.html.cssselect("button[name=ora]")[0].get("value")
    clerk.press("Πρώτη ελεύθερη", ora=first)
    assert "θα τον καλέσει η υπηρεσία την ώρα του ραντεβού" in clerk.text
    version = clerk.html.get_element_by_id("synainesi").get("value")
    values = {"d-housing-benefit": "no-first-time", "synainesi": version, "q-afm": ""}
    clerk.press("Κράτηση", onoma="Ελένη Δοκιμαστική", tilefono="2721012345", **values)
    assert "Το ραντεβού κλείστηκε" in clerk.text, clerk.text
    reference = clerk.url.rpartition("/")[2]
    assert "Την ώρα του ραντεβού καλέστε τον πολίτη στο +302721012345." in clerk.text
    assert told(clerk.follow("Εκτύπωση του σημειώματος").text)
    return reference


def test_who_has_no_mail_address_changes_the_appointment_with_what_the_slip_says(
    home: House, app: Flask
) -> None:
    reference = booked_by_a_clerk(app)
    before = managing.by_reference(home.desk, reference=reference)
    assert post(home) == []
    citizen = Visitor(app).get(f"/booking/find?kodikos={reference}")
    citizen.press("Συνέχεια", stoixeio="2721012345")
    assert citizen.url == f"/booking/{reference}", citizen.text
    citizen.follow("Προγραμματισμός εκ νέου")
    later = next(
        each for each in citizen.times() if each > f"{before.period.start:%Y-%m-%dT%H:%MZ}"
    )
    citizen.press("Συνέχεια", ora=later)
    assert "Ηλεκτρονικό ταχυδρομείο (προαιρετικό)" in citizen.text
    citizen.press("Προγραμματισμός εκ νέου")
    after = managing.by_reference(home.desk, reference=reference)
    assert f"{after.period.start:%Y-%m-%dT%H:%MZ}" == later
    assert (after.state, after.citizen) == (BookingState.CONFIRMED, before.citizen)
    assert post(home) == []
    assert "με email" not in citizen.text
