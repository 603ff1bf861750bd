"""Signing in and out of the staff and admin pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.office import accounts
from booking_web.app import create_app
from tests.booking_web.desk import house
from tests.booking_web.pages import press, sign_in, token_of


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(house(tmp_path).desk)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("rantevou")
    return found.value if found else ""


def test_the_page_leads_back_to_what_was_asked_for(client: FlaskClient) -> None:
    asked = client.get("/staff/bookings/ABC-DEF")
    assert asked.status_code == 303
    assert asked.location == "/staff/sign-in?to=/staff/bookings/ABC-DEF"
    answer = sign_in(client, "staff-kalamata", to="/staff/bookings/ABC-DEF")
    assert (answer.status_code, answer.location) == (303, "/staff/bookings/ABC-DEF")


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/staff/",
        "/staff//evil.example",
        "/staff/\\evil.example",
        "/admin/",
        "/d/kalamata/",
        "javascript:alert(1)",
        "/staff/%0d%0aX: y\r\nX: y",
    ],
)
def test_it_never_leads_elsewhere(client: FlaskClient, to: str) -> None:
    page = client.get("/staff/sign-in")
    values = {
        "csrf_token": token_of(page),
        "user": "staff-kalamata",
        "password": "a long enough password",
        "to": to,
    }
    answer = client.post("/staff/sign-in", data=values)
    assert (answer.status_code, answer.location) == (303, "/staff/")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("staff-kalamata", "wrong"),
        ("nobody", "a long enough password"),
        ("", ""),
        ("staff-kalamata", "x" * 2000),
        ("staff-kalamata\x00", "a long enough password"),
    ],
)
def test_wrong_credentials_are_answered_alike(
    client: FlaskClient, user: str, password: str
) -> None:
    answer = sign_in(client, user, password=password)
    assert answer.status_code == 422
    assert "Το όνομα χρήστη ή ο κωδικός δεν είναι σωστά" in answer.text
    assert "x" * 2000 not in answer.text
    assert client.get("/staff/").status_code == 303


def test_attempts_are_limited_even_for_the_right_password(client: FlaskClient) -> None:
    for _ in range(12):
        assert sign_in(client, "staff-kalamata", password="wrong").status_code == 422
    assert sign_in(client, "staff-kalamata").status_code == 422
    assert sign_in(client, "staff-kavala").status_code == 303


def test_signing_in_needs_the_token_of_the_form(client: FlaskClient) -> None:
    client.get("/staff/sign-in")
    values = {"user": "staff-kalamata", "password": "a long enough password"}
    assert client.post("/staff/sign-in", data=values).status_code == 400
    assert client.get("/staff/").status_code == 303


def test_the_session_changes_at_sign_in_and_ends_at_sign_out(app: Flask) -> None:
    client = app.test_client()
    client.get("/staff/sign-in")
    before = cookie(client)
    sign_in(client, "staff-kalamata")
    copied = cookie(client)
    assert copied != before
    assert client.get("/staff/").status_code == 200
    thief = app.test_client()
    thief.set_cookie("rantevou", copied)
    assert thief.get("/staff/").status_code == 200
    assert press(client, "/staff/", "/staff/sign-out").status_code == 303
    assert client.get("/staff/").status_code == 303
    assert thief.get("/staff/").status_code == 303, "a copied cookie outlives the sign-out"


def test_a_token_from_before_the_sign_in_is_worth_nothing_after_it(app: Flask) -> None:
    client = app.test_client()
    old = token_of(client.get("/staff/sign-in"))
    sign_in(client, "staff-kalamata")
    assert client.post("/staff/sign-out", data={"csrf_token": old}).status_code == 400
    assert client.get("/staff/").status_code == 200


def test_staff_may_not_enter_the_admin_pages(client: FlaskClient) -> None:
    sign_in(client, "staff-kalamata")
    assert client.get("/admin/").status_code == 403


def test_the_language_survives_the_sign_in(client: FlaskClient) -> None:
    client.get("/staff/sign-in?lang=en")
    sign_in(client, "staff-kalamata")
    page = client.get("/staff/")
    assert '<html lang="en">' in page.text
    assert "Sign out" in page.text


def test_a_new_password_ends_the_sessions_of_the_old_one(tmp_path: Path) -> None:
    home = house(tmp_path)
    client = create_app(home.desk).test_client()
    sign_in(client, "staff-kalamata")
    assert client.get("/staff/").status_code == 200
    accounts.create(
        home.desk,
        user="staff-kalamata",
        password="another long password",
        role="staff",
        name="Υπάλληλος",
        municipality="kalamata",
    )
    assert client.get("/staff/").location == "/staff/sign-in?to=/staff/"


def test_who_works_on_stays_signed_in_until_the_day_is_over(tmp_path: Path) -> None:
    home = house(tmp_path)
    busy, idle = (create_app(home.desk).test_client() for _ in range(2))
    for client in (busy, idle):
        sign_in(client, "staff-kalamata")
    for _ in range(11):
        home.clock.forward(hours=1)
        assert busy.get("/staff/tasks").status_code == 200
    assert idle.get("/staff/tasks").status_code == 303
    home.clock.forward(hours=1)
    assert busy.get("/staff/tasks").status_code == 303
    home.desk.store.close()
