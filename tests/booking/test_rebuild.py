"""The database comes back from an older backup: what stands in the calendars is booked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from booking import managing, tasks
from booking.cancelling import cancel, undo
from booking.model import BookingState, SlotTaken
from booking.office.rebuilding import Outcome
from booking.rescheduling import reschedule
from booking.store.tables import metadata
from booking.tasks import TaskKind
from connectors.contract import EventDraft, Period
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.drill import Drill, counted, drill_on, of
from tests.booking.forms import CITIZEN
from tests.booking.town import address, town


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def drill(office: Office, sqlite_url: str) -> Iterator[Drill]:
    yield drill_on(office, sqlite_url)
    office.desk.store.close()


def everything(office: Office) -> dict[str, object]:
    """All rows of all tables but the clocks of mailboxes."""
    with office.desk.store.read() as uow:
        return {
            table.name: sorted(map(repr, uow.connection.execute(select(table)).all()))
            for table in metadata.sorted_tables
            if table.name not in {"mailbox", "server"}
        }


def test_the_drill(office: Office, drill: Drill) -> None:
    slots = office.free(office.at(4, 9).date())
    before = office.book(slots[0].start, key="before").booking
    gone = office.book(slots[1].start, key="gone").booking
    drill.back_up()
    after = office.book(slots[2].start, key="after").booking
    token = managing.token_for(office.desk, booking_id=after.id)
    cancel(office.desk, booking_id=gone.id)
    drill.restore()
    assert drill.known(after.reference) is None

    dry = drill.rebuild(apply=False)
    assert counted(dry) == {"MATCHED": 1, "RESTORED": 1, "MISSING": 1}
    assert drill.known(after.reference) is None

    done = drill.rebuild()
    assert counted(done) == counted(dry)
    assert (of(done, Outcome.RESTORED), of(done, Outcome.MISSING)) == (
        [after.reference], [gone.reference],
    )  # fmt: skip
    again = drill.known(after.reference)
    assert again is not None
    assert replace(again, citizen=after.citizen, answers=after.answers, version=after.version,
                   declarations=after.declarations, consent_version="1",
                   created_at=after.created_at) == after  # fmt: skip
    assert (again.citizen.name, again.citizen.email, again.citizen.phone) == (CITIZEN.name, "", "")
    assert managing.by_token(office.desk, token=token).id == after.id  # mailed links open it
    assert drill.known(before.reference) == before
    office.read_all(full=True)
    with pytest.raises(SlotTaken):
        office.book(slots[2].start, key="twice")
    (task,) = tasks.open_tasks(office.desk, municipality="town")
    assert (task.kind, task.reference) == (TaskKind.CONTACT_LOST, after.reference)


def test_a_second_run_changes_nothing(office: Office, drill: Drill) -> None:
    drill.back_up()
    slots = office.free(office.at(4, 9).date())
    for number, slot in enumerate(slots[:4]):
        office.book(slot.start, key=str(number))
    drill.restore()
    assert counted(drill.rebuild()) == {"RESTORED": 4}
    rows = everything(office)
    assert counted(drill.rebuild()) == {"MATCHED": 4}
    assert everything(office) == rows


def test_what_the_citizen_changed_after_the_backup_is_followed(
    office: Office, drill: Drill
) -> None:
    slots = office.free(office.at(4, 9).date())
    moved = office.book(slots[0].start, key="moved").booking
    undone = office.book(slots[2].start, key="undone").booking
    cancel(office.desk, booking_id=undone.id)
    drill.back_up()
    reschedule(office.desk, booking_id=moved.id, starts_at=slots[4].start, citizen=None,
               answers=None)  # fmt: skip
    undo(office.desk, booking_id=undone.id)
    office.settle(rounds=1)
    office.post.sent.clear()
    drill.restore()
    report = drill.rebuild()
    assert counted(report) == {"FOLLOWED": 2}
    for booked, slot in ((moved, slots[4]), (undone, slots[2])):
        seen = drill.known(booked.reference)
        assert seen is not None
        assert (seen.state, seen.period, seen.citizen) == (BookingState.CONFIRMED, slot, CITIZEN)
    office.read_all(full=True)
    office.settle(rounds=3)
    assert office.all_events() == [slots[2], slots[4]]
    assert counted(drill.rebuild()) == {"MATCHED": 2}
    free = [slot.start for slot in office.free(office.at(4, 9).date())]
    assert slots[0].start in free
    assert slots[4].start not in free


def test_what_staff_moved_is_left_to_reconciliation(office: Office, drill: Drill) -> None:
    slots = office.free(office.at(4, 9).date())
    booked = office.book(slots[0].start).booking
    drill.back_up()
    (event,) = office.memory.events(office.ref(booked.mailbox))
    office.memory.change_foreign(office.ref(booked.mailbox), event.ref.id, slots[4])
    drill.restore()
    report = drill.rebuild()
    assert counted(report) == {"MOVED": 1}
    assert drill.known(booked.reference) == booked


def test_what_cannot_be_restored_is_said_with_the_reason(office: Office, drill: Drill) -> None:
    slots = office.free(office.at(4, 9).date())
    box = office.ref(address(1))

    def event(key: str, slot: Period, about: str, reference: str = "K7M-4QX") -> None:
        office.memory.create(
            mailbox=box, key=key, deadline=Deadline.after(5),
            draft=EventDraft(slot, "Άλλο #K7M-4QX", "", reference, about=about),
        )  # fmt: skip

    start = f"{slots[0].start:%Y-%m-%dT%H:%MZ}"
    event("conformance-1", slots[0], "x/in_person/y")
    event(f"{'a' * 24}-1", slots[0], f"town.gone/in_person/{start}")
    event(f"{'b' * 24}-1", slots[0], "written by an older version")
    event(f"{'c' * 24}-1", slots[1], f"town.papers/in_person/{start}", reference="?")
    event(f"{'d' * 24}-1", slots[2], f"town.papers/in_person/{start}")
    event(f"{'e' * 24}-1", slots[2], f"town.papers/in_person/{start}", reference="K7M-4QY")
    event(f"{'f' * 24}-1", slots[3], f"town.papers/in_person/{start}", reference="K7M-4QX")
    report = drill.rebuild()
    assert {line.key[0]: line.why.split(":")[0] for line in report.lines} == {
        "a": "the mapping has no service 'town.gone'",
        "b": "it does not say which service it is for, nor does its title",
        "d": "phone, mail address and answers are lost",
        "e": "another booking, or somebody's choice, has this time",
        "f": "another booking has its reference K7M-4QX",
    } | {"c": "it carries no booking reference"}
    assert len(report.lines) == 7
    with office.desk.store.read() as uow:
        claims = uow.connection.execute(select(func.count()).select_from(metadata.tables["claim"]))
        assert claims.scalar_one() == 1  # what could not be restored left nothing behind


def test_older_events_are_known_by_their_titles(office: Office, drill: Drill) -> None:
    drill.back_up()
    booked = office.book(office.at(4, 9), channel=Channel.TELECONFERENCE).booking
    (event,) = office.memory.events(office.ref(booked.mailbox))
    office.memory.restore(office.ref(booked.mailbox), replace(event, about=""))
    drill.restore()
    assert of(drill.rebuild(), Outcome.RESTORED) == [booked.reference]
    seen = drill.known(booked.reference)
    assert seen is not None
    assert (seen.service_id, seen.channel) == (booked.service_id, booked.channel)


def test_an_event_whose_booking_is_not_known_is_not_sold_again(
    office: Office, drill: Drill
) -> None:
    start = office.at(4, 9)
    drill.back_up()
    office.book(start)
    drill.restore()
    office.clock.forward(seconds=30)
    office.read_all()
    assert start not in [slot.start for slot in office.free(office.at(4, 9).date())]
    with pytest.raises(SlotTaken):
        office.book(start, key="again")


def test_before_anything_was_read_again_the_live_look_refuses_too(
    office: Office, drill: Drill
) -> None:
    start = office.at(4, 9)
    drill.back_up()
    office.book(start)
    drill.restore()
    with pytest.raises(SlotTaken):
        office.book(start, key="again")
    assert len(office.all_events()) == 1


def test_a_calendar_that_cannot_be_read_hides_no_other(
    make_office: Callable[..., Office], sqlite_url: str
) -> None:
    office = make_office(town(mailboxes=2))
    drill = drill_on(office, sqlite_url)
    drill.back_up()
    booked = office.book(office.at(4, 9)).booking
    drill.restore()
    office.memory.fail_next("changes", NotAuthorised("no"))
    report = drill.rebuild()
    assert len(report.unread) == 1
    assert counted(report) in ({}, {"RESTORED": 1})
    assert counted(drill.rebuild()) in ({"RESTORED": 1}, {"MATCHED": 1})
    assert drill.known(booked.reference) is not None


def test_a_restored_booking_lives_on_without_contact_data(office: Office, drill: Drill) -> None:
    drill.back_up()
    booked = office.book(office.at(4, 9)).booking
    drill.restore()
    drill.rebuild()
    reschedule(office.desk, booking_id=booked.id, starts_at=office.at(4, 11), citizen=None,
               answers=None)  # fmt: skip
    office.settle(rounds=2)
    assert office.all_events() == [Period(office.at(4, 11), office.at(4, 11, 30))]
    assert office.post.sent == []
    kinds = {each.kind for each in tasks.open_tasks(office.desk, municipality="town")}
    assert kinds == {TaskKind.CONTACT_LOST, TaskKind.MAIL_NOT_SENT}
    cancel(office.desk, booking_id=booked.id)
    assert office.all_events() == []


def test_nothing_personal_but_the_name_stands_in_an_event(office: Office) -> None:
    booked = office.book(office.at(4, 9)).booking
    (event,) = office.memory.events(office.ref(booked.mailbox))
    whole = f"{event}{event.body}"
    for secret in (CITIZEN.email, CITIZEN.phone, "090000045", "Οικογενειακή"):
        assert secret not in whole
    assert CITIZEN.name not in repr(event)
    assert event.about == "town.papers/in_person/2026-06-04T06:00Z"
