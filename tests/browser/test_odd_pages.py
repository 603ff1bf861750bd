"""axe and no sideways scrolling on the pages that only bad luck shows, at both widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from booking import managing
from booking_web.app import create_app
from connectors.contract import MailboxRef, Period
from connectors.errors import TryLater
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.test_unsettled import drain
from tests.booking_web.citizen.visitor import HOUSING
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house
from tests.booking_web.serving import serving
from tests.browser.conftest import DESKTOP, NARROW
from tests.browser.test_accessibility import Inspector, inspector
from tests.browser.way import fill_in, go_on

__all__ = ["inspector"]
pytestmark = pytest.mark.browser

OTHER = "/d/kalamata/guaranteed-minimum-income/in_person"
KAVALA = "/d/kavala/mayor-office-appointment"
OFFICE, FRONT_DESK = (
    MailboxRef(f"grafeio{n}@kavala.example", f"grafeio{n}@kavala.example/rantevou/") for n in (1, 3)
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path)


@pytest.fixture
def url(house: House) -> Iterator[str]:
    app = create_app(house.desk, audiences=(("booking_web.citizen", True),))

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError

    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


def to_check(watch: Inspector, address: str, *, day: str) -> None:
    page = watch.page
    page.goto(f"{address}?imera={day}")
    page.locator("#ores input[name=ora]").first.check()
    go_on(page)
    fill_in(page, name="Μαρία Παππά", email="maria@example.gr")
    if page.locator("#q-subject").count():
        page.fill("#q-subject", "Βεβαίωση")
    page.locator("#synainesi").check()
    go_on(page)


def book(watch: Inspector) -> str:
    with watch.page.expect_navigation():
        watch.page.get_by_role("button", name="Κράτηση", exact=True).click()
    return watch.page.url.split("/booking/")[-1].split("/")[0]


@pytest.mark.parametrize("width", [DESKTOP, NARROW])
def test_pages_of_bad_luck(
    house: House, url: str, inspector: Callable[[int], Inspector], width: int
) -> None:
    watch = inspector(width)
    page = watch.page
    page.goto(f"{url}{HOUSING}/declaration/housing-benefit")
    page.get_by_label("Όχι", exact=True).check()
    go_on(page)

    # Released, with times kept; then the time of somebody else.
    to_check(watch, f"{url}{HOUSING}/slot", day="2027-01-13")
    for _ in range(2):
        house.memory.fail_next("changes", TryLater("slow"))
    released = book(watch)
    watch.look("confirming")
    page.goto(f"{url}/booking/{released}")
    watch.look("being confirmed")
    start = house.clock.at.replace(day=13, hour=10, minute=30)
    for mailbox in PRONOIA:
        house.memory.put_foreign(mailbox, Period(start, start + timedelta(minutes=30)))
    for _ in range(3):
        drain(house)
    page.goto(f"{url}/booking/{released}")
    assert page.locator("button[name=ora]").count() == 3
    watch.look("released")
    to_check(watch, f"{url}{OTHER}/slot", day="2027-01-14")
    house.clock.forward(minutes=65)
    house.read_calendars()
    page.wait_for_url("**/check")
    page.goto(f"{url}{OTHER}/check")
    watch.look("not kept any more")
    start = house.clock.at.replace(day=14, hour=7, minute=0)
    house.memory.put_foreign(PRONOIA[1], Period(start, start + timedelta(minutes=20)))
    house.read_calendars()
    book(watch)
    assert page.locator(".rv-error-summary").is_visible()
    watch.look("taken")

    # A meeting, before and when it is open; a calendar that is gone.
    to_check(watch, f"{url}{KAVALA}/teleconference/slot", day="2027-01-15")
    meeting = book(watch)
    page.goto(f"{url}/booking/{meeting}/join")
    watch.look("join, too early")
    for mailbox in (OFFICE, FRONT_DESK):
        house.memory.lose_mailbox(mailbox)
    house.clock.forward(minutes=1)
    house.read_calendars()
    for name, path in (
        ("unreachable", "/in_person/slot"),
        ("unreachable list", "/in_person/slot/list"),
        ("partly", "/teleconference/slot"),
    ):
        page.goto(f"{url}{KAVALA}{path}")
        watch.look(name)
    view = managing.by_reference(house.desk, reference=meeting)
    house.clock.at = view.period.start - timedelta(minutes=5)
    page.goto(f"{url}/booking/{meeting}/join")
    assert page.get_by_role("link", name="Συμμετοχή τώρα").is_visible()
    watch.look("join")

    # Errors.
    for path, words in (
        ("/nothing", "Η σελίδα δεν βρέθηκε"),
        ("/booking/AAA-AAA", "Δεν έχετε πρόσβαση"),
        ("/leave", "Η ενέργεια δεν επιτρέπεται"),
        ("/broken", "Υπάρχει πρόβλημα στην υπηρεσία"),
    ):
        page.goto(url + path)
        assert words in page.inner_text("h1")
        watch.look(path)
    page.goto(f"{url}{OTHER}/slot?imera=2027-01-20")
    page.evaluate("document.querySelector('#ores [name=csrf_token]').value = 'old'")
    go_on(page)
    assert "έμεινε ανοιχτή" in page.inner_text("h1")
    watch.look("stale form")
    assert watch.faults == []
    assert len(watch.seen) == 15
