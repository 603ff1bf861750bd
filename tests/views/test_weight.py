"""What a page costs over a slow connection: everything it needs, as it goes over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking_web.app import create_app
from tests.booking_web.citizen.visitor import HOUSING, Visitor
from tests.booking_web.desk import House, house
from tests.views.conftest import Gallery
from tests.views.gallery import View

LIMIT = 60 * 1024
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


def over_the_wire(client: FlaskClient, url: str) -> int:
    """Bytes of head and body."""
    with client.get(url, headers=BROWSER) as answer:
        assert answer.status_code == 200, url
        return len(answer.data) + sum(len(f"{key}: {value}\r\n") for key, value in answer.headers)


def needed(visitor: Visitor) -> list[str]:
    """Addresses of what the page loads."""
    found = visitor.html.xpath("//link/@href | //script/@src | //img/@src")
    assert all(each.startswith("/static/") for each in found)
    return list(map(str, found))


@pytest.mark.parametrize("query", ["", "?zoni=Australia/Sydney", "?lang=en"])
def test_the_calendar_with_everything_it_needs(home: House, query: str) -> None:
    visitor = Visitor(create_app(home.desk)).at_calendar().get(f"{HOUSING}/slot{query}")
    whole = over_the_wire(visitor.client, visitor.url)
    for url in needed(visitor):
        whole += over_the_wire(visitor.client, url)
    assert 5_000 < whole <= LIMIT / 2, f"{whole} bytes"


def test_no_page_is_heavy(gallery: Gallery) -> None:
    """Its HTML alone: style sheet and scripts come once, and stay in the browser."""
    heavy = {name: len(view.body) for name, view in gallery.views.items() if too_heavy(view)}
    assert heavy == {}


def too_heavy(view: View) -> bool:
    return len(view.body) > LIMIT - 10 * 1024


def test_pages_are_not_compressed_by_us(home: House) -> None:
    """A page repeats what its address says and holds the key of its forms: compressed, its length
    would tell the key (the attack is called BREACH). Static files hold nothing secret."""
    app: Flask = create_app(home.desk)
    visitor = Visitor(app).get("/")
    assert "Content-Encoding" not in app.test_client().get("/", headers=BROWSER).headers
    (sheet,) = (each for each in needed(visitor) if each.endswith(".css"))
    with app.test_client().get(sheet, headers=BROWSER) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
