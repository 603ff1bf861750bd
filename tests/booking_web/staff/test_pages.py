"""The day list and the page of one booking."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import House, house
from tests.booking_web.pages import press, sign_in, without_tokens

AFM = "090000045"


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def app(home: House) -> Flask:
    return create_app(home.desk)


@pytest.fixture
def booked(app: Flask) -> dict[str, Any]:
    answer = Api(app.test_client()).book(answers={"afm": AFM})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    made = app.test_client()
    sign_in(made, "staff-kalamata")
    return made


def test_the_day_lists_who_comes(client: FlaskClient, booked: dict[str, Any]) -> None:
    page = client.get("/staff/?imera=2027-01-13")
    assert page.status_code == 200
    for words in (booked["reference"], "Ελένη Δοκιμαστική", "Επίδομα Στέγασης", "Επιβεβαιωμένο"):
        assert words in page.text
    assert AFM not in page.text
    assert booked["reference"] not in client.get("/staff/?imera=2027-01-14").text


@pytest.mark.parametrize("day", ["2027-13-01", "x", "0001-01-01", "9999-12-31", "%00"])
def test_a_day_that_is_none_is_refused(client: FlaskClient, day: str) -> None:
    assert client.get(f"/staff/?imera={day}").status_code == 400


def test_a_booking_shows_who_comes_and_covers_the_tax_number(
    client: FlaskClient, booked: dict[str, Any]
) -> None:
    page = client.get(f"/staff/bookings/{booked['reference']}")
    assert page.status_code == 200
    for words in ("Ελένη Δοκιμαστική", "+306901234567", "eleni@example.gr", "••••••045", "Όχι"):
        assert words in page.text, words
    assert AFM not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_tax_number_is_shown_on_request_and_the_request_is_recorded(
    client: FlaskClient, booked: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = f"/staff/bookings/{booked['reference']}"
    page = press(client, path, f"{path}/reveal")
    assert AFM in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert f"tax number of {booked['reference']} shown to staff-kalamata" in caplog.text
    assert AFM not in caplog.text
    assert AFM not in client.get(path).text


def test_staff_of_another_municipality_see_nothing_of_it(
    app: Flask, booked: dict[str, Any]
) -> None:
    other = app.test_client()
    sign_in(other, "staff-kavala")
    path = f"/staff/bookings/{booked['reference']}"
    unknown = other.get("/staff/bookings/XXX-XXX")
    foreign = other.get(path)
    assert (unknown.status_code, foreign.status_code) == (404, 404)
    one, other_one = without_tokens(unknown), without_tokens(foreign)
    assert one.replace("XXX-XXX", "") == other_one.replace(booked["reference"], "")
    assert booked["reference"] not in other.get("/staff/?imera=2027-01-13").text


def test_administrators_see_all(app: Flask, booked: dict[str, Any]) -> None:
    admin = app.test_client()
    sign_in(admin, "admin", area="/admin/")
    assert admin.get(f"/staff/bookings/{booked['reference']}").status_code == 200
    assert booked["reference"] in admin.get("/staff/?imera=2027-01-13").text
