"""Canaries through everything that people can type into: they are found where they belong, only.

Every route of the application gets them in its address, query, form and body, in both languages;
whole journeys are made with them; mail server, calendars and our own code fail with them in their
mouths. Then logs, database, queue and calendars are searched. What needs running processes (their
log files, Redis, the stand-in for Microsoft) is in ``tests/product/test_privacy.py``.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking import drafts, erasing, managing, submitting
from booking.calendars.refresh import due
from booking.calendars.rounds import poll
from booking.desk import MailRefused
from booking.messages import OutgoingMail
from booking.model import Applicant, BookingRequest, BookingView, Citizen
from booking.outbox import drain
from booking.store.tables import metadata
from booking_web.app import create_app
from connectors.contract import Period
from connectors.deadline import Deadline
from mapping.model import Channel
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.visitor import HOUSING, Visitor
from tests.booking_web.desk import House, house
from tests.booking_web.pages import sign_in
from tests.booking_web.test_every_answer import rules

NAME = "Κανάριος Ζυξοκανάρης"
EMAIL = "kanarini.zyx@kanari.example.gr"
PHONE = "6987612345"
AFM = "987654324"
SUBJECT = "το καναρίνι ζυξ πετά"
PASSWORD_TYPED = "zyx-kanari-password"
#: Whatever belongs to a person but the name, which stands in the calendar.
SECRETS = ("kanarini.zyx", "kanari.example", PHONE, AFM, "το καναρίνι ζυξ", PASSWORD_TYPED)
KAVALA = "/d/kavala/mayor-office-appointment/teleconference"
FIELDS = {
    "onoma": NAME, "email": EMAIL, "tilefono": PHONE, "q-afm": AFM, "q-subject": SUBJECT,
    "q-address": SUBJECT, "synainesi": "1", "psifia": PHONE[-3:], "user": EMAIL,
    "password": PASSWORD_TYPED, "kodikos": AFM, "stoixeio": EMAIL, "ora": AFM, "link": EMAIL,
    "to": EMAIL, "code": AFM, "state": EMAIL, "anazitisi": NAME, "q": EMAIL, "zone": EMAIL,
    "dimos": AFM, "omada": EMAIL, "ypiresia": EMAIL, "kanali": EMAIL, "apantisi": EMAIL,
}  # fmt: skip


class Post:
    """A mail server that refuses in every way, and says why."""

    def __init__(self) -> None:
        self.refuse: list[Exception] = []
        self.sent: list[OutgoingMail] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        if self.refuse:
            raise self.refuse.pop(0)
        self.sent.append(message)


@dataclass
class Aviary:
    """The whole site, what it has said, and the tokens that it gave away."""

    home: House
    app: Flask
    logged: str
    tokens: list[str]
    post: Post
    answers: list[TestResponse]


@pytest.fixture(scope="module")
def aviary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aviary]:
    home = house(tmp_path_factory.mktemp("aviary"))
    app = create_app(home.desk)
    app.add_url_rule("/boom", view_func=_boom)
    heard = _Ears()
    root = logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        post, answers = Post(), list[TestResponse]()
        tokens = list(_journeys(home, app, answers))
        _work(home, post)
        answers += _everywhere(home, app)
        answers += [app.test_client().get(f"/boom?who={EMAIL}") for _ in range(1)]
        made = Aviary(home, app, heard.text(), tokens, post, answers)
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
    yield made
    home.desk.store.close()


class _Ears(logging.Handler):
    """Keeps every record as a production log would write it, tracebacks included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.name} {self.format(record)} {record.args!r}")

    def text(self) -> str:
        return "\n".join(self._lines)


def _boom() -> str:
    raise RuntimeError(f"{EMAIL} {NAME} {PHONE}")


def _journeys(home: House, app: Flask, answers: list[TestResponse]) -> Iterator[str]:
    greek = Visitor(app).get(f"{HOUSING}/declaration/housing-benefit?lang=el")
    yield _booked(home, greek, HOUSING, details={"q-afm": AFM}, answers=answers)
    english = Visitor(app).get("/?lang=en").get(f"{KAVALA}/slot")
    yield _booked(home, english, KAVALA, details={"q-subject": SUBJECT}, answers=answers)
    yield _by_api(app)
    for view in _at_the_desk(home):
        yield managing.token_for(home.desk, booking_id=view.id)


def _booked(
    home: House,
    visitor: Visitor,
    place: str,
    *,
    details: dict[str, str],
    answers: list[TestResponse],
) -> str:
    """With every mistake on the way; then found, opened, changed, taken along, and cancelled."""
    if "declaration" in visitor.url:
        visitor.press("Συνέχεια", apantisi="no-first-time")
    else:
        visitor.get(f"{place}/slot")
    times = [each.get("value") for each in visitor.html.cssselect("input[name=ora]")]
    button = "Συνέχεια" if visitor.html.get("lang") == "el" else "Continue"
    visitor.press(button, ora=times[1])
    filled = {"onoma": NAME, "email": EMAIL, "tilefono": PHONE, "synainesi": "1", **details}
    for wrong in ({"email": f"{EMAIL}@"}, {"tilefono": PHONE * 3}, {"onoma": NAME * 40}):
        visitor.press(button, **{**filled, **wrong})
        assert visitor.status == 422
    visitor.press(button, **filled)
    visitor.press("Κράτηση" if button == "Συνέχεια" else "Book")
    reference = visitor.reference
    view = managing.by_reference(home.desk, reference=reference)
    token = managing.token_for(home.desk, booking_id=view.id)
    with visitor.client.session_transaction() as session:
        # The cookie is signed, not encrypted.
        assert found(repr(dict(session)), NAME, *SECRETS, token) == []
    other = visitor.client.application.test_client()
    answers.append(other.get(f"/r/{token}/cancel"))
    answers.append(other.get(f"/r/{token}x"))
    pages = ("", "/confirmation", "/data", "/erase", "/print", "/calendar.ics", "/reschedule")
    answers += [visitor.client.get(f"/booking/{reference}{page}") for page in pages]
    return token


def _by_api(app: Flask) -> str:
    api = Api(app.test_client())
    person = {"name": NAME, "email": EMAIL, "phone": f"+30{PHONE}"}
    for wrong in ({"email": f"{EMAIL}@@"}, {"phone": PHONE * 2}, {"name": 5}):
        assert api.book(citizen={**person, **wrong}).status_code == 422
    booked = api.book(citizen=person, answers={"afm": AFM}, starts_at=api.slots()[4]).get_json()
    bearer = {"Authorization": f"Bearer {booked['manage_token']}"}
    for body in ({"citizen": {"email": f"new-{EMAIL}"}}, {"answers": {"afm": AFM[::-1]}}):
        api("PATCH", f"/bookings/{booked['reference']}", json=body, headers=bearer)
    return str(booked["manage_token"])


def _at_the_desk(home: House) -> list[BookingView]:
    """Booked by a clerk, and by somebody who signed in with TAXISnet codes for another person."""
    api = Api(create_app(home.desk).test_client())
    start = api.slots()[8:12:3]
    body = api.body(starts_at=start[0])
    request = BookingRequest(
        service_id=body["service_id"],
        channel=Channel.IN_PERSON,
        starts_at=datetime.fromisoformat(start[0]),
        citizen=Citizen(NAME, EMAIL, f"+30{PHONE}"),
        answers={"afm": AFM},
        declarations=body["declarations"],
        consent_version=body["consent_version"],
        language="el",
        applicant=Applicant("ΚΑΝΑΡΙΟΣ", AFM, for_other=True),
        network="203.0.113.77",
    )
    alone = replace(request, applicant=None, clerk="staff-kalamata")
    by_clerk = replace(alone, starts_at=datetime.fromisoformat(start[1]))
    return [
        submitting.submit(home.desk, request=each, idempotency_key=f"{EMAIL}{n}").booking
        for n, each in enumerate((request, by_clerk))
    ]


def _work(home: House, post: Post) -> None:
    """Workers, with a mail server and calendars that complain about people; staff who act."""
    post.refuse = [RuntimeError(f"cannot write to {EMAIL}"), MailRefused(EMAIL)]
    home.memory.fail_next("get", RuntimeError(f"{NAME} {PHONE}"))  # type: ignore[arg-type]
    for _ in range(3):
        drain(home.desk, mailer=post, limit=100, deadline=Deadline.after(60))
        home.clock.forward(seconds=30)
    for mailbox in home.mailboxes():
        for event in home.memory.events(mailbox):
            if event.key and event.period:
                later = Period(event.period.start, event.period.end + timedelta(minutes=30))
                home.memory.change_foreign(mailbox, event.ref.id, later)
    home.memory.fail_next("changes", RuntimeError(SUBJECT))  # type: ignore[arg-type]
    home.clock.forward(minutes=2)
    for batch in due(home.desk, limit=100):
        poll(home.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(60))
    home.clock.forward(minutes=2)
    drain(home.desk, mailer=post, limit=100, deadline=Deadline.after(60))


def _everywhere(home: House, app: Flask) -> Iterator[TestResponse]:
    """Every route, by somebody unknown, by somebody who signed in, and by staff."""
    app.config["WTF_CSRF_ENABLED"] = False
    staff, citizen = app.test_client(), app.test_client()
    sign_in(staff, "staff-kalamata")
    with citizen.session_transaction() as session:
        register = {"register": {"name": NAME, "afm": AFM}}
        session["citizen"] = drafts.create(home.desk, values=register)
    for client in (app.test_client(), citizen, staff):
        for method, rule in rules(app, "GET", "POST", "PATCH", "DELETE"):
            if rule.endpoint in {"staff.leave", "boom", "_boom"}:
                continue
            url = _url(rule)
            options: dict[str, Any] = {
                "query_string": FIELDS if method == "GET" else {"lang": "en"}
            }
            if rule.endpoint.startswith("api."):
                options["json"] = {"citizen": FIELDS, EMAIL: PHONE, "answers": {AFM: [NAME]}}
            elif method == "POST":
                options["data"] = FIELDS
            yield client.open(url, method=method, headers={"Referer": EMAIL}, **options)


def _url(rule: Rule) -> str:
    """With a mail address wherever the route takes one."""
    pattern = re.sub(r"<any\(([a-z_]+).*?>", r"\1", rule.rule)
    return re.sub(r"<.*?>", EMAIL, re.sub(r"<int:.*?>", "1", pattern))


def found(text: str, *canaries: str) -> list[str]:
    text = text.casefold()
    return [each for each in canaries if each.casefold() in text]


def test_the_journeys_were_made(aviary: Aviary) -> None:
    assert len(aviary.tokens) == 5
    assert len(aviary.post.sent) >= 3
    assert all(each.status_code < 500 for each in aviary.answers[:-1])
    assert aviary.answers[-1].status_code == 500


def test_no_log_knows_anybody(aviary: Aviary) -> None:
    assert "RuntimeError in _boom" in aviary.logged
    assert "/booking/…" in aviary.logged
    assert found(aviary.logged, NAME, *SECRETS, *aviary.tokens, "203.0.113.77") == []


def test_no_plain_column_and_no_byte_of_the_file_knows_anybody(aviary: Aviary) -> None:
    plain = []
    with aviary.home.desk.store.read() as uow:
        for table in metadata.sorted_tables:
            columns = [each for each in table.c if not isinstance(each.type, LargeBinary)]
            plain += [str(tuple(row)) for row in uow.connection.execute(select(*columns))]
    path = Path(aviary.home.database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(FULL)")
    content = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    everything = "\n".join([*plain, content.decode("utf-8", "replace"), *aviary.home.woken])
    assert found(everything, NAME, *SECRETS, *aviary.tokens, "203.0.113.77") == []


def test_calendars_know_the_name_and_nothing_else(aviary: Aviary) -> None:
    events = [
        repr(event) + event.body
        for mailbox in aviary.home.mailboxes()
        for event in aviary.home.memory.events(mailbox)
    ]
    everything = "\n".join(events)
    assert NAME in everything
    assert found(everything, *SECRETS, *aviary.tokens) == []


def test_no_error_page_and_no_redirect_repeats_what_was_typed(aviary: Aviary) -> None:
    for answer in aviary.answers:
        asked_for = EMAIL in answer.request.path  # its address may be named by the sign-in
        assert asked_for or found(answer.location or "", *SECRETS, *aviary.tokens) == []
        assert answer.headers.get("Referrer-Policy") == "no-referrer"
        # A page offers its own address, with its query, in the other language: the browser has it.
        elsewhere = [each for each in aviary.tokens if each not in answer.request.path]
        typed = [PASSWORD_TYPED] if answer.request.method == "POST" else []
        if answer.status_code >= 400:
            assert found(answer.text, *typed, *elsewhere) == [], answer.request.path
    told = aviary.app.test_client().get("/boom").text
    assert found(told, NAME, *SECRETS) == []


def test_exceptions_of_ours_say_nothing_of_people(aviary: Aviary) -> None:
    from booking.model import FieldErrors

    person = Citizen(NAME, EMAIL, PHONE)
    request = BookingRequest(
        "kalamata.housing-benefit", Channel.IN_PERSON, aviary.home.clock(), person,
        {"afm": AFM}, {}, "wrong", "el", applicant=Applicant(NAME, AFM), network="203.0.113.77",
    )  # fmt: skip
    said = [repr(request), repr(person), repr(Applicant(NAME, AFM)), repr(FieldErrors({}))]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        submitting.submit(aviary.home.desk, request=request, idempotency_key=EMAIL)
    said.append(repr(caught.value) + str(caught.value))
    assert found("\n".join(said), NAME, *SECRETS, "203.0.113.77") == []


def test_after_erasing_the_calendars_do_not_know_the_name_either(aviary: Aviary) -> None:
    home = aviary.home
    home.clock.forward(days=400)
    assert erasing.erase(home.desk) > 0
    for _ in range(2):
        drain(home.desk, mailer=aviary.post, limit=200, deadline=Deadline.after(60))
        home.clock.forward(hours=2)
    events = [
        repr(event) + event.body
        for mailbox in home.mailboxes()
        for event in home.memory.events(mailbox)
    ]
    assert events
    assert found("\n".join(events), NAME) == []
    with home.desk.store.read() as uow:
        rows = uow.connection.execute(select(metadata.tables["booking"].c.id)).scalars()
        known = [row for row in map(uow.bookings.get, rows) if row and row.personal.citizen.name]
    assert known == []
