"""Staff and admin pages in a real browser: signing in, axe at two widths, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from booking.office import overview
from booking_web.app import create_app
from connectors.errors import TryLater
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import PASSWORD, House, house
from tests.booking_web.serving import serving

pytestmark = pytest.mark.browser

AFM = "090000045"
LOST = "pronoia2@kalamata.example"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Office:
    url: str
    home: House
    booked: dict[str, Any]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One booking in the calendar, one on its way, one calendar that is not there any more."""
    home = house(tmp_path_factory.mktemp("office"))
    app = create_app(home.desk)
    booked = Api(app.test_client()).book(answers={"afm": AFM}).get_json()
    home.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    Api(app.test_client()).book()
    home.memory.lose_mailbox(next(each for each in home.mailboxes() if each.address == LOST))
    home.read_calendars()
    overview.check_mailbox(home.desk, mailbox_id=home.mailbox_id(LOST))
    with serving(app) as port:
        yield Office(f"http://127.0.0.1:{port}", home, booked)


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    told = [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]
    root = "document.documentElement"
    wide = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
    return told + ([f"{wide} px too wide"] if wide > 0 else [])


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("language", ["el", "en"])
def test_every_page_of_the_office(
    office: Office, browser: Browser, width: int, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    found: dict[str, list[str]] = {}
    page.goto(f"{office.url}/admin/sign-in?lang={language}")
    found["sign-in"] = faults(page)
    page.fill("#user", "admin")
    page.fill("#password", "wrong")
    with page.expect_navigation():
        page.click("main button")
    found["refused"] = faults(page)
    page.fill("#user", "admin")
    page.fill("#password", PASSWORD)
    with page.expect_navigation():
        page.click("main button")
    assert page.url == f"{office.url}/admin/"
    reference = office.booked["reference"]
    for path in (
        "/admin/",
        "/admin/?q=nothing",
        f"/admin/mailboxes/{office.home.mailbox_id(LOST)}",
        "/admin/servers",
        "/admin/outbox",
        "/staff/?imera=2027-01-13",
        "/staff/?imera=2027-01-16",
        f"/staff/bookings/{reference}",
    ):
        page.goto(office.url + path)
        assert page.locator("html").get_attribute("lang") == language
        found[path] = faults(page)
    assert AFM not in page.content()
    with page.expect_navigation():
        page.click("main form button")
    assert AFM in page.content()
    found["revealed"] = faults(page)
    assert {name: each for name, each in found.items() if each} == {}
    context.close()
