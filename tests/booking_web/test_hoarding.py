"""One network keeps so many slots and no more; nobody who wants to book is sent away."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from booking.store.tables import hold
from booking_web.app import create_app
from tests.booking_web.api.conftest import HOUSING, Api
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House, house, with_settings

OUTSIDE = "203.0.113.5"


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


def site(home: House, **settings: object) -> Flask:
    return create_app(with_settings(home.desk, holds_per_network=2, **settings))


class Script:
    """Takes one slot after the other, without any session."""

    def __init__(self, app: Flask) -> None:
        self.api = Api(app.test_client())
        self.slots = iter(self.api.slots())

    def take(self, address: str = OUTSIDE, **headers: str) -> int:
        slot = {"service_id": HOUSING, "channel": "in_person", "starts_at": next(self.slots)}
        environment = {"REMOTE_ADDR": address}
        answer = self.api(
            "POST", "/holds", json=slot, headers=headers, environ_overrides=environment
        )
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status_code


def test_a_network_keeps_so_many_and_no_more(home: House) -> None:
    script = Script(site(home))
    assert [script.take() for _ in range(3)] == [201, 201, 429]
    assert script.take("203.0.113.6") == 201
    home.clock.forward(minutes=11)
    home.read_calendars()
    assert script.take() == 201


def test_a_household_of_ipv6_is_one_network(home: House) -> None:
    script = Script(site(home))
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::3", "2001:db8:1:3::1"]
    assert [script.take(each) for each in addresses] == [201, 201, 429, 201]
    assert [script.take(f"::ffff:{OUTSIDE}"), script.take(), script.take()] == [201, 201, 429]


def test_this_machine_is_no_network(home: House) -> None:
    script = Script(site(home))
    assert {script.take(each) for each in ("127.0.0.1", "::1", "127.0.0.1", "", "x")} == {201}


def test_what_a_visitor_says_about_itself_is_not_believed(home: House) -> None:
    script = Script(site(home))
    said = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(3)]
    assert [script.take(**each) for each in said] == [201, 201, 429]


def test_a_proxy_that_was_made_known_is_believed_for_its_last_word(home: House) -> None:
    script = Script(site(home, proxies=1))
    said = [{"X-Forwarded-For": f"198.51.100.{number}, {OUTSIDE}"} for number in range(3)]
    assert [script.take("127.0.0.1", **each) for each in said] == [201, 201, 429]
    assert script.take("127.0.0.1", **{"X-Forwarded-For": "203.0.113.6"}) == 201


def test_on_the_pages_one_books_without_the_slot_being_kept(home: House) -> None:
    app = site(home)
    script = Script(app)
    assert [script.take() for _ in range(2)] == [201, 201]
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = OUTSIDE
    visitor.at_details()
    assert "Κρατάμε την ώρα" not in visitor.text
    visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1"}).press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"


def test_no_address_is_stored(home: House) -> None:
    script = Script(site(home))
    script.take()
    with home.desk.store.read() as uow:
        stored = repr(uow.connection.execute(select(hold)).all())
    assert OUTSIDE not in stored
