"""Whole journeys without scripts; after each step a calendar client and the mails agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from booking.words import dates
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.way import (
    book,
    choose,
    fill_in,
    follow,
    go_on,
    leave_by,
    pick_day,
    press,
    to_day,
    to_kalamata_calendar,
    to_kavala_calendar,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def mail_text(site: Site, recipient: str) -> str:
    """Text part of the last mail to ``recipient``."""
    mails = [each for each in site.mails() if recipient in each["To"]]
    part = mails[-1].get_body(("plain",))
    assert part is not None
    return re.sub(r"[\s\u00a0]+", " ", str(part.get_content()))


def links(site: Site, recipient: str) -> list[str]:
    return re.findall(rf"{re.escape(site.url)}/r/\S+", mail_text(site, recipient))


def clock_of(page: Page) -> str:
    """«12:30», as both the page and the mail begin the time."""
    return page.locator(".rv-appt h2 + p").inner_text().split("\u00a0")[0]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("receives", [False, True])
def test_kalamata_through_both_branches(
    site: Site, new_page: NewPage, width: int, receives: bool
) -> None:
    page = new_page(width=width)
    to_kalamata_calendar(page, site.url, receives=receives)
    start = pick_day(page, which=2 * (width == PHONE) + receives)
    recipient = f"maria-{width}-{receives}@example.gr"
    fill_in(page, name="Μαρία Παππά", email=recipient)
    reference = book(page)
    stands = site.events(reference)
    assert list(stands.values()) == [[start]]
    assert next(iter(stands)).startswith("pronoia")
    text = mail_text(site, recipient)
    assert reference in text
    assert clock_of(page) in text
    assert page.locator(".rv-appt h2").inner_text().replace("\u00a0", " ") in text


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESKTOP, True)])
def test_kavala_by_teleconference_to_the_end(
    site: Site, new_page: NewPage, width: int, scripts: bool
) -> None:
    recipient = f"despoina-{width}@example.gr"
    day = 1 + 4 * scripts  # what the other one cancelled is kept for its undo
    page = new_page(width=width, scripts=scripts)
    to_kavala_calendar(page, site.url)
    start = pick_day(page, which=day)
    fill_in(page, name="Δέσποινα Σαραφείδου", email=recipient)
    page.get_by_label("Παρακαλούμε συμπληρώστε το θέμα").fill("Βεβαίωση")
    reference = book(page)
    stands = site.events(reference)
    assert list(stands.values()) == [[start]]
    calendar = site.calendars[next(iter(stands))]
    room = calendar.meeting_of(reference)
    assert bool(room) == (site.provider == "graph")
    follow(page, "Σελίδα του ραντεβού")
    assert page.get_by_role("heading", level=1).inner_text() == (
        "Επερχόμενη κράτηση για Δέσποινα Σαραφείδου"
    )
    follow(page, "Συμμετοχή στη συνάντηση")
    assert "Η συνάντηση ανοίγει" in page.locator("main").inner_text()
    assert "Συμμετοχή στη συνάντηση" in mail_text(site, recipient)

    # Another time, by the page's own link: the meeting room stays.
    invitation = next(each for each in links(site, recipient) if "join" in each)
    page.goto(f"{site.url}/booking/{reference}/reschedule")
    other = pick_day(page, which=day + 1)
    press(page, "Προγραμματισμός εκ νέου")
    assert "Το ραντεβού σας άλλαξε" in page.locator("main").inner_text()
    assert list(site.events(reference).values()) == [[other]]
    assert calendar.meeting_of(reference) == room

    # On the day, from the first mail: the room is the one in the employee's calendar.
    target = join_on_the_day(site, new_page(width=width, scripts=scripts), invitation, other)
    if room:
        assert target == room
        assert target.startswith("https://teams.microsoft.com/l/meetup-join/")
    else:
        assert target.startswith("https://meet.example.gr/")

    page.goto(f"{site.url}/booking/{reference}/cancel")
    press(page, "Ναι, ακύρωση")
    assert page.get_by_role("heading", level=1).inner_text() == "Το ραντεβού ακυρώθηκε"
    assert site.events(reference) == {}


def join_on_the_day(site: Site, page: Page, invitation: str, start: str) -> str:
    """Five minutes before ``start``, where the link of the mail leads."""
    site.clock.ahead = datetime.fromisoformat(start) - timedelta(minutes=5) - datetime.now(UTC)
    try:
        page.goto(invitation)
        page.get_by_label("Το γνωρίζω και δεν θα καταγράψω").check()
        press(page, "Συνέχεια στη συνάντηση")
        door = page.get_by_role("link", name="Συμμετοχή τώρα").get_attribute("href")
        assert door
        answer = page.context.request.get(urljoin(page.url, door), max_redirects=0)
        target = answer.headers.get("location")
    finally:
        site.clock.ahead = timedelta(0)
    assert target
    return target


def test_kavala_in_person_by_whoever_is_free(site: Site, new_page: NewPage) -> None:
    """Two citizens at the same time: one in each calendar of the pool, then nobody."""
    served, times = [], []
    for citizen in ("Ανδρέας", "Βασιλική"):
        page = new_page()
        page.goto(f"{site.url}/d/kavala/mayor-office-appointment/in_person")
        times.append(pick_day(page, which=12))
        fill_in(page, name=citizen, email="pool@example.gr")
        page.get_by_label("Παρακαλούμε συμπληρώστε το θέμα").fill("Βεβαίωση")
        served += list(site.events(book(page)))
    assert times[0] == times[1]
    assert sorted(served) == ["grafeio1@kavala.example", "grafeio3@kavala.example"]
    page = new_page()
    page.goto(f"{site.url}/d/kavala/mayor-office-appointment/in_person")
    assert pick_day(page, which=12) > times[0]


def test_another_time_cancel_undo_and_book_again(site: Site, new_page: NewPage) -> None:
    recipient = "giorgos@example.gr"
    page = new_page()
    to_kalamata_calendar(page, site.url, receives=False)
    first = pick_day(page, which=4)
    fill_in(page, name="Γιώργος Αναγνώστου", email=recipient)
    reference = book(page)
    place = site.events(reference)
    assert list(place.values()) == [[first]]
    manage = next(each for each in links(site, recipient) if not each.endswith(("cancel", "join")))

    # Another time, from the mail and in another browser.
    page = new_page(width=PHONE)
    page.goto(manage)
    assert "/r/" not in page.url
    if not page.url.endswith("reschedule"):
        follow(page, "Προγραμματισμός εκ νέου")
    second = pick_day(page, which=6)
    page.get_by_label("Τα 3 τελευταία ψηφία").fill("567")
    press(page, "Προγραμματισμός εκ νέου")
    assert "Το ραντεβού σας άλλαξε" in page.locator("main").inner_text()
    assert list(site.events(reference).values()) == [[second]]
    assert clock_of(page) in mail_text(site, recipient)

    # Cancel, with the digits that a mail scanner does not know.
    page = new_page(width=PHONE)
    page.goto(next(each for each in links(site, recipient) if each.endswith("cancel")))
    press(page, "Ναι, ακύρωση")
    page.locator("#psifia-err").wait_for()
    assert list(site.events(reference).values()) == [[second]]
    page.get_by_label("Τα 3 τελευταία ψηφία").fill("567")
    press(page, "Ναι, ακύρωση")
    assert page.get_by_role("heading", level=1).inner_text() == "Το ραντεβού ακυρώθηκε"
    assert site.events(reference) == {}
    assert "ακυρώθηκε" in mail_text(site, recipient)

    # Undo; who typed the digits once is asked no more.
    press(page, "Αναίρεση της ακύρωσης")
    assert "Η ακύρωση αναιρέθηκε" in page.locator("main").inner_text()
    assert list(site.events(reference).values()) == [[second]]
    assert reference in mail_text(site, recipient)

    # Book again.
    follow(page, "Νέα κράτηση")
    choose(page, "Διεύθυνση Πρόνοιας-Τμήμα Κοινωνικής Αρωγής")
    choose(page, "Πρόγραμμα Ελάχιστο Εγγυημένο Εισόδημα (ΕΕΕ/ΚΕΑ)")
    choose(page, "Φυσική Παρουσία")
    third = pick_day(page, which=0)
    fill_in(page, name="Γιώργος Αναγνώστου", email=recipient)
    again = book(page)
    assert again != reference
    assert site.events(again) == {"pronoia2@kalamata.example": [third]}


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_what_staff_delete_is_made_good_with_one_press(
    site: Site, new_page: NewPage, width: int
) -> None:
    recipient = f"eleni-{width}@example.gr"
    page = new_page(width=width)
    to_kalamata_calendar(page, site.url, receives=False)
    first = pick_day(page, which=9 + (width == PHONE))
    fill_in(page, name="Ελένη Δήμου", email=recipient)
    reference = book(page)
    ((place, times),) = site.events(reference).items()
    assert times == [first]
    site.mails()

    site.calendars[place].delete(reference)
    assert site.events(reference) == {}
    site.notice(place)
    text = mail_text(site, recipient)
    assert "η υπηρεσία ακύρωσε το ραντεβού σας" in text

    page = new_page(width=width)
    page.goto(links(site, recipient)[0])
    kept = page.locator(".rv-kept button")
    assert "η υπηρεσία δεν μπορεί να σας δει" in page.locator("main").inner_text()
    assert kept.count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in kept.all_inner_texts():
        assert re.split(r"\s", button.split(", ")[-1])[0] in text
    chosen = kept.nth(1).get_attribute("value")
    page.get_by_label("Τα 3 τελευταία ψηφία").fill("567")
    leave_by(kept.nth(1))
    assert "Η νέα ώρα κλείστηκε" in page.locator("main").inner_text()
    assert list(site.events(reference).values()) == [[chosen]]
    assert "Το ραντεβού σας κλείστηκε" in mail_text(site, recipient)


def test_another_way_to_be_served_and_back_again(site: Site, new_page: NewPage) -> None:
    recipient = "eirini@example.gr"
    page = new_page()
    page.goto(f"{site.url}/d/kavala/mayor-office-appointment/in_person")
    start = pick_day(page, which=9)
    fill_in(page, name="Ειρήνη Βασιλείου", email=recipient)
    page.get_by_label("Παρακαλούμε συμπληρώστε το θέμα").fill("Βεβαίωση")
    reference = book(page)
    assert "/join" not in mail_text(site, recipient)

    # By teleconference, at the same time: a new event, with a meeting where the provider has any.
    follow(page, "Αλλαγή τρόπου εξυπηρέτησης")
    choose(page, "Τηλεδιάσκεψη")
    follow(page, "Κρατώ την ίδια ώρα")
    assert "Νέος τρόπος εξυπηρέτησης" in page.locator("main").inner_text()
    press(page, "Προγραμματισμός εκ νέου")
    assert "Το ραντεβού σας άλλαξε" in page.locator("main").inner_text()
    said = mail_text(site, recipient)
    assert "Τρόπος: Τηλεδιάσκεψη" in said
    assert "Προηγούμενος τρόπος: Φυσική παρουσία" in said
    stands = site.events(reference)
    assert list(stands.values()) == [[start]]
    meeting = site.calendars[next(iter(stands))].meeting_of(reference)
    assert bool(meeting) == (site.provider == "graph")
    invitation = next(each for each in links(site, recipient) if "join" in each)

    # In person again, from the mail and in another browser: neither event nor meeting is left over.
    page = new_page(width=PHONE, scripts=True)
    page.goto(next(each for each in links(site, recipient) if each.endswith("reschedule")))
    follow(page, "Αλλαγή τρόπου εξυπηρέτησης")
    choose(page, "Φυσική Παρουσία")
    other = pick_day(page, which=10)
    page.get_by_label("Τα 3 τελευταία ψηφία").fill("567")
    press(page, "Προγραμματισμός εκ νέου")
    assert "Το ραντεβού σας άλλαξε" in page.locator("main").inner_text()
    assert "Προηγούμενος τρόπος: Τηλεδιάσκεψη" in mail_text(site, recipient)
    stands = site.events(reference)
    assert list(stands.values()) == [[other]]
    assert not site.calendars[next(iter(stands))].meeting_of(reference)
    page.goto(invitation)
    assert page.url == f"{site.url}/booking/{reference}"


def test_what_staff_enter_disappears_from_the_page(site: Site, new_page: NewPage) -> None:
    page = new_page()
    to_kalamata_calendar(page, site.url, receives=False)
    to_day(page, which=8)
    times = page.locator("#ores input[name=ora]")
    before = [times.nth(n).get_attribute("value") for n in range(times.count())]
    start = datetime.fromisoformat(before[0] or "")
    pool = [site.calendars[f"pronoia{n}@kalamata.example"] for n in (1, 2)]
    names = [calendar.put(start, timedelta(minutes=30)) for calendar in pool]

    def gone() -> bool:
        page.reload()
        return before[0] not in [times.nth(n).get_attribute("value") for n in range(times.count())]

    wait_until(gone, seconds=90, every=0.3)
    for calendar, name in zip(pool, names, strict=True):
        calendar.remove(name)
    wait_until(lambda: not gone(), seconds=90, every=0.3)


def test_by_keyboard_a_chosen_day_leads_to_its_times(site: Site, new_page: NewPage) -> None:
    page = new_page()
    to_kalamata_calendar(page, site.url, receives=False)
    day = page.locator("table.rv-cal a.rv-day").last
    day.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**imera=**")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("#ores input[name=ora]").first.is_checked()
    go_on(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Προσθέστε τα στοιχεία σας"


def test_focus_goes_to_the_error_summary_without_scripts(site: Site, new_page: NewPage) -> None:
    page = new_page()
    page.goto(site.url)
    go_on(page)
    assert page.title().startswith("Σφάλμα: ")
    page.locator(".rv-error-summary:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#dimos")


def test_the_words_of_the_zone_name_the_true_offset(site: Site, new_page: NewPage) -> None:
    page = new_page()
    to_kalamata_calendar(page, site.url, receives=False)
    note = page.locator(".rv-note").inner_text()
    start = page.locator("#ores input[name=ora]").first.get_attribute("value")
    assert start
    moment = datetime.fromisoformat(start)
    assert dates.offset(moment, zone=ZoneInfo("Europe/Athens")) in note
