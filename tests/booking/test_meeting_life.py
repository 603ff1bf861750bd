"""Whatever happens to a teleconference, in whatever order: the citizen is led to its meeting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import cancelling, joining, rescheduling, tasks
from booking.housekeeping import tend
from booking.model import BookingError, BookingState, BookingView
from booking.placement import writing
from connectors.contract import MailboxRef, Period, RemoteEvent
from connectors.errors import TryLater
from connectors.memory import AbleMemoryConnector
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import town

_ALWAYS = timedelta(days=3)
_ACTS = st.lists(
    st.sampled_from(
        ["wait", "work", "late", "link", "none", "fail", "move", "cancel", "undo", "read", "join"]
    ),
    max_size=14,
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough for an order of events."""
    return sqlite_url


@pytest.fixture
def office(make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(writing, "LINK_WAITS", ())
    municipality = town(mailboxes=2)
    own = replace(municipality.connections[0], meeting_link="")
    made = make_office(replace(municipality, connections=(own,)), freshness_limit=_ALWAYS)
    made.memory = made.calendars.it = AbleMemoryConnector()
    made.read_all(full=True)
    return made


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=_ACTS)
def test_the_citizen_is_led_to_the_meeting_or_told_that_there_is_none(
    office: Office, acts: list[str]
) -> None:
    world = office.memory
    assert isinstance(world, AbleMemoryConnector)
    world.gives_links = False
    office.post.sent.clear()
    office.read_all()
    booking = office.book(
        _slots(office)[0].start, f"{office.clock.now}", channel=Channel.TELECONFERENCE
    ).booking
    for act in acts:
        _act(office, world, booking, act)
    world._faults.clear()
    office.read_all()
    for _ in range(14):
        office.drain(seconds=61)
    tend(office.desk)
    view = office.view(booking.id)
    links = [each.meeting_url for each in _events(office, booking)]
    open_ = [each.reference for each in tasks.open_tasks(office.desk, municipality="town")]
    if view.state is BookingState.CONFIRMED:
        assert len(links) == 1
        assert view.meeting_url == links[0]
        assert (booking.reference in open_) is not bool(links[0])
        _told(office, booking, linked=bool(links[0]))
        cancelling.cancel(office.desk, booking_id=booking.id)
        office.settle(rounds=3, seconds=700)
    else:
        assert (links, open_) == ([], [])
    office.settle(rounds=2, seconds=1)


def _act(office: Office, world: AbleMemoryConnector, booking: BookingView, act: str) -> None:
    view = office.view(booking.id)
    if act == "wait":
        office.drain(seconds=200)
    elif act == "work":
        office.drain(seconds=6)
    elif act in {"late", "none"}:
        world.gives_links = act == "late"
    elif act == "link":
        for event in _events(office, booking):
            holder = next(ref for ref in _refs(office) if event in world.events(ref))
            url = f"https://teams.microsoft.com/l/meetup-join/{office.clock.now:%s}"
            world.give_link(holder, event.ref.id, url)
    elif act == "fail":
        world.fail_next("get", TryLater("busy", retry_after=5))
    elif act == "read":
        office.read_all()
    else:
        with suppress(BookingError):  # not now: the page says so
            _citizen(office, view, act)


def _citizen(office: Office, view: BookingView, act: str) -> None:
    if act == "move":
        start = next(each.start for each in _slots(office) if each != view.period)
        rescheduling.reschedule(
            office.desk, booking_id=view.id, starts_at=start, citizen=None, answers=None
        )
    elif act == "cancel":
        cancelling.cancel(office.desk, booking_id=view.id)
    elif act == "undo":
        cancelling.undo(office.desk, booking_id=view.id)
    else:
        joining.join_target(office.desk, booking_id=view.id)


def _slots(office: Office) -> list[Period]:
    """Of the next days: the clock of the office runs on from one example to the next."""
    today = office.clock.now.date()
    return [slot for ahead in range(1, 5) for slot in office.free(today + timedelta(days=ahead))]


def _told(office: Office, booking: BookingView, *, linked: bool) -> None:
    """The last word about the link is the truth."""
    words = [
        "/join" in mail.text
        for mail in office.post.sent
        if booking.reference in mail.text and mail.calendar_method != "CANCEL"
    ]
    assert words
    assert words[-1] is linked


def _events(office: Office, booking: BookingView) -> list[RemoteEvent]:
    return [
        event
        for ref in _refs(office)
        for event in office.memory.events(ref)
        if event.reference == booking.reference
    ]


def _refs(office: Office) -> list[MailboxRef]:
    return [office.ref(each.address) for each in office.town.mailboxes]
