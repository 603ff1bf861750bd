"""Staff and administrators in a real browser, with its cookies: signing in, what is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import PASSWORD, house
from tests.booking_web.serving import serving

pytestmark = pytest.mark.browser

AFM = "090000045"


def test_signing_in_and_what_is_hidden(tmp_path: Path, browser: Browser) -> None:
    home = house(tmp_path)
    app = create_app(home.desk)
    reference = Api(app.test_client()).book(answers={"afm": AFM}).get_json()["reference"]
    with serving(app) as port, browser.new_context() as context:
        url, page = f"http://127.0.0.1:{port}", context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{url}/admin/?lang=en")
        for password in ("wrong", PASSWORD):
            page.fill("#user", "admin")
            page.fill("#password", password)
            with page.expect_navigation():
                page.click("main button")
        assert page.url == f"{url}/admin/"
        page.goto(f"{url}/staff/bookings/{reference}")
        assert page.locator("html").get_attribute("lang") == "en"
        assert AFM not in page.content()
        with page.expect_navigation():
            page.click("main form button")
        assert AFM in page.content()
    home.desk.store.close()
