"""While the database does not serve, pages and API say so; nothing is promised, nothing doubled."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from booking.store import Keys, open_store
from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House, house


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


PAGES = (
    "/",
    "/d/kalamata/",
    "/d/kalamata/housing-benefit/in_person/slot",
    "/r/some-token",
    "/page/contact",
    "/nothing",
)


def test_without_its_database_every_page_says_later(home: House) -> None:
    store = open_store("postgresql://u@127.0.0.1:1/none", encryption_keys=Keys.generate())
    client = create_app(replace(home.desk, store=store)).test_client()
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == (404 if path == "/nothing" else 503), path
    answer = client.get("/?lang=en")
    assert "The service is not available at the moment" in answer.text
    assert answer.headers["Retry-After"] == "5"
    assert "Set-Cookie" in answer.headers  # the language, nothing else was lost
    api = Api(client)
    for path in ("/municipalities", "/services/kalamata.housing-benefit/availability"):
        answer = api("GET", path)
        assert answer.status_code == 503
        assert answer.get_json()["type"].endswith("unavailable")
        assert answer.headers["Retry-After"] == "5"


class Lock:
    """Another program that holds the SQLite file, as a backup that was never finished."""

    def __init__(self, home: House) -> None:
        engine = home.desk.store.database.engine()
        engine.dispose()
        event.listen(engine, "connect", self._impatient)
        self._other = sqlite3.connect(str(engine.url.database), isolation_level=None)

    def _impatient(self, connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    def take(self) -> None:
        self._other.execute("BEGIN IMMEDIATE")

    def give(self) -> None:
        self._other.execute("ROLLBACK")


def test_a_locked_database_acknowledges_nothing_and_the_same_key_books_later(home: House) -> None:
    lock = Lock(home)
    api = Api(create_app(home.desk).test_client())
    slot = api.slots()[0]
    lock.take()
    answer = api.book(starts_at=slot, key="the-same")
    assert answer.status_code == 503
    assert "reference" not in answer.get_json()
    lock.give()
    booked = api.book(starts_at=slot, key="the-same")
    assert booked.status_code == 201
    assert api.book(starts_at=slot, key="the-same").get_json() == booked.get_json()


def test_the_page_keeps_the_answers_over_an_outage(home: House) -> None:
    lock = Lock(home)
    visitor = Visitor(create_app(home.desk, audiences=(("booking_web.citizen", True),)))
    visitor.at_check()
    form = visitor.page
    lock.take()
    visitor.press("Κράτηση")
    assert visitor.status == 503
    assert "ελέγξτε πρώτα το email σας" in visitor.text
    lock.give()
    visitor.page = form
    assert visitor.press("Κράτηση").heading == "Το ραντεβού σας κλείστηκε"
