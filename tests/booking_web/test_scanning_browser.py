"""A program that scans mails and runs scripts: a real browser opens, chooses, types and presses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from booking.messages import MessageKind
from booking_web.app import create_app
from tests.booking_web.citizen.test_scanners import GUESS, everything, links_of, mail_of
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house
from tests.booking_web.serving import serving

pytestmark = pytest.mark.browser

#: With time, details and channel to change, a cancellation, a meeting; and with kept times.
KINDS = (MessageKind.CONFIRMATION, MessageKind.OFFICE_CONFLICT)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return make_house(tmp_path_factory.mktemp("scanned"))


@pytest.fixture(scope="module")
def port(home: House) -> Iterator[int]:
    with serving(create_app(home.desk, audiences=(("booking_web.citizen", True),))) as port:
        yield port


FILL_IN = """guess => {
  const fields = [...document.querySelectorAll("main :is(input, textarea)")];
  for (const field of fields) {
    if (field.type === "radio" || field.type === "checkbox") field.checked = true;
    else if (field.type !== "hidden" && !field.value) field.value = guess;
  }
}"""


def press_everything(page: Page, url: str) -> list[str]:
    """Fill in what can be filled in and press each button; addresses that the page leads to."""
    page.goto(url)
    if urlsplit(page.url).path.startswith("/d/"):
        return []  # booking something else
    here = page.url
    leads = page.eval_on_selector_all("main a, .rv-back a", "links => links.map(each => each.href)")
    for number in range(page.locator("main button").count()):
        page.goto(here)
        page.evaluate(FILL_IN, GUESS)
        button = page.locator("main button").nth(number)
        if button.is_visible():
            button.click()
            page.wait_for_load_state()
            leads.append(page.url)
    return [str(each).partition("#")[0] for each in leads]


@pytest.mark.parametrize("kind", KINDS)
def test_a_browser_that_presses_every_button_changes_nothing(
    home: House, port: int, browser: Browser, kind: MessageKind
) -> None:
    site = f"http://127.0.0.1:{port}"
    mail = mail_of(home, kind)
    before = everything(home)
    context = browser.new_context(viewport={"width": 375, "height": 800}, accept_downloads=False)
    page = context.new_page()
    todo = [f"{site}{urlsplit(each).path}" for each in sorted(links_of(mail))]
    seen: set[str] = set()
    while todo:
        url = todo.pop(0)
        path = urlsplit(url).path
        way = f"{path}?ora" if "ora=" in url else path  # with a time that was chosen, and without
        if way in seen or path.endswith(".ics") or not path.startswith(("/booking/", "/r/")):
            continue
        seen.add(way)
        todo += press_everything(page, url)
    context.close()
    assert everything(home) == before
    assert {each.rpartition("/")[2] for each in seen} >= {"cancel", "details", "details?ora"}
