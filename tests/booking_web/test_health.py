"""What machines ask: alive, ready, numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from booking.desk import Desk
from booking.store import Keys, open_store
from booking_web.app import create_app
from connectors.contract import MailboxRef
from tests.booking_web.desk import House, house, with_settings

HERE = "http://127.0.0.1:8000"
MAILBOX = MailboxRef("pronoia1@kalamata.example", "pronoia1@kalamata.example/rantevou/")


@pytest.fixture
def home(tmp_path: Path) -> House:
    made = house(tmp_path)
    return replace(made, desk=with_settings(made.desk, public_url="http://127.0.0.1:8000"))


def numbers(app: Flask, **headers: str) -> dict[str, float]:
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"rantevou_[a-z_]+ (NaN|[-+.e0-9]+)", line) for line in lines)
    return {name: float(value) for name, value in (line.split() for line in lines)}


def test_alive_and_ready(home: House) -> None:
    client = create_app(home.desk).test_client()
    for path in ("/health/live", "/health/ready"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


def test_without_its_database_it_is_alive_but_not_ready(home: House, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'empty.sqlite'}", encryption_keys=Keys.generate())
    client = create_app(replace(home.desk, store=store)).test_client()
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "not ready"}


def test_numbers_follow_what_happens(home: House) -> None:
    app = create_app(with_settings(home.desk, public_url=HERE))
    found = numbers(app)
    assert found["rantevou_mailboxes"] == found["rantevou_mailboxes_offering"] == 5
    assert found["rantevou_oldest_read_age_seconds"] == 0
    home.clock.forward(seconds=30)
    assert numbers(app)["rantevou_oldest_read_age_seconds"] == 30
    home.memory.lose_mailbox(MAILBOX)
    home.read_calendars()
    assert numbers(app)["rantevou_mailboxes_offering"] == 4


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.5"}, 404),
        ("203.0.113.5", {}, 404),
        ("", {}, 404),
        ("203.0.113.5", {"Authorization": "Bearer anything"}, 404),
    ],
)
def test_numbers_are_for_this_machine_only(
    home: House, address: str, headers: dict[str, str], status: int
) -> None:
    client = create_app(with_settings(home.desk, public_url=HERE)).test_client()
    environment = {"REMOTE_ADDR": address}
    answer = client.get("/metrics", headers=headers, environ_overrides=environment)
    assert answer.status_code == status


def test_behind_a_proxy_that_does_not_tell_the_numbers_need_a_token(home: House) -> None:
    """waitress drops the headers of proxies that it does not know, before we can see them."""
    client = create_app(with_settings(home.desk, public_url="https://x.example")).test_client()
    assert client.get("/metrics").status_code == 404


def test_with_a_token_only_its_bearer_reads_them_from_anywhere(home: House) -> None:
    desk: Desk = with_settings(home.desk, metrics_token="a-metrics-token")
    app = create_app(desk)
    assert numbers(app, Authorization="Bearer a-metrics-token")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer ключ"}):
        raw = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        assert app.test_client().get("/metrics", headers=raw).status_code == 404
