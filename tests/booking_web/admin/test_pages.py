"""The first form of the admin pages: calendars, servers, open work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.office import overview
from booking.store import UnitOfWork
from booking_web.app import create_app
from connectors.contract import MailboxRef
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
    Unsupported,
)
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import House, house
from tests.booking_web.pages import press, sign_in

FIRST, SECOND = "pronoia1@kalamata.example", "pronoia2@kalamata.example"
REF = MailboxRef(FIRST, f"{FIRST}/rantevou/")


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def app(home: House) -> Flask:
    return create_app(home.desk)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    made = app.test_client()
    sign_in(made, "admin", area="/admin/")
    return made


def test_every_mailbox_is_listed_with_its_state(client: FlaskClient, home: House) -> None:
    page = client.get("/admin/")
    assert page.status_code == 200
    for address in (FIRST, "pronoia2@kalamata.example", "grafeio1@kavala.example"):
        assert address in page.text
    assert "5 ημερολόγια" in page.text
    home.memory.lose_mailbox(REF)
    home.read_calendars()
    page = client.get("/admin/")
    assert "1 ημερολόγιο χρειάζεται προσοχή" in page.text
    only = client.get("/admin/?only=attention").text
    assert FIRST in only
    assert "grafeio1@kavala.example" not in only


def test_a_reading_that_is_three_minutes_late_is_told_while_times_are_still_offered(
    client: FlaskClient, home: House
) -> None:
    home.clock.forward(minutes=2, seconds=59)
    assert "Η ανάγνωση καθυστερεί" not in client.get("/admin/").text
    home.clock.forward(seconds=1)
    page = client.get("/admin/").text
    assert page.count("Η ανάγνωση καθυστερεί") == 5
    assert "χρειάζονται προσοχή" not in page
    home.read_calendars()
    assert "Η ανάγνωση καθυστερεί" not in client.get("/admin/").text
    home.clock.forward(minutes=11)
    assert "Δεν διαβάστηκε πρόσφατα" in client.get("/admin/").text


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (NotAuthorised("refused (HTTP 401)"), "δεν μας δίνει πρόσβαση", "rantevou secret set"),
        (MailboxNotFound("gone (HTTP 404)"), "Το ημερολόγιο δεν υπάρχει", "Διορθώστε τη διεύθυνσή"),
        (Unsupported("no (HTTP 501)"), "δεν προσφέρει ό,τι χρειάζεται", "ρυθμίσεις"),
        (Rejected("odd (HTTP 400)"), "Η ανάγνωση απέτυχε", "Πατήστε"),
    ],
)
def test_what_cannot_be_read_says_what_to_do_and_is_not_called_readable(
    client: FlaskClient, home: House, error: ConnectorError, what: str, remedy: str
) -> None:
    home.memory.fail_next("changes", error)
    home.read_calendars()  # the first one fails
    (bad,) = [each for each in overview.mailboxes(home.desk) if not each.offers]
    assert bad.readable is False
    detail = str(error)
    for path in ("/admin/?only=attention", f"/admin/mailboxes/{bad.id}"):
        page = client.get(path).text
        assert what in page
        assert remedy in page
        assert bad.error_code not in page
    assert detail in client.get(f"/admin/mailboxes/{bad.id}").text
    assert what not in client.get(f"/admin/mailboxes/{bad.id}?lang=en").text


def test_a_calendar_that_cannot_be_written_says_so(
    client: FlaskClient, app: Flask, home: House
) -> None:
    home.memory.fail_next("create", NotAuthorised("no (HTTP 403)"))
    assert Api(app.test_client()).book().status_code == 201  # in a colleague's calendar
    page = client.get("/admin/?only=attention").text
    assert "Δεν μπορούμε να γράψουμε" in page
    assert "δικαίωμα δημιουργίας" in page


def test_calendars_that_nobody_reads_any_more_say_so(client: FlaskClient, home: House) -> None:
    home.clock.forward(minutes=11)
    told = client.get("/admin/").text
    assert "Δεν διαβάστηκε πρόσφατα" in told
    assert "worker" in told


def test_searching(client: FlaskClient) -> None:
    page = client.get("/admin/?q=kavala").text
    assert "grafeio1@kavala.example" in page
    assert FIRST not in page
    hostile = client.get("/admin/?q=%22%3E%3Cscript%3E").text
    assert "<script>" not in hostile


def test_the_check_button_tells_what_was_found(client: FlaskClient, home: House) -> None:
    page = f"/admin/mailboxes/{home.mailbox_id(FIRST)}"
    answer = press(client, "/admin/", f"{page}/check")
    assert (answer.status_code, answer.location) == (303, page)
    assert "Αποτέλεσμα του ελέγχου" in client.get(page).text
    assert len(home.memory.events(REF)) == 0
    home.memory.lose_mailbox(REF)
    press(client, page, f"{page}/check")
    assert "Τι να κάνετε" in client.get(page).text


def test_unknown_mailboxes_and_resources_are_not_found(client: FlaskClient, home: House) -> None:
    assert client.get("/admin/mailboxes/nothing").status_code == 404
    page = f"/admin/mailboxes/{home.mailbox_id(FIRST)}"
    assert client.get(page).status_code == 200
    token = {"csrf_token": _token(client, page)}
    assert client.post("/admin/mailboxes/nothing/check", data=token).status_code == 404
    accept = client.post(f"{page}/accept", data={**token, "resource": "nothing"})
    assert accept.status_code == 404


def test_servers_and_open_work(client: FlaskClient, app: Flask, home: House) -> None:
    assert "127.0.0.1:5232" in client.get("/admin/servers").text
    assert "Καμία εκκρεμής εργασία" in client.get("/admin/outbox").text
    home.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    booked = Api(app.test_client()).book()
    assert booked.status_code == 202
    page = client.get("/admin/outbox").text
    assert booked.get_json()["reference"] in page
    assert "Δοκιμαστική" not in page


def _token(client: FlaskClient, page: str) -> str:
    from tests.booking_web.pages import token_of

    return token_of(client.get(page))


def test_a_provider_that_asked_us_to_wait_is_shown(client: FlaskClient, home: House) -> None:
    before = client.get("/admin/servers").text
    assert "να περιμένουμε" not in before

    def pause(uow: UnitOfWork) -> None:
        for server in uow.mailboxes.servers():
            uow.sweeps.pause(
                server.id,
                now=uow.now,
                until=uow.now + timedelta(minutes=5),
                spread=timedelta(seconds=20),
            )

    home.desk.store.transact(pause)
    assert "μας ζήτησε να περιμένουμε έως τις" in client.get("/admin/servers").text
    status = overview.mailboxes(home.desk)[0]
    assert status.waits_until is not None
    page = client.get(f"/admin/mailboxes/{status.id}").text
    assert "Ο πάροχος μας ζήτησε να περιμένουμε έως" in page


def test_what_staff_did_to_appointments_is_counted_in_words(
    client: FlaskClient, home: House, app: Flask
) -> None:
    answer = Api(app.test_client()).book(answers={"afm": "090000045"})
    assert answer.status_code == 201, answer.text
    home.read_calendars()
    for ref in (REF, MailboxRef(SECOND, f"{SECOND}/rantevou/")):
        for event in list(home.memory.events(ref)):
            home.memory.remove(ref, event.ref.id)
    home.read_calendars()
    pages = [
        client.get(f"/admin/mailboxes/{home.mailbox_id(address)}?lang={language}").text
        for address in (FIRST, SECOND)
        for language in ("el", "en")
    ]
    assert sum("Ραντεβού που λείπουν από το ημερολόγιο" in page for page in pages) == 1
    assert sum("Appointments that are missing in the calendar" in page for page in pages) == 1


def test_the_words_of_the_brake_fit_both_its_reasons(client: FlaskClient, home: House) -> None:
    mailbox_id = home.mailbox_id(FIRST)

    def brake(uow: UnitOfWork) -> None:
        reason = "4 of 9 appointments vanished at once"
        uow.mailboxes.change(mailbox_id, brake_at=uow.now, brake_reason=reason)

    home.desk.store.transact(brake)
    page = client.get(f"/admin/mailboxes/{mailbox_id}").text
    assert "Το ημερολόγιο άλλαξε απότομα" in page
    assert "Πολλά ραντεβού έλειψαν μαζί, ή το ημερολόγιο φαίνεται άδειο" in page
    assert "4 of 9 appointments vanished at once" in page
    assert f'action="/admin/mailboxes/{mailbox_id}/release"' in page
