"""Every page in a real browser: axe at two widths, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page

from tests.views.conftest import Gallery
from tests.views.gallery import SCENES
from tests.views.replay import replaying

pytestmark = pytest.mark.browser

DESKTOP, NARROW = 1280, 320
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(
    found => found.violations.map(each => each.id + ': ' + each.nodes[0].html.slice(0, 150)))"""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def url(gallery: Gallery) -> Iterator[str]:
    with replaying(gallery.views) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


@pytest.mark.parametrize("name", list(SCENES))
def test_axe_and_width(gallery: Gallery, url: str, page: Page, name: str) -> None:
    """Greek at both widths; English at the wide one, because no more than words differ."""
    axe = Path(AXE_FILE_PATH).read_text()
    faults = {}
    for file in gallery.files.get(name, []):
        page.set_viewport_size({"width": DESKTOP, "height": 900})
        page.goto(f"{url}/{file}")
        page.evaluate(axe)
        for width in (DESKTOP, NARROW):
            page.set_viewport_size({"width": width, "height": 900})
            found = []
            if width == DESKTOP or file.endswith(".el"):
                found = page.evaluate(_RUN, RULES)
            if (wide := page.evaluate(_TOO_WIDE)) > 0:
                found.append(f"{wide} px too wide")
            if found:
                faults[f"{file} at {width} px"] = found
    assert faults == {}


def test_axe_finds_what_is_planted(page: Page) -> None:
    page.goto("about:blank")
    page.set_content("<html><title>x</title><img src=x><input><p style='width:2000px'>x")
    page.evaluate(Path(AXE_FILE_PATH).read_text())
    rules = {each.split(":")[0] for each in page.evaluate(_RUN, RULES)}
    assert {"html-has-lang", "image-alt", "label"} <= rules
    assert page.evaluate(_TOO_WIDE) > 0
