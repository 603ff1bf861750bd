"""Every page in a real browser: axe at two widths, focus, wide spacing, text twice as large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture(scope="module")
def url(gallery: Gallery) -> Iterator[str]:
    with replaying(gallery.views) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def large_text(launch_browser: Callable[..., Browser]) -> Iterator[Page]:
    """A browser whose reader has set its text to 200 %."""
    with launch_browser(args=["--blink-settings=defaultFontSize=32"]) as browser:
        yield browser.new_page()


@pytest.mark.parametrize("name", list(SCENES))
def test_wide_and_narrow(gallery: Gallery, url: str, page: Page, name: str) -> None:
    """axe at both widths for Greek; English at the wide one, because no more than words differ."""
    axe = Path(AXE_FILE_PATH).read_text()
    faults = {}
    for file in gallery.files.get(name, []):
        page.set_viewport_size({"width": DESKTOP, "height": 900})
        page.goto(f"{url}/{file}")
        page.evaluate(axe)
        wide = page.evaluate(looking.AXE, RULES) + page.evaluate(looking.TOO_WIDE)
        page.set_viewport_size({"width": NARROW, "height": 900})
        narrow = page.evaluate(looking.AXE, RULES) if file.endswith(".el") else []
        narrow += page.evaluate(looking.TOO_WIDE) + page.evaluate(looking.FOCUS)
        page.evaluate(looking.WIDE_SPACING)
        spaced = page.evaluate(looking.TOO_WIDE)
        faults[file] = {"wide": wide, "narrow": narrow, "spaced": spaced}
    found = {file: each for file, each in faults.items() if any(each.values())}
    assert found == {}


@pytest.mark.parametrize("name", list(SCENES))
def test_text_twice_as_large(gallery: Gallery, url: str, large_text: Page, name: str) -> None:
    faults = {}
    for file in gallery.files.get(name, []):
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
    page.evaluate(Path(AXE_FILE_PATH).read_text())
    rules = {each.split(":")[0] for each in page.evaluate(looking.AXE, RULES)}
    assert {"html-has-lang", "image-alt", "label"} <= rules
    assert "too wide" in page.evaluate(looking.TOO_WIDE)[0]
    assert any("shows no focus" in each for each in page.evaluate(looking.FOCUS))
    assert page.evaluate(looking.OVERLAPS) == ["two lies over three"]
