"""axe on every page at both widths, and no sideways scrolling at 320 px."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, NARROW, Site
from tests.browser.way import book, fill_in, go_on, pick_day

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOUSING = "/d/kalamata/housing-benefit/in_person"


@dataclass
class Inspector:
    page: Page
    seen: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def look(self, name: str) -> None:
        self.page.wait_for_load_state()
        results = Axe().run(self.page, options={"runOnly": RULES})
        self.seen.append(name)
        for fault in results.response["violations"]:
            nodes = "; ".join(node["html"][:120] for node in fault["nodes"][:3])
            self.faults.append(f"{name}: {fault['id']}: {nodes}")
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            self.faults.append(f"{name}: {wide} px too wide")


@pytest.fixture
def inspector(new_page: Callable[..., Page]) -> Callable[[int], Inspector]:
    return lambda width: Inspector(new_page(width=width, scripts=True))


@pytest.mark.parametrize("site", ["caldav"], indirect=True)
@pytest.mark.parametrize("width", [DESKTOP, NARROW])
def test_every_page(site: Site, inspector: Callable[[int], Inspector], width: int) -> None:
    watch = inspector(width)
    page = watch.page
    for name, path in (
        ("municipality", "/"),
        ("missing answer", "/?dimos="),
        ("group", "/d/kalamata/"),
        ("service", "/d/kalamata/group/social-care"),
        ("channel", "/d/kalamata/housing-benefit"),
        ("declaration", f"{HOUSING}/declaration/housing-benefit"),
        ("otherwise", f"{HOUSING}/declaration/housing-benefit/otherwise"),
        ("info", "/d/kalamata/info/faq"),
        ("help", "/page/help"),
        ("accessibility", "/page/accessibility"),
        ("contact", "/page/contact"),
        ("not found", "/nothing"),
    ):
        page.goto(site.url + path)
        watch.look(name)
    page.goto(f"{site.url}{HOUSING}/declaration/housing-benefit")
    page.get_by_label("Ναι", exact=True).check()
    go_on(page)
    watch.look("second page")
    page.locator("#epivevaiosi").check()
    go_on(page)
    watch.look("calendar")
    page.goto(f"{site.url}{HOUSING}/slot?zoni=Australia/Sydney")
    watch.look("calendar with zone")
    page.goto(f"{site.url}{HOUSING}/slot/list")
    watch.look("list")
    page.goto(f"{site.url}{HOUSING}/slot")
    pick_day(page, which=10 + (width == NARROW))
    watch.look("details")
    go_on(page)
    watch.look("details with errors")
    fill_in(page, name="Μαρία Παππά", email="maria@example.gr")
    page.locator("#synainesi").check()
    go_on(page)
    watch.look("check")
    page.get_by_role("link", name="Πίσω").click()
    reference = book(page)
    watch.look("confirmation")
    for name in ("", "/cancel", "/reschedule", "/reschedule/details", "/print", "?lang=en"):
        page.goto(f"{site.url}/booking/{reference}{name}")
        watch.look(f"booking{name}")
    page.goto(f"{site.url}/booking/{reference}/cancel?lang=el")
    page.get_by_role("button", name="Ναι, ακύρωση").click()
    watch.look("cancelled")
    assert watch.faults == []
    assert len(watch.seen) == 27
