"""What the office does to an appointment for its citizen: find, cancel, move, mend, print again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from booking import managing, outbox
from booking.model import Applicant, BookingState, BookingView
from booking.placement.releasing import kept_for
from booking.store import UnitOfWork
from booking_web.app import create_app
from connectors.deadline import Deadline
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.test_unsettled import Post
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House, house
from tests.booking_web.pages import sign_in


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def app(home: House) -> Flask:
    return create_app(home.desk)


@pytest.fixture
def booked(app: Flask) -> str:
    answer = Api(app.test_client()).book(answers={"afm": "090000045"})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["reference"])


@pytest.fixture
def clerk(app: Flask) -> Visitor:
    made = Visitor(app)
    sign_in(made.client, "staff-kalamata")
    return made


def view(home: House, reference: str) -> BookingView:
    return managing.by_reference(home.desk, reference=reference)


def mails(home: House) -> list[str]:
    post = Post()
    for _ in range(3):
        outbox.drain(home.desk, mailer=post, limit=100, deadline=Deadline.after(60))
        home.clock.forward(seconds=1)
    return [each.subject for each in post.sent]


def body(home: House) -> str:
    (event,) = [each for box in home.mailboxes() for each in home.memory.events(box) if each.key]
    return event.body


def page(reference: str, *path: str) -> str:
    return "/".join(("/staff/bookings", reference, *path))


def test_a_booking_is_found_as_its_reference_is_read_aloud(clerk: Visitor, booked: str) -> None:
    typed = booked.replace("-", " ").lower()
    clerk.get("/staff/").follow("Εύρεση με κωδικό").press("Εύρεση", kodikos=typed)
    assert clerk.url == page(booked)
    clerk.get("/staff/find?kodikos=KKK-KKK")
    assert (clerk.status, list(clerk.errors())) == (404, ["kodikos"])


def test_another_office_finds_nothing(app: Flask, booked: str) -> None:
    other = Visitor(app)
    sign_in(other.client, "staff-kavala")
    for path in ("", "slip", "move", "cancel", "details"):
        assert other.get(page(booked, path).rstrip("/")).status == 404
    assert other.get(f"/staff/find?kodikos={booked}").status == 404


def test_a_citizen_on_the_telephone_cancels_and_thinks_better_of_it(
    home: House, clerk: Visitor, booked: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mails(home)
    clerk.get(page(booked)).follow("Ακύρωση του ραντεβού")
    assert view(home, booked).state is BookingState.CONFIRMED  # a GET changes nothing
    clerk.press("Ακύρωση του ραντεβού")
    assert "Ο πολίτης ενημερώνεται με email" in clerk.text
    assert view(home, booked).state is BookingState.CANCELLING
    assert len(mails(home)) == 1
    clerk.press("Αναίρεση της ακύρωσης")
    assert "Το ραντεβού ισχύει" in clerk.text
    assert view(home, booked).state is BookingState.CONFIRMED
    assert f"{booked} cancelled by staff-kalamata" in caplog.text
    assert "Ακύρωση" in clerk.text


def test_an_appointment_is_moved_for_its_citizen(home: House, clerk: Visitor, booked: str) -> None:
    mails(home)
    before = view(home, booked).period
    clerk.get(page(booked)).follow("Αλλαγή ώρας ή τρόπου")
    assert clerk.press("Μεταφορά σε αυτή την ώρα").errors() == {"ora": "Επιλέξτε μία ώρα"}
    later = next(each for each in times(clerk) if each > f"{before.start:%Y-%m-%dT%H:%MZ}")
    clerk.press("Μεταφορά σε αυτή την ώρα", ora=later)
    assert clerk.url == page(booked)
    assert "Το ραντεβού άλλαξε" in clerk.text
    after = view(home, booked).period
    assert f"{after.start:%Y-%m-%dT%H:%MZ}" == later
    assert len(mails(home)) == 1


def times(clerk: Visitor) -> list[str]:
    return [str(each.get("value")) for each in clerk.html.cssselect(".rv-slot input[name=ora]")]


def test_a_time_that_somebody_takes_meanwhile_leaves_the_appointment_where_it_was(
    home: House, app: Flask, clerk: Visitor
) -> None:
    home.busy("pronoia2@kalamata.example", hours=24 * 30)
    booked = Api(app.test_client()).book().get_json()["reference"]
    before = view(home, booked)
    clerk.get(page(booked, "move"))
    wanted = times(clerk)[-1]
    assert Api(app.test_client()).book(starts_at=wanted.replace("Z", ":00Z")).status_code == 201
    clerk.press("Μεταφορά σε αυτή την ώρα", ora=wanted)
    assert (clerk.status, list(clerk.errors())) == (409, ["plisiesteres"])
    assert view(home, booked).period == before.period


def test_a_typo_in_a_name_is_mended_in_the_calendar_too(
    home: House, clerk: Visitor, booked: str
) -> None:
    mails(home)
    assert "Όνομα: Ελένη Δοκιμαστική" in body(home)
    clerk.get(page(booked)).follow("Διόρθωση ονόματος")
    clerk.press("Αποθήκευση", onoma="Ελένη Δοκιμαστικού", tilefono="2721012345", email="")
    assert "Τα στοιχεία διορθώθηκαν" in clerk.text
    after = view(home, booked)
    assert (after.citizen.name, after.citizen.phone, after.citizen.email) == (
        "Ελένη Δοκιμαστικού", "+302721012345", "",
    )  # fmt: skip
    assert (after.state, after.pending_period) == (BookingState.CONFIRMED, None)
    assert "Όνομα: Ελένη Δοκιμαστικού" in body(home)
    home.read_calendars()
    assert mails(home) == []  # there is no address any more, and they are on the telephone
    assert view(home, booked) == after


def test_what_is_corrected_is_judged(home: House, clerk: Visitor, booked: str) -> None:
    clerk.get(page(booked, "details")).press("Αποθήκευση", onoma="x\u202e", email="nobody")
    assert (clerk.status, list(clerk.errors())) == (422, ["onoma", "email"])
    assert view(home, booked).citizen.name == "Ελένη Δοκιμαστική"


def test_nothing_is_done_to_an_appointment_that_is_over(
    home: House, clerk: Visitor, booked: str
) -> None:
    home.clock.forward(days=30)
    sign_in(clerk.client, "staff-kalamata")
    clerk.get(page(booked))
    for words in ("Αλλαγή ώρας", "Διόρθωση", "Ακύρωση"):
        assert words not in clerk.text
    for path in ("move", "details"):
        assert clerk.get(page(booked, path)).url == page(booked)
        assert "Δεν άλλαξε τίποτα" in clerk.text
    assert not clerk.get(page(booked, "cancel")).html.cssselect("main form")


def test_the_slip_is_in_the_language_of_the_booking_and_tells_the_name_alone(
    app: Flask, clerk: Visitor
) -> None:
    answer = Api(app.test_client()).book(answers={"afm": "090000045"}, language="en")
    reference = answer.get_json()["reference"]
    clerk.get(page(reference)).follow("Εκτύπωση του σημειώματος")
    assert clerk.html.get("lang") == "en"
    for told in (reference, "Ελένη Δοκιμαστική", "Wednesday", "Kalamata", "/booking/find"):
        assert told in clerk.text, told
    for kept in ("6901234567", "eleni@example.gr", "090000045"):
        assert kept not in clerk.page.text
    assert clerk.page.headers["Cache-Control"] == "no-store"
    assert clerk.get(page(reference)).html.get("lang") == "el"


def test_who_signed_in_and_booked_for_somebody_else_is_named(
    home: House, clerk: Visitor, booked: str
) -> None:
    def work(uow: UnitOfWork) -> Any:
        row = uow.bookings.by_reference(booked)
        assert row is not None
        applicant = Applicant(name="ΜΑΡΙΑ ΔΟΚΙΜΗ", afm="090000045", for_other=True)
        personal = type(row.personal)(row.personal.citizen, {}, {}, applicant=applicant)
        uow.bookings.change(row, now=uow.now, personal=personal)

    home.desk.store.transact(work)
    assert "ΜΑΡΙΑ ΔΟΚΙΜΗ με κωδικούς TAXISnet, για άλλο πρόσωπο" in clerk.get(page(booked)).text


def test_somebody_who_was_let_down_is_offered_the_times_that_are_kept_for_them(
    home: House, clerk: Visitor, booked: str
) -> None:
    found = view(home, booked)
    mailbox = next(each for each in home.mailboxes() if each.address == found.mailbox)
    home.clock.forward(minutes=2)
    home.read_calendars()
    (event,) = [each for each in home.memory.events(mailbox) if each.key]
    home.memory.remove(mailbox, event.ref.id)
    for _ in range(3):
        home.read_calendars()
        mails(home)
        home.clock.forward(minutes=11)
    assert view(home, booked).state is BookingState.RELEASED
    kept = kept_for(home.desk, booking_id=found.id)
    clerk.get(page(booked)).follow("Αλλαγή ώρας ή τρόπου")
    offered = [each.get("value") for each in clerk.html.cssselect(".rv-radio input[name=ora]")]
    assert offered == [f"{each.period.start:%Y-%m-%dT%H:%MZ}" for each in kept]
    clerk.press("Μεταφορά σε αυτή την ώρα", ora=offered[0])
    after = view(home, booked)
    assert (after.state, after.period) == (BookingState.CONFIRMED, kept[0].period)
