"""Checks that happen by themselves."""

from __future__ import annotations

from collections.abc import Callable

from booking.leader import lead
from booking.office import importing, overview
from booking.office.checking import check_due, due_checks
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, TryLater
from tests.booking.conftest import Office
from tests.booking.test_mapping_moves import over
from tests.booking.town import address, town


def check(office: Office) -> int:
    return check_due(office.desk, deadline=Deadline.after(20))


def test_a_new_mailbox_is_checked_once_and_then_daily(office: Office) -> None:
    assert overview.mailboxes(office.desk)[0].writable is None
    assert check(office) == 1
    (status,) = overview.mailboxes(office.desk)
    assert (status.readable, status.writable) == (True, True)
    assert not office.memory.events(office.ref(address(1)))
    office.clock.forward(hours=23, minutes=59)
    assert check(office) == 0
    office.clock.forward(minutes=1)
    assert check(office) == 1


def test_what_did_not_pass_is_looked_at_again_within_the_hour(office: Office) -> None:
    office.memory.lose_mailbox(office.ref(address(1)))
    assert check(office) == 1
    assert overview.mailboxes(office.desk)[0].writable is False
    office.clock.forward(minutes=59)
    assert check(office) == 0
    office.clock.forward(minutes=1)
    assert check(office) == 1


def test_a_calendar_that_can_be_read_again_is_checked_again(office: Office) -> None:
    assert check(office) == 1
    office.memory.fail_next("changes", NotAuthorised("401"))
    office.clock.forward(seconds=30)
    office.read_all()
    assert check(office) == 0
    office.clock.forward(seconds=30)
    office.read_all()
    assert check(office) == 1


def test_a_mailbox_in_another_calendar_is_checked_anew(office: Office) -> None:
    assert check(office) == 1
    moved = over(town(), name="calendars", url="https://other.example/")
    importing.import_mapping(office.desk, text="moved", municipality=moved, by="test")
    assert check(office) == 0  # first it is read: perhaps it is silent
    office.read_all()
    assert check(office) == 1


def test_the_event_is_private_where_a_private_one_was_read_back(office: Office) -> None:
    start = office.free()[0].start
    drafts = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(office.memory, name)

        def create(self, **arguments: object) -> object:
            drafts.append(arguments["draft"])
            return office.memory.create(**arguments)  # type: ignore[arg-type]

    check(office)
    office.calendars.it = Watched()  # type: ignore[assignment]
    office.book(start)
    assert [draft.private for draft in drafts] == [True]


def test_a_silent_server_is_not_asked_about_each_of_its_mailboxes(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=3))

    class Silent:
        asked = 0

        def __getattr__(self, name: str) -> object:
            return getattr(office.memory, name)

        def check(self, **arguments: object) -> object:
            Silent.asked += 1
            raise TryLater("no answer in time")

    office.calendars.it = Silent()  # type: ignore[assignment]
    assert check(office) == 1
    assert Silent.asked == 1


def test_one_process_checks_at_a_time(office: Office) -> None:
    assert lead(office.desk, name="checks", owner="another", seconds=60)
    assert check(office) == 0
    assert len(due_checks(office.desk)) == 1
    office.clock.forward(seconds=60)
    assert check(office) == 1
