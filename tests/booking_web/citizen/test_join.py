"""The stable page of a teleconference: what is said, when it opens, and where it leads."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from booking import managing
from booking.model import BookingView
from booking_web.app import create_app
from booking_web.security import CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY
from connectors.contract import RemoteEvent
from connectors.errors import TryLater
from tests.booking_web.citizen.test_manage import mailed
from tests.booking_web.citizen.test_unsettled import at_kavala_check
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house

BAN = "Συνέχεια στη συνάντηση"


def booked(house: House, visitor: Visitor) -> BookingView:
    reference = at_kavala_check(visitor).press("Κράτηση").reference
    return managing.by_reference(house.desk, reference=reference)


def before(house: House, view: BookingView, minutes: float) -> str:
    """Let the clock show ``minutes`` before the appointment; the address of the page."""
    house.clock.at = view.period.start - timedelta(minutes=minutes)
    return f"/booking/{view.reference}/join"


def door(visitor: Visitor) -> str:
    """The address behind «Συμμετοχή τώρα»; "" where there is no such button."""
    found = visitor.html.cssselect("main a.rv-btn--primary")
    return found[0].get("href") if found else ""


def leads_to(visitor: Visitor, view: BookingView) -> str:
    answer = visitor.client.get(f"/booking/{view.reference}/join/now")
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_the_button_lives_from_ten_minutes_before_and_after_the_tick(
    house: House, visitor: Visitor
) -> None:
    view = booked(house, visitor)
    url = before(house, view, 11)
    visitor.get(url)
    assert "Η συνάντηση ανοίγει" in visitor.text
    assert (door(visitor), leads_to(visitor, view)) == ("", url)
    before(house, view, 10)
    visitor.get(url)
    assert "απαγορεύεται" in visitor.text
    assert (door(visitor), leads_to(visitor, view)) == ("", url)
    visitor.press(BAN)
    assert (visitor.status, list(visitor.errors())) == (422, ["katagrafi"])
    assert (door(visitor), leads_to(visitor, view)) == ("", url)
    visitor.press(BAN, katagrafi="1")
    assert (visitor.url, door(visitor)) == (url, f"{url}/now")
    assert leads_to(visitor, view) == view.meeting_url
    assert view.meeting_url.startswith("https://")
    assert view.meeting_url not in visitor.page.text, "a link that may be stale by then"
    assert visitor.get(url).html.cssselect("#katagrafi") == [], "remembered for the session"
    before(house, view, -(10 + 29))
    assert leads_to(visitor, view) == view.meeting_url
    before(house, view, -(10 + 31))
    assert leads_to(visitor, view) == url


def test_the_tick_may_come_early_and_is_each_persons_own(
    app: Flask, house: House, visitor: Visitor
) -> None:
    view = booked(house, visitor)
    url = before(house, view, 600)
    visitor.get(url).press(BAN, katagrafi="1")
    assert "θα εμφανιστεί εδώ το κουμπί «Συμμετοχή τώρα»" in visitor.text
    before(house, view, 3)
    assert visitor.follow("Ανανέωση της σελίδας").follow("Πίσω").url == f"/booking/{view.reference}"
    assert leads_to(visitor, view) == view.meeting_url
    other = Visitor(app).get(f"{mailed(house, view.reference)}/join")
    assert (other.url, door(other), leads_to(other, view)) == (url, "", url)
    stranger = app.test_client()
    assert stranger.get(f"{url}/now").status_code == 403
    assert "Location" not in stranger.get(f"{url}/now").headers


def test_it_leads_to_the_link_of_this_very_moment(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff switched the meeting off and on again; nobody has read their calendar since."""
    view = booked(house, visitor)
    visitor.get(before(house, view, 5)).press(BAN, katagrafi="1")
    now_there, written = "", house.memory.get

    def get(**asked: Any) -> RemoteEvent:
        return replace(written(**asked), meeting_url=now_there)

    monkeypatch.setattr(house.memory, "get", get)
    for now_there in ("https://teams.example/new", "https://teams.example/newer", view.meeting_url):
        assert leads_to(visitor, view) == now_there
        stored = managing.by_reference(house.desk, reference=view.reference)
        assert stored.meeting_url == now_there


def test_a_silent_calendar_leads_to_the_last_link_that_is_known(
    house: House, visitor: Visitor
) -> None:
    view = booked(house, visitor)
    visitor.get(before(house, view, 5)).press(BAN, katagrafi="1")
    house.memory.fail_next("get", TryLater("no answer"))
    assert leads_to(visitor, view) == view.meeting_url


def test_it_says_what_to_have_ready_and_what_to_do_when_it_fails(
    house: House, visitor: Visitor
) -> None:
    view = booked(house, visitor)
    visitor.get(before(house, view, 5))
    for words in (
        "θα μπείτε σε αναμονή μέχρι ο εκπρόσωπος του Δήμου Καβάλας",
        "επίδειξη εγγράφων ταυτοποίησης",
        "Δοκιμάστε την κάμερα και το μικρόφωνό σας",
        "Πραγματοποίηση δοκιμαστικής κλήσης",
        "δεν σας δέχεται κανείς, μείνετε στην αναμονή",
        f"πείτε τον κωδικό {view.reference}",
    ):
        assert words in visitor.text
    tips = visitor.html.xpath("//h2[starts-with(., 'Συμβουλές')]/following-sibling::ul[1]/li")
    assert len(tips) == 6
    assert visitor.html.cssselect("main a[href^='tel:']")
    english = visitor.follow("English")
    for words in ("Recording is forbidden", "Test your camera", "nobody admits you"):
        assert words in english.text


def without_instructions(text: str) -> str:
    return re.sub(r"        instructions:\n.*?(?=        # «Συμβουλές)", "", text, flags=re.DOTALL)


def test_where_the_municipality_says_nothing_of_the_day_the_needful_is_said(
    tmp_path: Path,
) -> None:
    house = make_house(tmp_path, edit=without_instructions)
    visitor = Visitor(create_app(house.desk))
    view = booked(house, visitor)
    for url in (f"/booking/{view.reference}", before(house, view, 5)):
        visitor.get(url)
        assert "σε αναμονή μέχρι ο υπάλληλος να σας δεχθεί" in visitor.text
        assert "έγγραφο ταυτοποίησης, όπως ταυτότητα" in visitor.text


def test_this_page_may_run_a_script_and_use_devices(house: House, visitor: Visitor) -> None:
    view = booked(house, visitor)
    for url in (f"/booking/{view.reference}", "/"):
        headers = visitor.get(url).page.headers
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert headers["Permissions-Policy"] == PERMISSIONS_POLICY
        assert visitor.html.cssselect("script") == []
    headers = visitor.get(before(house, view, 5)).page.headers
    assert headers["Content-Security-Policy"] == f"{CONTENT_SECURITY_POLICY}; script-src 'self'"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]
    (script,) = visitor.html.cssselect("script")
    assert script.text is None
    with visitor.client.get(script.get("src")) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
