"""Requests that no form of ours sends: a clear answer, the right status, nothing changed."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import quote

import pytest

from booking.outbox import drain
from booking_web.app import create_app
from booking_web.security import redacted
from connectors.deadline import Deadline
from tests.booking.conftest import Post
from tests.booking_web.citizen.test_manage import mailed
from tests.booking_web.citizen.test_security import pages
from tests.booking_web.citizen.visitor import HOUSING, Visitor
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house
from tests.booking_web.pages import without_tokens

ODD_DAYS = ("9999-12-31", "0001-01-01", "9999-12", "0001-01", "2026-W1", "2026W10-1", "\0", "-")


@pytest.mark.parametrize("value", ODD_DAYS)
@pytest.mark.parametrize("page", ["slot", "slot/list"])
def test_odd_days_and_months_show_the_calendar(visitor: Visitor, page: str, value: str) -> None:
    visitor.at_calendar(receives=True)
    for name in ("imera", "minas"):
        answer = visitor.client.get(f"{HOUSING}/{page}", query_string={name: value})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "9999-12-31T23:59Z",
        "0001-01-01T00:00Z",
        "2027-01-13T10:30",
        "\0",
        "α" * 5000,
    ],
)
def test_odd_times_hold_and_change_nothing(visitor: Visitor, value: str) -> None:
    visitor.at_calendar(receives=True)
    visitor.press("Συνέχεια", ora=value)
    assert visitor.status == 422
    assert visitor.errors() == {"ora": "Επιλέξτε μία ώρα"}
    reference = visitor.booked()
    page = visitor.client.get(
        f"/booking/{reference}/reschedule/details", query_string={"ora": value}
    )
    assert page.status_code == 200
    visitor.get(f"/booking/{reference}/reschedule").press("Συνέχεια", ora=value)
    assert visitor.status == 422


@pytest.mark.parametrize("path", ["/d/kalamata", "/d//kalamata/", "/d/kavala?a=1"])
def test_corrected_addresses_stay_on_this_site(visitor: Visitor, path: str) -> None:
    """Behind a proxy the request names neither our host nor https."""
    answer = visitor.client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 308
    assert answer.headers["Location"].startswith("/d/ka")
    assert "evil" not in answer.text + str(answer.headers)


def test_a_log_line_is_one_line_without_keys(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rantevou.access")
    token = "x" * 43
    for path in (f"/r/{token}", f"/x//r/{token}", f"/R//{token}/cancel", f"/d/{token}"):
        visitor.client.get(path)
    visitor.client.get("/d/x" + quote("\n2027-01-12 ERROR forged\x1b[2J"))
    assert len(caplog.messages) == 5
    assert token not in caplog.text
    assert all(message.isprintable() for message in caplog.messages)


def test_a_log_line_has_an_end() -> None:
    assert redacted("//r//short/cancel") == "//r//…/cancel"
    assert len(redacted("/" + "ab/" * 5000)) <= 300


def test_a_mailed_link_is_over_some_time_after_the_appointment(
    house: House, visitor: Visitor
) -> None:
    link = mailed(house, visitor.booked())
    house.clock.forward(days=20)
    assert visitor.client.get(link).status_code == 303
    house.clock.forward(days=40)
    wrong = link[:-1] + "_"
    answers = [visitor.client.get(each) for each in (link, wrong)]
    assert [each.status_code for each in answers] == [404, 404]
    # The page in the other language has the address in it; all else is the same.
    over, unknown = (without_tokens(each) for each in answers)
    assert over.replace(link, wrong) == unknown


def test_texts_of_a_mapping_are_texts_on_every_page_and_in_mails(tmp_path: Path) -> None:
    def hostile(text: str) -> str:
        for word in ("Επίδομα", "Καλαμάτας", "Καλαμάτα", "αίτηση"):
            text = text.replace(word, f"{word}<img src=x onerror=alert(1)>")
        return text

    home = make_house(tmp_path, edit=hostile)
    visitor = Visitor(create_app(home.desk, audiences=(("booking_web.citizen", True),)))
    seen = pages(visitor)
    for page in ("info/faq", "info/privacy"):
        seen.append(visitor.get(f"/d/kalamata/{page}").page.text)
    assert sum("&lt;img src=x" in text for text in seen) > 8
    assert [text for text in seen if "<img" in text] == []
    post = Post()
    drain(home.desk, mailer=post, limit=20, deadline=Deadline.after(60))
    assert [mail.html for mail in post.sent if "&lt;img" in mail.html and "<img" not in mail.html]
    assert [mail for mail in post.sent if "<img" in mail.html] == []
