"""The way through the pages, as a person walks it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

#: Free days that are too near for what tests do with an appointment.
_NEXT_FEW = 3


def leave_by(way_out: Locator) -> None:
    """Click what leads to another page, and wait until all of that page is there: a click waits
    for its beginning only, and who reads then finds half of it, or nothing."""
    with way_out.page.expect_navigation():
        way_out.click()


def press(page: Page, name: str) -> None:
    leave_by(page.get_by_role("button", name=name, exact=True))


def follow(page: Page, name: str) -> None:
    leave_by(page.get_by_role("link", name=name))


def go_on(page: Page) -> None:
    press(page, "Συνέχεια")


def choose(page: Page, label: str) -> None:
    page.get_by_label(label, exact=True).check()
    go_on(page)


def to_kalamata_calendar(page: Page, url: str, *, receives: bool) -> None:
    page.goto(url)
    page.get_by_label("Επιλέξτε Δήμο").select_option(label="ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ")
    go_on(page)
    choose(page, "Διεύθυνση Πρόνοιας-Τμήμα Κοινωνικής Αρωγής")
    choose(page, "Επίδομα Στέγασης")
    choose(page, "Φυσική Παρουσία")
    choose(page, "Ναι" if receives else "Όχι")
    if receives:
        page.get_by_label("Επιβεβαιώνω ότι η κατάσταση").check()
        go_on(page)


def to_kavala_calendar(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Επιλέξτε Δήμο").select_option(label="ΔΗΜΟΣ ΚΑΒΑΛΑΣ")
    go_on(page)
    for _ in range(2):  # group and service: there is one of each
        page.get_by_role("radio").first.check()
        go_on(page)
    choose(page, "Τηλεδιάσκεψη")


def pick_day(page: Page, which: int) -> str:
    """Click a free day as ``to_day`` counts them, then its first time; returns its start."""
    to_day(page, which)
    radio = page.locator("#ores input[name=ora]").first
    radio.check()
    start = radio.get_attribute("value")
    assert start
    go_on(page)
    return start


def to_day(page: Page, which: int) -> None:
    """Click the ``which``-th free day after the next few, in whatever month that is: a number
    means the same day on the page of a new appointment and on that of another time."""
    days = page.locator("table.rv-cal a.rv-day")
    turn = page.locator("a.rv-cal__move--prev")
    while turn.count():
        leave_by(turn)
    left = _NEXT_FEW + which
    while (here := days.count()) <= left:
        left -= here
        leave_by(page.locator("a.rv-cal__move--next"))
    leave_by(days.nth(left))


def fill_in(page: Page, *, name: str, email: str) -> None:
    page.get_by_label("Όνομα και επώνυμο").fill(name)
    page.get_by_label("Ηλεκτρονικό ταχυδρομείο").fill(email)
    page.get_by_label("Αριθμός τηλεφώνου").fill("690 123 4567")


def book(page: Page) -> str:
    """Consent, check, book; returns the reference."""
    page.locator("#synainesi").check()
    go_on(page)
    press(page, "Κράτηση")
    assert page.get_by_role("heading", level=1).inner_text() == "Το ραντεβού σας κλείστηκε"
    found = re.search(r"/booking/([^/]+)/", page.url)
    assert found
    return found[1]
