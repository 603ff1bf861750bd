"""Signing in and out in a real browser without scripts: what its policies allow on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from mapping.model import SignIn
from tests.booking_web.citizen.registered import registered, staged
from tests.booking_web.desk import House
from tests.booking_web.serving import serving
from tests.browser.way import leave_by
from tests.servers.gsis.app import BASE

pytestmark = pytest.mark.browser


def test_in_and_out_leads_over_the_register(house: House, browser: Browser) -> None:
    with registered(house) as gsis:
        stage = staged(house, gsis, SignIn.REQUIRED)
        with serving(stage.app) as port, browser.new_context(java_script_enabled=False) as context:
            url, page = f"http://127.0.0.1:{port}", context.new_page()
            # Known only now: the register sends the browser back to this port.
            object.__setattr__(house.desk.settings, "public_url", url)
            gsis.redirects = (f"{url}/",)
            page.set_default_timeout(60_000)
            page.goto(f"{url}/d/kalamata/")
            leave_by(page.locator("main .rv-btn"))
            leave_by(page.locator("text=ΕΥΤΥΧΙΑ"))
            assert page.url == f"{url}/d/kalamata/"
            assert "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ" in page.inner_text("header")
            page.click("header button")
            page.wait_for_url(f"{url}/")  # by way of the register's page
            assert "ΕΥΤΥΧΙΑ" not in page.inner_text("header")
            assert f"GET {BASE}/logout/TESTBODY/" in gsis.calls
            page.goto(f"{url}/taxisnet/sign-in")
            assert "Διαλέξτε ποιος μπαίνει" in page.inner_text("body")  # signed out there too
