"""A clerk with both hands on the keyboard: sign in, book for a caller, move the appointment."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from booking import managing
from booking_web.app import create_app
from tests.booking_web.desk import PASSWORD, house
from tests.booking_web.serving import serving

pytestmark = pytest.mark.browser

#: Far more than any of these pages has to pass.
MOST_STOPS = 45


def reach(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(MOST_STOPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {selector} at {page.url}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_call_is_booked_and_moved_by_keyboard_alone(tmp_path: Path, browser: Browser) -> None:
    home = house(tmp_path)
    context = browser.new_context(locale="el")
    page = context.new_page()
    with serving(create_app(home.desk)) as port:
        page.goto(f"http://127.0.0.1:{port}/staff/sign-in")
        reach(page, "#user")
        page.keyboard.type("staff-kalamata")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        enter(page)
        reach(page, "main a[href='/staff/book']")
        enter(page)
        reach(page, "main a[href*='housing-benefit']")
        enter(page)
        page.locator("button[name=ora]:focus").wait_for()  # the first free time, of itself
        enter(page)
        reach(page, "input[name=d-housing-benefit]")
        page.keyboard.press("Space")
        for field, words in (
            ("#onoma", "Ελένη Δοκιμαστική"),
            ("#tilefono", "2721012345"),
            ("#q-afm", "090000045"),
        ):
            reach(page, field)
            page.keyboard.type(words)
        reach(page, "#synainesi")
        page.keyboard.press("Space")
        reach(page, "main form button")
        enter(page)
        assert "Το ραντεβού κλείστηκε" in page.inner_text("main")
        reference = page.url.rpartition("/")[2]
        before = managing.by_reference(home.desk, reference=reference)
        reach(page, "main a[href$='/move']")
        enter(page)
        reach(page, "input[type=radio][name=ora]")
        page.keyboard.press("ArrowDown")  # chooses the second one
        enter(page)
        assert "Το ραντεβού άλλαξε" in page.inner_text("main")
    after = managing.by_reference(home.desk, reference=reference)
    assert (before.clerk, after.clerk) == ("staff-kalamata", "staff-kalamata")
    assert after.period.start > before.period.start
    context.close()
    home.desk.store.close()
