"""Meeting links that come late or never, meetings that change, and their options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from booking import cancelling, joining, rescheduling, tasks
from booking.calendars.links import usable_link
from booking.calendars.refresh import refresh_mailbox
from booking.housekeeping import tend
from booking.messages import OutgoingMail
from booking.model import BookingState, BookingView
from booking.placement import writing
from booking.store.outbox import Step
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, TryLater
from connectors.memory import AbleMemoryConnector
from mapping.model import Channel, Municipality
from tests.booking.conftest import Office
from tests.booking.town import address, town

AWAITED = "θα σας σταλεί με νέο μήνυμα"
READY = "είναι έτοιμος"
MISSING = "Θα επικοινωνήσουμε μαζί σας"
LINK = "https://teams.microsoft.com/l/meetup-join/19%3ameeting"


def teams(municipality: Municipality, **options: str) -> Municipality:
    """The town with calendars whose provider makes its own meetings."""
    (connection,) = municipality.connections
    own = replace(connection, meeting_link="", options=options)
    return replace(municipality, connections=(own,))


@pytest.fixture
def able(make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> Office:
    return furnished(make_office, monkeypatch, teams(town(mailboxes=2)))


def furnished(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch, municipality: Municipality
) -> Office:
    monkeypatch.setattr(writing, "LINK_WAITS", (0.0,))
    office = make_office(municipality)
    office.memory = office.calendars.it = AbleMemoryConnector()
    office.read_all(full=True)
    return office


def world(office: Office) -> AbleMemoryConnector:
    assert isinstance(office.memory, AbleMemoryConnector)
    return office.memory


def book(office: Office, key: str = "key", slot: int = 0) -> BookingView:
    start = office.free()[slot].start
    return office.book(start, key, channel=Channel.TELECONFERENCE).booking


def event_of(office: Office, booking: BookingView) -> str:
    mailbox = office.view(booking.id).mailbox
    (event,) = [
        each
        for each in office.memory.events(office.ref(mailbox))
        if each.reference == booking.reference
    ]
    return event.ref.id


def subjects(office: Office) -> list[str]:
    return [mail.subject for mail in office.post.sent]


def last(office: Office) -> OutgoingMail:
    return office.post.sent[-1]


def open_tasks(office: Office) -> list[tuple[str, str]]:
    return [
        (each.kind.value, each.reference)
        for each in tasks.open_tasks(office.desk, municipality="town")
    ]


def read(office: Office, booking: BookingView) -> None:
    refresh_mailbox(
        office.desk, mailbox_id=office.mailbox_id(booking.mailbox), deadline=Deadline.after(60)
    )


def test_a_link_that_is_there_is_all_there_is_to_it(able: Office) -> None:
    booking = book(able)
    assert (booking.state, booking.meeting_url) == (
        BookingState.CONFIRMED,
        f"https://teams.microsoft.com/l/meetup-join/{booking.id}-1",
    )
    able.settle(rounds=3)
    assert len(able.post.sent) == 1
    assert AWAITED not in last(able).text
    assert open_tasks(able) == []


def test_a_link_that_comes_while_the_citizen_waits(
    able: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(able).gives_links = False
    real, seen = world(able).get, []

    def get(**arguments: object) -> object:
        seen.append(arguments["event_id"])
        if len(seen) == 2:
            ref = able.ref(address(1)), able.ref(address(2))
            holder = next(each for each in ref if able.memory.events(each))
            world(able).give_link(holder, str(arguments["event_id"]), LINK)
        return real(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world(able), "get", get)
    assert book(able).meeting_url == LINK
    able.settle(rounds=3)
    assert len(able.post.sent) == 1


def test_a_late_link_is_found_and_told(able: Office) -> None:
    world(able).gives_links = False
    booking = book(able)
    assert (booking.state, booking.meeting_url) == (BookingState.CONFIRMED, "")
    able.drain(seconds=1)
    confirmation = last(able)
    assert AWAITED in confirmation.text
    assert "/join" not in confirmation.text
    able.drain(seconds=10)
    world(able).give_link(able.ref(booking.mailbox), event_of(able, booking), LINK)
    able.settle(rounds=3)
    assert able.view(booking.id).meeting_url == LINK
    assert len(able.post.sent) == 2
    assert READY in last(able).text
    assert "/join" in last(able).text
    assert last(able).message_id != confirmation.message_id
    assert open_tasks(able) == []


def test_without_a_link_a_person_is_called_and_the_citizen_told(able: Office) -> None:
    world(able).gives_links = False
    booking = book(able)
    able.settle(rounds=9, seconds=60)
    assert open_tasks(able) == []
    able.settle(rounds=6, seconds=60)
    assert open_tasks(able) == [("meeting_link_missing", booking.reference)]
    assert able.view(booking.id).state is BookingState.CONFIRMED
    assert len(able.post.sent) == 2
    assert MISSING in last(able).text
    assert last(able).calendar is None
    gets = able.memory.requests["get"]
    able.settle(rounds=20, seconds=120)
    assert able.memory.requests["get"] == gets  # nobody looks on
    assert (len(able.post.sent), len(open_tasks(able))) == (2, 1)
    assert gets < 15


def test_a_link_that_staff_add_later_is_taken_over_at_the_next_reading(able: Office) -> None:
    world(able).gives_links = False
    booking = book(able)
    able.settle(rounds=15, seconds=60)
    world(able).give_link(able.ref(booking.mailbox), event_of(able, booking), LINK)
    read(able, booking)
    able.settle(rounds=3)
    assert able.view(booking.id).meeting_url == LINK
    assert open_tasks(able) == []
    assert READY in last(able).text
    other = LINK + "-2"
    world(able).give_link(able.ref(booking.mailbox), event_of(able, booking), other)
    read(able, booking)
    able.settle(rounds=3)
    assert able.view(booking.id).meeting_url == other  # the page always leads to the current one
    assert len(able.post.sent) == 3


def test_the_join_page_finds_a_link_that_was_just_added(able: Office) -> None:
    world(able).gives_links = False
    booking = book(able)
    assert joining.join_target(able.desk, booking_id=booking.id).url == ""
    world(able).give_link(able.ref(booking.mailbox), event_of(able, booking), LINK)
    assert joining.join_target(able.desk, booking_id=booking.id).url == LINK
    able.settle(rounds=3)
    assert subjects(able)[1].startswith("Ο σύνδεσμος")
    assert len(able.post.sent) == 2


def test_a_silent_calendar_at_the_join_page_changes_nothing(able: Office) -> None:
    world(able).gives_links = False
    booking = book(able)
    able.memory.fail_next("get", TryLater("busy"))
    assert joining.join_target(able.desk, booking_id=booking.id).url == ""


def test_a_rescheduled_event_keeps_its_link_and_another_calendar_makes_a_new_one(
    able: Office,
) -> None:
    booking = book(able)
    slots = able.free()
    change = {"citizen": None, "answers": None}
    moved = rescheduling.reschedule(
        able.desk, booking_id=booking.id, starts_at=slots[1].start, **change
    )
    assert (moved.mailbox, moved.meeting_url) == (booking.mailbox, booking.meeting_url)
    able.busy(moved.mailbox, slots[3].start)
    read(able, moved)
    elsewhere = rescheduling.reschedule(
        able.desk, booking_id=booking.id, starts_at=slots[3].start, **change
    )
    assert elsewhere.mailbox != moved.mailbox
    assert elsewhere.meeting_url.endswith(f"{booking.id}-2")


def test_after_an_undone_cancellation_the_new_meeting_counts(able: Office) -> None:
    booking = book(able)
    cancelling.cancel(able.desk, booking_id=booking.id)
    world(able).gives_links = False
    undone = cancelling.undo(able.desk, booking_id=booking.id)
    assert (undone.state, undone.meeting_url) == (BookingState.CONFIRMED, "")
    able.drain(seconds=1)
    assert AWAITED in last(able).text


def test_a_cancelled_teleconference_needs_no_link(able: Office) -> None:
    world(able).gives_links = False
    booking, other = book(able), book(able, "other", slot=2)
    able.settle(rounds=15, seconds=60)
    assert len(open_tasks(able)) == 2
    cancelling.cancel(able.desk, booking_id=booking.id)
    tend(able.desk)
    assert open_tasks(able) == [("meeting_link_missing", other.reference)]
    able.clock.forward(days=2)
    tend(able.desk)
    assert open_tasks(able) == []


def test_a_cancelled_booking_is_not_looked_after(able: Office) -> None:
    world(able).gives_links = False
    booking = book(able)
    cancelling.cancel(able.desk, booking_id=booking.id)
    able.settle(rounds=15, seconds=60)
    assert open_tasks(able) == []
    assert not any(MISSING in mail.text for mail in able.post.sent)


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        (LINK, True),
        ("http://127.0.0.1:8090/teams/meet/1", True),
        ("http://localhost:8090/teams/meet/1", True),
        ("http://teams.microsoft.com/l/meetup-join/1", False),
        ("http://127.0.0.1.example.com/", False),
        ("https://user:word@teams.microsoft.com/", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_where_a_citizen_may_be_sent(url: str, usable: bool) -> None:
    assert usable_link(url) == (url if usable else "")


@pytest.fixture
def secured(make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> Office:
    municipality = teams(town(), meeting_options="yes")
    return furnished(make_office, monkeypatch, municipality)


def test_a_meeting_is_secured_after_the_confirmation(secured: Office) -> None:
    booking = book(secured)
    assert world(secured).secured == []
    secured.settle(rounds=3)
    assert world(secured).secured == [booking.meeting_url]


def test_a_late_meeting_is_secured_too(secured: Office) -> None:
    world(secured).gives_links = False
    booking = book(secured)
    world(secured).give_link(secured.ref(booking.mailbox), event_of(secured, booking), LINK)
    secured.settle(rounds=3)
    assert world(secured).secured == [LINK]


def test_where_nobody_asked_for_it_nothing_is_secured(able: Office) -> None:
    book(able)
    able.settle(rounds=3)
    assert world(able).secured == []


def test_what_is_not_granted_is_one_task_a_mailbox_and_is_made_good_later(
    secured: Office,
) -> None:
    grant = "Run: Grant-CsApplicationAccessPolicy -PolicyName Rantevou"
    for _ in range(30):
        secured.memory.fail_next("secure_meeting", NotAuthorised(grant))
    first, second = book(secured), book(secured, "other", slot=2)
    secured.settle(rounds=2)
    (task,) = tasks.open_tasks(secured.desk, municipality=None)
    assert (task.kind, task.address) == (tasks.TaskKind.MEETING_NOT_SECURED, first.mailbox)
    assert task.error == grant
    assert len(secured.post.sent) == 2  # nobody waited for it
    tasks.mark_done(secured.desk, task_id=task.id, by="admin", municipality=None)
    secured.settle(rounds=2, seconds=1801)
    assert len(tasks.open_tasks(secured.desk, municipality=None)) == 1  # it was not done
    secured.memory._faults.clear()
    secured.settle(rounds=12, seconds=3600)
    assert set(world(secured).secured) == {first.meeting_url, second.meeting_url}
    assert tasks.count_open(secured.desk) == 0


def test_a_busy_provider_is_asked_again_without_a_task(secured: Office) -> None:
    secured.memory.fail_next("secure_meeting", TryLater("busy", retry_after=30))
    booking = book(secured)
    secured.settle(rounds=3)
    assert world(secured).secured == [booking.meeting_url]
    with secured.desk.store.read() as uow:
        assert uow.outbox.of_booking(booking.id, kinds=list(Step)) == ()
