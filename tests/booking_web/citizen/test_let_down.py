"""What the office did to an appointment, on the citizen's pages: said plainly, with a way on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from booking import managing, outbox
from booking.model import BookingState, BookingView, Reason
from booking.reconciling.sights import COMPLETED, NO_SHOW
from connectors.contract import MailboxRef, Period
from connectors.deadline import Deadline
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.test_unsettled import Post, menu
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House


def view(house: House, reference: str) -> BookingView:
    return managing.by_reference(house.desk, reference=reference)


def look(house: House, *, seconds: float = 31) -> Post:
    """The calendars are read, and what is owed is carried out."""
    post = Post()
    house.read_calendars()
    house.clock.forward(seconds=seconds)
    house.read_calendars()
    for _ in range(3):
        outbox.drain(house.desk, mailer=post, limit=100, deadline=Deadline.after(60))
        house.clock.forward(seconds=1)
    return post


def event_of(house: House, booked: BookingView) -> tuple[MailboxRef, str]:
    for ref in PRONOIA:
        for event in house.memory.events(ref):
            if event.key is not None and event.key.startswith(booked.id):
                return ref, event.ref.id
    raise AssertionError("its event stands nowhere")


def booked(house: House, visitor: Visitor) -> BookingView:
    found = view(house, visitor.booked())
    look(house)
    return found


def deleted(house: House, visitor: Visitor) -> BookingView:
    found = booked(house, visitor)
    ref, event_id = event_of(house, found)
    house.memory.remove(ref, event_id)
    look(house)
    (mail,) = look(house, seconds=601).sent
    assert "ακύρωσε το ραντεβού σας" in mail.subject
    after = view(house, found.reference)
    assert (after.state, after.reason) == (BookingState.RELEASED, Reason.OFFICE_DELETED)
    return after


def conflict(house: House, visitor: Visitor) -> BookingView:
    found = booked(house, visitor)
    for ref in PRONOIA:
        house.memory.put_foreign(ref, found.period)
    look(house)
    after = view(house, found.reference)
    assert (after.state, after.reason) == (BookingState.CONFLICT, Reason.CALENDAR_BUSY)
    return after


LET_DOWN: list[tuple[Callable[[House, Visitor], BookingView], str, str, list[str]]] = [
    (
        deleted,
        "Λυπούμαστε: η υπηρεσία δεν μπορεί να σας δει",
        "the office cannot see you at the time",
        ["Προγραμματισμός εκ νέου", "Νέα κράτηση"],
    ),
    (
        conflict,
        "Μπορείτε και να περιμένετε",
        "You can also wait",
        ["Προγραμματισμός εκ νέου", "Ακύρωση κράτησης", "Νέα κράτηση"],
    ),
]


@pytest.mark.parametrize(
    ("how", "greek", "english", "choices"), LET_DOWN, ids=["deleted", "conflict"]
)
def test_a_kept_time_is_taken_with_one_press(
    house: House,
    visitor: Visitor,
    how: Callable[[House, Visitor], BookingView],
    greek: str,
    english: str,
    choices: list[str],
) -> None:
    before = how(house, visitor)
    url = f"/booking/{before.reference}"
    visitor.get(url)
    assert greek in visitor.text
    assert [each for each in menu(visitor) if each in choices] == choices
    assert english in visitor.get(f"{url}?lang=en").text
    visitor.get(f"{url}/reschedule?lang=el")
    assert greek in visitor.text
    assert "Το ραντεβού που είχατε κλείσει:" in visitor.text
    buttons = visitor.html.cssselect(".rv-kept button")
    assert len(buttons) == 3
    assert visitor.client.get(f"{url}/accept").status_code == 405
    chosen = buttons[1].text_content()
    visitor.get(url).press(chosen, ora=buttons[1].get("value"))
    assert visitor.url == url
    assert "Η νέα ώρα κλείστηκε" in visitor.text
    after = view(house, before.reference)
    assert (after.state, after.reason) == (BookingState.CONFIRMED, Reason.NONE)
    assert after.period.start != before.period.start
    assert event_of(house, after)
    assert "Ώρες που κρατάμε" not in visitor.get(url).text
    assert len(look(house).sent) == 1


def test_a_kept_time_that_has_lapsed_and_was_taken_offers_others(
    house: House, app: Flask, visitor: Visitor
) -> None:
    before = deleted(house, visitor)
    visitor.get(f"/booking/{before.reference}")
    button = visitor.html.cssselect(".rv-kept button")[-1]
    house.clock.forward(hours=25)
    house.read_calendars()
    for ref in PRONOIA:
        house.memory.put_foreign(ref, Period(house.clock.at, house.clock.at + timedelta(days=1)))
    house.read_calendars()
    visitor.press(button.text_content(), ora=button.get("value"))
    assert visitor.status == 409
    assert view(house, before.reference).state is BookingState.RELEASED


@pytest.mark.parametrize("value", ["", "x", "2027-01-13T11:10", "9999-12-31T23:59Z"])
def test_a_time_that_is_none_changes_nothing(house: House, visitor: Visitor, value: str) -> None:
    before = deleted(house, visitor)
    visitor.get(f"/booking/{before.reference}")
    button = visitor.html.cssselect(".rv-kept button")[0]
    visitor.press(button.text_content(), ora=value)
    assert visitor.status in {200, 409}
    assert view(house, before.reference).state is BookingState.RELEASED


def test_a_standing_appointment_has_nothing_to_accept(house: House, visitor: Visitor) -> None:
    found = booked(house, visitor)
    page = visitor.get(f"/booking/{found.reference}/reschedule")
    token = page.html.cssselect("input[name=csrf_token]")[0].get("value")
    values = {"csrf_token": token, "ora": "2027-01-13T11:10Z"}
    assert visitor.client.post(f"/booking/{found.reference}/accept", data=values).status_code == 303
    assert view(house, found.reference).period == found.period


def test_a_moved_appointment_says_from_where(house: House, visitor: Visitor) -> None:
    found = booked(house, visitor)
    ref, event_id = event_of(house, found)
    target = found.period.start + timedelta(minutes=40)
    house.memory.change_foreign(ref, event_id, Period(target, target + found.period.duration))
    (mail,) = look(house).sent
    assert "μετακίνησε το ραντεβού σας" in mail.subject
    visitor.get(f"/booking/{found.reference}")
    assert "Η υπηρεσία μετακίνησε το ραντεβού σας." in visitor.text
    assert "Ήταν Τρίτη 12 Ιανουαρίου 2027, 12:30 μ.μ., και τώρα ισχύει" in visitor.text
    assert "The office moved your appointment." in visitor.get(f"{visitor.url}?lang=en").text


@pytest.mark.parametrize(
    ("category", "state", "said"),
    [
        (COMPLETED, BookingState.COMPLETED, "Το ραντεβού ολοκληρώθηκε"),
        (NO_SHOW, BookingState.NO_SHOW, "Η υπηρεσία σημείωσε ότι δεν προσήλθατε"),
    ],
)
def test_an_appointment_with_an_outcome_can_be_changed_no_more(
    house: House, visitor: Visitor, category: str, state: BookingState, said: str
) -> None:
    found = booked(house, visitor)
    ref, event_id = event_of(house, found)
    house.clock.at = found.period.start
    house.read_calendars()
    house.memory.edit(ref, event_id, categories=(category,))
    look(house)
    assert view(house, found.reference).state is state
    url = f"/booking/{found.reference}"
    visitor.get(url)
    assert said in visitor.text
    assert menu(visitor) == ["Νέα κράτηση"]
    for page in ("reschedule", "cancel", "reschedule/details"):
        assert visitor.get(f"{url}/{page}").url == url
    token = visitor.html.cssselect("input[name=csrf_token]")
    values = {"csrf_token": token[0].get("value") if token else "", "ora": "2027-01-13T11:10Z"}
    for page in ("cancel", "accept", "reschedule"):
        visitor.client.post(f"{url}/{page}", data=values)
    assert view(house, found.reference).state is state
