"""The calendar as a screen reader has it (stored trees), and in a reader's own colours.

After a change that is wanted: `python -m tests.views.test_calendar` writes the trees anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from booking_web.cli.bootstrap import chromium
from tests.views.conftest import Gallery
from tests.views.gallery import View, play
from tests.views.replay import replaying

pytestmark = pytest.mark.browser

TREES = Path(__file__).parent / "trees"
VIEWS = ("calendar", "calendar-zone", "calendar-list", "calendar-error")


def tree(page: Page) -> str:
    """What is read aloud: roles, names and states in their order."""
    return page.locator("main").aria_snapshot() + "\n"


@pytest.fixture(scope="module")
def url(gallery: Gallery) -> Iterator[str]:
    with replaying(gallery.views) as address:
        yield address


@pytest.mark.parametrize("language", ["el", "en"])
@pytest.mark.parametrize("name", VIEWS)
def test_what_a_screen_reader_has(url: str, browser: Browser, name: str, language: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{url}/{name}.{language}")
        stored = TREES / f"{name}.{language}.yaml"
        assert tree(page) == stored.read_text(encoding="utf-8"), f"see {__file__}"


#: Whether two elements look different: border, outline, ground and ink.
_LOOK = """element => { const style = getComputedStyle(element); return [style.borderTopColor,
    style.borderTopWidth, style.backgroundColor, style.color, style.outlineColor,
    style.outlineStyle].join('|') }"""
_BOXED = """element => { const style = getComputedStyle(element);
    return parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== 'none'
        && style.borderTopColor !== getComputedStyle(document.body).backgroundColor
        && !/rgba\\(.*, 0\\)/.test(style.borderTopColor) }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_forced_colours_everything_keeps_its_box(
    url: str, browser: Browser, scheme: str
) -> None:
    with browser.new_context(forced_colors="active", color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{url}/calendar.el")
        free = page.locator("a.rv-day:not([aria-current])").first
        chosen, closed = page.locator("a.rv-day[aria-current]"), page.locator("span.rv-day").first
        assert free.evaluate(_BOXED)
        assert not closed.evaluate(_BOXED)
        looks = [each.evaluate(_LOOK) for each in (free, chosen, closed)]
        assert len(set(looks)) == 3
        button = page.get_by_role("button", name="Συνέχεια")
        assert button.evaluate(_BOXED)
        page.locator("#ora").check()
        tiles = page.locator("#ores .rv-slot > label")
        assert tiles.first.evaluate(_BOXED)
        assert tiles.first.evaluate(_LOOK) != tiles.nth(1).evaluate(_LOOK)
        before = button.evaluate(_LOOK)
        page.locator("#ores").press("Tab")
        button.focus()
        assert button.evaluate(_LOOK) != before


def write(views: list[View]) -> None:
    from playwright.sync_api import sync_playwright

    wanted = {view.file: view for view in views if view.name in VIEWS}
    TREES.mkdir(exist_ok=True)
    with replaying(wanted) as address, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium()).new_page()
        for file in wanted:
            page.goto(f"{address}/{file}")
            (TREES / f"{file}.yaml").write_text(tree(page), encoding="utf-8")


if __name__ == "__main__":
    from tests.views import choosing  # noqa: F401

    write(play("calendar"))
