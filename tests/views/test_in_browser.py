"""Every page in a real browser: axe at two widths, focus, wide spacing, text twice as large."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page

from tests.views import looking
from tests.views.conftest import Gallery
from tests.views.gallery import SCENES
from tests.views.replay import replaying

pytestmark = pytest.mark.browser

DESKTOP, PHONE, NARROW = 1280, 375, 320
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Those that look at words, for pages that were seen in Greek by all of them.
WORDS = [
    "html-has-lang", "html-lang-valid", "valid-lang", "document-title", "label", "link-name",
    "button-name", "landmark-unique", "label-content-name-mismatch",
]  # fmt: skip


@pytest.fixture(scope="module")
def url(gallery: Gallery) -> Iterator[str]:
    with replaying(gallery.views) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.add_init_script(path=AXE_FILE_PATH)
        yield staying(context.new_page())


def staying(page: Page) -> Page:
    """Pages that lead on by themselves to another server are looked at before they do."""
    page.route("**/oauth2server/**", lambda route: route.fulfill(status=204))
    return page


@pytest.fixture(scope="module")
def large_text(launch_browser: Callable[..., Browser]) -> Iterator[Page]:
    """A browser whose reader has set its text to 200 %."""
    with launch_browser(args=["--blink-settings=defaultFontSize=32"]) as browser:
        yield staying(browser.new_page())


@pytest.mark.parametrize("name", list(SCENES))
def test_wide_and_narrow(gallery: Gallery, url: str, page: Page, name: str) -> None:
    """In English no more than words differ."""
    faults = {}
    for file in gallery.files.get(name, []):
        greek = file.endswith(".el")
        page.set_viewport_size({"width": DESKTOP, "height": 900})
        page.goto(f"{url}/{file}")
        wide = page.evaluate(looking.AXE, RULES if greek else WORDS)
        wide += page.evaluate(looking.TOO_WIDE)
        page.set_viewport_size({"width": NARROW, "height": 900})
        narrow = page.evaluate(looking.TOO_WIDE)
        if greek:
            narrow += page.evaluate(looking.AXE, RULES) + page.evaluate(looking.FOCUS)
        page.evaluate(looking.WIDE_SPACING)
        spaced = page.evaluate(looking.TOO_WIDE)
        faults[file] = {"wide": wide, "narrow": narrow, "spaced": spaced}
    found = {file: each for file, each in faults.items() if any(each.values())}
    assert found == {}


@pytest.mark.parametrize("name", list(SCENES))
def test_text_twice_as_large(gallery: Gallery, url: str, large_text: Page, name: str) -> None:
    faults = {}
    for file in gallery.files.get(name, []):
        if not file.endswith(".el"):
            continue
        large_text.goto(f"{url}/{file}")
        assert large_text.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        for width in (DESKTOP, PHONE):
            large_text.set_viewport_size({"width": width, "height": 900})
            found = [large_text.evaluate(each) for each in (looking.TOO_WIDE, looking.OVERLAPS)]
            if any(found):
                faults[f"{file} at {width}"] = found
    assert faults == {}


PLANTED = """<html><title>x</title><img src=x><input><p style='width:2000px'>x
<style>:focus { outline: none } </style><main><a href=x>one</a>
<a href=x style='position:absolute;left:0;top:300px;outline:none'>two</a>
<a href=x style='position:absolute;left:0;top:300px'>three</a></main>"""


def test_what_is_planted_is_found(page: Page) -> None:
    page.goto("about:blank")
    page.set_content(PLANTED)
    rules = {each.split(":")[0] for each in page.evaluate(looking.AXE, RULES)}
    assert {"html-has-lang", "image-alt", "label"} <= rules
    assert "too wide" in page.evaluate(looking.TOO_WIDE)[0]
    assert any("shows no focus" in each for each in page.evaluate(looking.FOCUS))
    assert page.evaluate(looking.OVERLAPS) == ["two lies over three"]


@pytest.mark.parametrize(
    ("zone", "chosen"), [("Australia/Sydney", "Australia/Sydney"), ("Europe/Athens", "")]
)
def test_whoever_is_elsewhere_finds_their_zone_chosen(
    url: str, browser: Browser, zone: str, chosen: str
) -> None:
    with browser.new_context(timezone_id=zone) as context:
        page = context.new_page()
        page.goto(f"{url}/calendar.el")
        assert page.locator("#zoni").input_value() == chosen
        assert page.locator("details.rv-zone").evaluate("each => each.open") == bool(chosen)
