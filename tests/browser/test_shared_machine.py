"""A machine that several people use, one after the other: the browser has its history and cache."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, Site
from tests.browser.way import book, fill_in, follow, pick_day, press, to_kalamata_calendar

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

NAME, EMAIL = "Πηνελόπη Κρυμμένου", "penelope@example.gr"


def shows_her(page: Page) -> bool:
    """Whether anything of her is on the page, typed or written."""
    typed = page.locator("input, textarea").evaluate_all("all => all.map(each => each.value)")
    return any(word in text for word in (NAME, EMAIL) for text in (page.content(), *typed))


@pytest.mark.parametrize("scripts", [False, True])
def test_who_comes_next_finds_nobody_with_the_back_button(
    site: Site, new_page: NewPage, scripts: bool
) -> None:
    page = new_page(width=DESKTOP, scripts=scripts)
    to_kalamata_calendar(page, site.url, receives=False)
    pick_day(page, which=6 + scripts)
    fill_in(page, name=NAME, email=EMAIL)
    reference = book(page)
    follow(page, "Σελίδα του ραντεβού")
    assert shows_her(page)
    page.go_back()
    assert shows_her(page), "until she leaves, her own way back is open"
    press(page, "Έξοδος")
    assert page.url == f"{site.url}/"
    visited = 0
    while page.url != "about:blank" and visited < 30:
        assert not shows_her(page), page.url
        if page.go_back() is None:
            break
        visited += 1
    assert visited >= 5, "all pages of the booking lie behind us"
    page.goto(f"{site.url}/booking/{reference}")
    assert not shows_her(page)
