"""The test of camera and microphone, in a real browser with devices that are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import house
from tests.booking_web.serving import serving
from tests.browser.way import press

pytestmark = pytest.mark.browser

MADE_UP = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mailed link that joins a teleconference, ten minutes before."""
    home = house(tmp_path_factory.mktemp("camera"))
    app = create_app(home.desk)
    api = Api(app.test_client())
    service = next(iter(api.services("kavala").values()))
    answer = api.book(
        service_id=service["id"],
        channel="teleconference",
        starts_at=api.slots(service["id"], "teleconference")[0],
        answers={"subject": "Δοκιμή"},
        declarations={},
        consent_version=service["consent"]["version"],
    ).get_json()
    home.clock.at = datetime.fromisoformat(answer["starts_at"]) - timedelta(minutes=10)
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}/r/{answer['manage_token']}/join"


@pytest.fixture(scope="module")
def with_devices(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    flags = [*browser_type_launch_args.get("args", []), *MADE_UP]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": flags})
    yield browser
    browser.close()


@pytest.fixture
def opened(door: str) -> Iterator[Callable[[Browser, bool], Page]]:
    contexts: list[BrowserContext] = []

    def open_in(browser: Browser, scripts: bool = True) -> Page:
        context = browser.new_context(
            java_script_enabled=scripts, viewport={"width": 375, "height": 800}
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(door)
        return page

    yield open_in
    for context in contexts:
        context.close()


def test_picture_and_sound_are_shown_and_stopped(with_devices: Browser, opened: Open) -> None:
    page = opened(with_devices)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.on("request", lambda request: refused.append(request.url))
    page.get_by_role("button", name="Έναρξη δοκιμής").click()
    said = page.locator("#dokimi-ergaleio [role=status]")
    expect(said).to_contain_text("Κάμερα: λειτουργεί")
    expect(said).to_contain_text("Μικρόφωνο: λειτουργεί")
    video = page.locator("video")
    assert video.evaluate("video => video.videoWidth > 0 && !video.paused")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.get_by_role("button", name="Τέλος δοκιμής").click()
    expect(page.get_by_role("button", name="Έναρξη δοκιμής")).to_be_focused()
    expect(video).to_be_hidden()
    assert video.evaluate(
        "video => video.srcObject.getTracks().every(each => each.readyState == 'ended')"
    )
    told = [each for each in refused if not each.endswith("favicon.svg")]
    assert told == [], "nothing is sent, and no policy is broken"


def test_who_has_neither_is_told_what_to_do(browser: Browser, opened: Open) -> None:
    page = opened(browser)
    page.get_by_role("button", name="Έναρξη δοκιμής").click()
    said = page.locator("#dokimi-ergaleio [role=status]")
    expect(said).to_contain_text("Κάμερα: δεν")
    expect(said).to_contain_text("Μικρόφωνο: δεν")
    expect(page.locator("video")).to_be_hidden()


def test_without_a_script_the_page_says_how_else_to_test(browser: Browser, opened: Open) -> None:
    page = opened(browser, scripts=False)
    assert page.get_by_text("Πραγματοποίηση δοκιμαστικής κλήσης").is_visible()
    assert page.get_by_role("button", name="Έναρξη δοκιμής").count() == 0
    page.get_by_label("Το γνωρίζω").check()
    press(page, "Συνέχεια στη συνάντηση")
    assert page.get_by_role("link", name="Συμμετοχή τώρα").is_visible()
