"""The calendar page: days, hours, zones, holds, and what happens when a time is taken."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from connectors.contract import MailboxRef, Period
from connectors.errors import TryLater
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House


def test_the_month_is_a_table_whose_free_days_are_links(visitor: Visitor) -> None:
    visitor.at_calendar()
    table = visitor.html.cssselect("table.rv-cal")[0]
    assert table.find("caption") is not None
    heads = [each.text_content() for each in table.cssselect("th .rv-vh")]
    assert heads[0] == "Δευτέρα"
    links = table.cssselect("a.rv-day")
    assert links[1].get("aria-label").replace("\u00a0", " ") == (
        "Τετάρτη 13 Ιανουαρίου, 3 διαθέσιμες ώρες"
    )
    assert links[1].get("href").endswith("?imera=2027-01-13#ores")
    assert [each.text for each in table.cssselect("a[aria-current=date]")] == ["12"]
    weekends = {"16", "17", "23", "24"}
    assert weekends.isdisjoint(each.text for each in links)
    visitor.get(f"{HOUSING}/slot?imera=2027-01-13")
    assert visitor.html.cssselect("#ores legend")[0].text_content().replace("\u00a0", " ") == (
        "Τετάρτη 13 Ιανουαρίου 2027"
    )
    assert visitor.times()[0] == "2027-01-13T10:30Z"


def test_months_go_forward_as_far_as_the_horizon_and_not_into_the_past(visitor: Visitor) -> None:
    visitor.at_calendar()
    assert visitor.html.cssselect("span.rv-cal__move--prev")
    for month in ("Φεβρουάριος 2027", "Μάρτιος 2027"):
        visitor.get(
            HOUSING
            + "/slot"
            + visitor.html.cssselect("a.rv-cal__move--next")[0].get("href").split("/slot")[1]
        )
        assert month in visitor.text
        assert visitor.times()
    assert visitor.html.cssselect("span.rv-cal__move--next")
    for nonsense in (
        "imera=2020-01-01",
        "imera=x",
        "minas=2027-13",
        "minas=9999-99",
        "imera=2090-01-01",
    ):
        assert visitor.get(f"{HOUSING}/slot?{nonsense}").status == 200
        assert "Ιανουάριος 2027" in visitor.text


def test_the_list_shows_the_same_times(visitor: Visitor) -> None:
    visitor.at_calendar().follow("όλες τις διαθέσιμες ώρες σε λίστα")
    assert visitor.heading == "Επιλέξτε ημέρα και ώρα από τη λίστα"
    days = [each.text_content() for each in visitor.html.cssselect("legend")]
    assert len(days) == 5
    visitor.follow("Περισσότερες ημέρες")
    assert "19" in visitor.html.cssselect("legend")[0].text_content()
    values = [each.get("value") for each in visitor.html.cssselect("input[name=ora]")]
    visitor.press("Συνέχεια", ora=values[0])
    assert visitor.heading == "Προσθέστε τα στοιχεία σας"


def test_a_visitor_elsewhere_sees_both_clocks(visitor: Visitor) -> None:
    visitor.at_calendar().press("Εμφάνιση της ώρας μου", zoni="Australia/Sydney")
    label = visitor.html.cssselect("#ores label")[0].text_content().replace("\u00a0", " ")
    assert label.startswith("12:30 μ.μ.")
    assert "9:30 μ.μ." in label
    assert "ώρα Ελλάδας (UTC+2)" in visitor.text
    assert "UTC+11" in visitor.text
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    assert "9:30 μ.μ. δική σας ώρα" in visitor.text
    visitor.get(f"{HOUSING}/slot?zoni=")
    assert "9:30" not in visitor.html.cssselect("#ores label")[0].text_content()


def test_two_visitors_and_one_employee_left(app: Flask, house: House) -> None:
    """The pool has two employees; the third citizen finds the time taken, and three others."""
    winners = [Visitor(app).at_details(time="2027-01-12T10:30Z") for _ in range(2)]
    assert {each.heading for each in winners} == {"Προσθέστε τα στοιχεία σας"}
    late = Visitor(app).at_calendar()
    assert "2027-01-12T10:30Z" not in late.times()
    late.press("Συνέχεια", ora="2027-01-12T10:30Z")
    assert late.status == 409
    assert late.errors() == {
        "plisiesteres": "Η ώρα 12:30\u00a0μ.μ. μόλις κλείστηκε από άλλον. Επιλέξτε άλλη ώρα"
    }
    nearest = [each.get("value") for each in late.html.cssselect(".rv-radio input")]
    assert "2027-01-12T11:10Z" in nearest
    assert len(nearest) == 3
    late.press("Επιλογή αυτής της ώρας", ora=nearest[0])
    assert late.heading == "Προσθέστε τα στοιχεία σας"


def test_a_lapsed_hold_keeps_the_answers_and_books_if_it_is_still_free(
    house: House, visitor: Visitor
) -> None:
    visitor.at_check()
    assert "Κρατάμε την ώρα για εσάς έως τις" in visitor.text
    house.clock.forward(minutes=11)
    house.read_calendars()
    visitor.press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"


def test_a_lapsed_hold_whose_time_was_taken_offers_others_and_keeps_the_answers(
    app: Flask, house: House, visitor: Visitor
) -> None:
    visitor.at_check()
    house.clock.forward(minutes=11)
    start = house.clock.at.replace(hour=10, minute=30)
    for mailbox in PRONOIA:
        house.memory.put_foreign(mailbox, Period(start, start + timedelta(minutes=30)))
    house.read_calendars()
    visitor.press("Κράτηση")
    assert visitor.status == 409
    visitor.press("Επιλογή αυτής της ώρας", ora="2027-01-12T11:10Z")
    assert visitor.html.get_element_by_id("email").get("value") == MARIA["email"]
    visitor.press("Συνέχεια").press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"


def test_an_unreachable_calendar_is_said_so_and_others_go_on(
    house: House, visitor: Visitor
) -> None:
    for _ in range(12):
        house.memory.fail_next("changes", TryLater("no answer"))
    house.clock.forward(minutes=11)
    visitor.at_calendar()
    assert "Το ημερολόγιο αυτού του γραφείου δεν μπορεί να διαβαστεί" in visitor.text
    assert visitor.times() == []
    assert visitor.get("/d/kavala/").status == 200


def test_a_calendar_of_the_pool_that_is_gone_costs_only_its_own_times(
    house: House, visitor: Visitor
) -> None:
    lost = MailboxRef(address=PRONOIA[0].address, calendar=PRONOIA[0].calendar)
    house.memory.lose_mailbox(lost)
    house.clock.forward(seconds=30)
    house.read_calendars()
    visitor.at_calendar()
    assert "Ένα από τα ημερολόγια" in visitor.text
    assert len(visitor.times()) == 3


def test_bad_times_change_nothing(house: House, visitor: Visitor) -> None:
    visitor.at_calendar()
    for nonsense in ("", "x", "2027-01-12", "2027-01-12T10:30", "1999-01-01T10:30Z", "9" * 5000):
        visitor.press("Συνέχεια", ora=nonsense)
        assert (visitor.status, list(visitor.errors())) == (422, ["ora"]), nonsense
    for unoffered in ("2027-01-12T10:31Z", "2027-01-16T10:30Z"):
        visitor.press("Συνέχεια", ora=unoffered)
        assert visitor.status == 409, unoffered
    assert visitor.get(f"{HOUSING}/details").url.endswith("/slot")


def test_each_day_has_the_offset_of_its_own_date(house: House, visitor: Visitor) -> None:
    """Clocks change in New York on 14 March, in Athens on the 28th, in Sydney on 4 April 2027."""
    house.clock.at = house.clock.at.replace(month=3, day=10)
    house.read_calendars()
    visitor.at_calendar()
    for zone, day, said in (
        (
            "America/New_York",
            "2027-03-12",
            "(UTC+2). Δίπλα βλέπετε τη δική σας ώρα: Νέα Υόρκη (UTC−5)",
        ),
        (
            "America/New_York",
            "2027-03-26",
            "(UTC+2). Δίπλα βλέπετε τη δική σας ώρα: Νέα Υόρκη (UTC−4)",
        ),
        (
            "America/New_York",
            "2027-03-29",
            "(UTC+3). Δίπλα βλέπετε τη δική σας ώρα: Νέα Υόρκη (UTC−4)",
        ),
        (
            "Australia/Sydney",
            "2027-03-29",
            "(UTC+3). Δίπλα βλέπετε τη δική σας ώρα: Σίδνεϊ (UTC+11)",
        ),
        (
            "Australia/Sydney",
            "2027-04-05",
            "(UTC+3). Δίπλα βλέπετε τη δική σας ώρα: Σίδνεϊ (UTC+10)",
        ),
    ):
        visitor.get(f"{HOUSING}/slot?imera={day}&zoni={zone}")
        assert said in visitor.text, (zone, day)
        labels = [each.text_content() for each in visitor.html.cssselect("#ores label")]
        assert labels[0].startswith("12:30"), day
        # The list begins with the same day and tells the same.
        visitor.get(f"{HOUSING}/slot/list?imera={day}")
        assert said in visitor.text, (zone, day)


def test_a_list_across_a_change_of_the_clocks_says_so_day_by_day(
    house: House, visitor: Visitor
) -> None:
    house.clock.at = house.clock.at.replace(month=3, day=10)
    house.read_calendars()
    visitor.at_calendar().get(f"{HOUSING}/slot/list?imera=2027-03-26")
    notes = [each.text_content() for each in visitor.html.cssselect(".rv-slots__count")]
    assert [each.replace("\u00a0", " ")[-8:] for each in notes[:2]] == ["(UTC+2).", "(UTC+3)."]
    visitor.get(f"{HOUSING}/slot/list?imera=2027-03-29")
    assert visitor.html.cssselect(".rv-slots__count") == []
    assert "ώρα Ελλάδας (UTC+3)" in visitor.text
