"""The whole way of a booking in Chromium: both languages, with and without scripts, both widths.

And by keyboard alone. Calendars are in memory here; `test_journeys` goes the same way on real ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from playwright.sync_api import Page

from booking.words.translation import words
from booking_web.app import create_app
from booking_web.current import CATALOGUE
from tests.booking_web.citizen.visitor import MARIA
from tests.booking_web.desk import house
from tests.booking_web.serving import serving
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.way import leave_by

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
WAYS = list(product(("el", "en"), (False, True), (PHONE, DESKTOP)))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = house(tmp_path_factory.mktemp("way"))
    with serving(create_app(home.desk)) as port:
        yield f"http://127.0.0.1:{port}"
    home.desk.store.close()


class Reader:
    """Somebody at a page, who reads it in one language; words are given in Greek."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.say = page, words(language, CATALOGUE).gettext

    def press(self, greek: str) -> None:
        name = re.compile(f"^{re.escape(self.say(greek))}")
        leave_by(self.page.get_by_role("button", name=name).first)

    def follow(self, greek: str) -> None:
        leave_by(self.page.get_by_role("link", name=self.say(greek), exact=True).first)

    def choose(self, selector: str) -> None:
        self.page.locator(selector).check()
        self.press("Συνέχεια")

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def type_details(self, name: str) -> None:
        self.page.fill("#onoma", name)
        self.page.fill("#email", MARIA["email"])
        self.page.fill("#tilefono", MARIA["tilefono"])
        self.page.locator("#synainesi").check()


@pytest.mark.parametrize(("language", "scripts", "width"), WAYS)
def test_book_change_cancel_and_take_it_back(
    url: str, new_page: NewPage, language: str, scripts: bool, width: int
) -> None:
    page = new_page(width=width, scripts=scripts)
    one = Reader(page, language)
    page.goto(url)
    if language == "en":
        leave_by(page.get_by_role("link", name="English"))
    page.locator("#dimos").select_option("kalamata")
    one.press("Συνέχεια")
    for selector in ("[value=social-care]", "[value=housing-benefit]", "[value=in_person]"):
        one.choose(f"main input{selector}")
    one.press("Συνέχεια")  # without an answer
    assert page.title().startswith(one.say("Σφάλμα"))
    one.choose("main input[value=no-first-time]")
    which = WAYS.index((language, scripts, width))
    leave_by(page.locator("table.rv-cal a.rv-day").nth(which))
    page.locator("#ores input[name=ora]").first.check()
    one.press("Συνέχεια")
    one.type_details("Μαρία Παππά")
    one.press("Συνέχεια")
    assert one.heading == one.say("Ελέγξτε το ραντεβού σας πριν το κλείσετε")
    one.press("Κράτηση")
    assert one.heading == one.say("Το ραντεβού σας κλείστηκε")
    found = re.search(r"/booking/([^/]+)/", page.url)
    assert found
    manage = f"{url}/booking/{found[1]}"
    one.follow("Προγραμματισμός εκ νέου")
    page.locator("#ores input[name=ora]").last.check()
    one.press("Συνέχεια")
    one.press("Προγραμματισμός εκ νέου")
    assert one.say("Το ραντεβού σας άλλαξε. Στείλαμε νέα επιβεβαίωση με email.") in page.inner_text(
        "main"
    )
    page.goto(f"{manage}/cancel")
    one.press("Ναι, ακύρωση")
    assert one.heading == one.say("Το ραντεβού ακυρώθηκε")
    one.press("Αναίρεση της ακύρωσης")
    assert one.say("Η ακύρωση αναιρέθηκε. Το ραντεβού σας ισχύει.") in page.inner_text("main")
    assert page.locator("html").get_attribute("lang") == language
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


#: The focused element: what it is called, whether its focus is drawn, whether it is in sight.
_FOCUSED = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const drawn = (...of) => { const style = getComputedStyle(...of);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
            && !/, 0\\)$/.test(style.outlineColor) || style.boxShadow !== 'none' };
    const label = element.labels?.[0];
    const tiles = label ? [[label], [label, '::before']] : [];
    return {
        id: element.id || element.getAttribute('value') || '',
        name: (element.getAttribute('aria-label') || element.innerText || '')
            .replace(/\\s+/g, ' ').trim(),
        tag: element.tagName,
        seen: [[element], ...tiles].some(each => drawn(...each)),
        inside: box.bottom > 0 && box.top < innerHeight,
    } }"""


class Keys:
    """Tab, Enter, Space and letters; every stop on the way shows its focus."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, wanted: str) -> None:
        """Tab until the element of this id, value or beginning of its name has the focus."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(_FOCUSED)
            if at["tag"] == "BODY":
                continue
            assert at["seen"], f"no focus to be seen: {at}"
            assert at["inside"], f"focus out of sight: {at}"
            if at["id"] == wanted or (wanted and at["name"].startswith(wanted)):
                return
        raise AssertionError(f"no Tab leads to {wanted}: {self.page.url}")

    def press(self, wanted: str) -> None:
        self.to(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, wanted: str) -> None:
        self.to(wanted)
        self.page.keyboard.press("Space")

    def type(self, wanted: str, text: str) -> None:
        self.to(wanted)
        self.page.keyboard.type(text)


def test_by_keyboard_alone(url: str, new_page: NewPage) -> None:
    """Nothing is clicked or focused for the reader, from the front page to the cancellation."""
    page = new_page(width=DESKTOP)
    keys = Keys(page)
    page.goto(url)
    keys.to("dimos")
    while page.locator("#dimos").input_value() != "kalamata":
        page.keyboard.press("ArrowDown")
    keys.press("Συνέχεια")
    for choice in ("omada", "ypiresia", "kanali", "apantisi"):
        keys.tick(choice)
        keys.press("Συνέχεια")
    keys.press("Παρασκευή 29 Ιανουαρίου")
    assert page.url.endswith("#ores")
    page.keyboard.press("Tab")  # from the day straight to its times
    assert page.evaluate(_FOCUSED)["id"] == "ora"
    page.keyboard.press("Space")
    keys.press("Συνέχεια")
    keys.press("Συνέχεια")  # nothing typed: the summary has the focus, and leads to the fields
    page.locator(".rv-error-summary:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#onoma:focus").wait_for()
    page.keyboard.type(MARIA["onoma"])
    keys.type("email", MARIA["email"])
    keys.type("tilefono", MARIA["tilefono"])
    keys.tick("synainesi")
    keys.press("Συνέχεια")
    keys.press("Κράτηση")
    assert page.inner_text("h1") == "Το ραντεβού σας κλείστηκε"
    keys.press("Ακύρωση κράτησης")
    keys.press("Ναι, ακύρωση")
    assert page.inner_text("h1") == "Το ραντεβού ακυρώθηκε"


def test_the_first_tab_skips_to_the_content(url: str, new_page: NewPage) -> None:
    page = new_page(width=PHONE)
    page.goto(url)
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED)["name"] == "Μετάβαση στο κύριο περιεχόμενο"
    assert page.evaluate(_FOCUSED)["seen"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
