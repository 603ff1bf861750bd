"""Calendars that tell of their window only: what became of our events outside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.contract import ChangeSet, Period
from connectors.errors import TryLater
from connectors.memory import MemoryConnector
from tests.booking.conftest import Office
from tests.booking.staffed import Staffed, blocked, row, tick
from tests.booking.town import address, town

_TOWN = 4


@pytest.fixture
def staffed() -> Staffed:
    return Staffed()


@pytest.fixture
def office(make_office: Callable[..., Office], staffed: Staffed) -> Office:
    office = make_office(town(mailboxes=_TOWN), memory=staffed)
    for _ in range(2):  # until the fingerprints are trusted
        tick(office)
    staffed.requests.clear()
    staffed.groups.clear()
    return office


def test_an_event_beyond_the_window_is_neither_missed_nor_taken_for_moved(
    office: Office, staffed: Staffed
) -> None:
    slot = office.free()[0]
    booking = office.book(slot.start).booking
    number = next(n for n in range(1, _TOWN + 1) if office.events(address(n)))
    ref = office.ref(address(number))
    (event,) = staffed.events(ref)

    def seen() -> str:
        with office.desk.store.read() as uow:
            return uow.placements.of_booking(booking.id)[0].seen

    far = Period(slot.start + timedelta(days=300), slot.end + timedelta(days=300))
    staffed.change_foreign(ref, event.ref.id, far)
    tick(office)
    assert seen() == "moved"
    staffed.change_foreign(ref, event.ref.id, slot)
    tick(office)
    assert seen() == ""
    staffed.change_foreign(ref, event.ref.id, far)
    tick(office)
    staffed.remove(ref, event.ref.id)
    office.busy(address(number), slot.start)
    tick(office)
    assert seen() == "vanished"


def test_a_booking_outside_the_window_read_is_left_alone(office: Office, staffed: Staffed) -> None:
    slot = office.free()[0]
    booking = office.book(slot.start).booking
    (placement,) = _placements(office, booking.id)
    number = next(n for n in range(1, _TOWN + 1) if office.events(address(n)))
    far = timedelta(days=300)
    staffed.change_foreign(
        office.ref(address(number)), placement.event_id, Period(slot.start + far, slot.end + far)
    )
    office.desk.store.transact(
        lambda uow: uow.placements.change(
            placement.key, starts_at=slot.start + far, ends_at=slot.end + far
        )
    )
    staffed.requests.clear()
    tick(office)
    assert staffed.requests["get"] == 0
    assert _placements(office, booking.id)[0].seen == ""


def test_an_event_that_is_there_although_it_is_not_told_stays(
    office: Office, staffed: Staffed, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = office.free()[0]
    booking = office.book(slot.start).booking
    number = next(n for n in range(1, _TOWN + 1) if office.events(address(n)))

    def half(**arguments: object) -> ChangeSet:
        found = MemoryConnector.changes(staffed, **arguments)  # type: ignore[arg-type]
        return ChangeSet((), frozenset(), frozenset(), found.sync_state)

    monkeypatch.setattr(staffed, "changes", half)
    tick(office)
    assert _placements(office, booking.id)[0].seen == ""
    assert blocked(office, slot.start, number)


def test_without_a_word_on_its_own_event_a_reading_is_not_believed(
    office: Office, staffed: Staffed
) -> None:
    slot = office.free()[0]
    booking = office.book(slot.start).booking
    number = next(n for n in range(1, _TOWN + 1) if office.events(address(n)))
    (event,) = staffed.events(office.ref(address(number)))
    staffed.remove(office.ref(address(number)), event.ref.id)
    staffed.fail_next("get", TryLater("slow"))
    tick(office)
    assert row(office, number).failures == 1
    assert _placements(office, booking.id)[0].seen == ""
    tick(office)
    assert _placements(office, booking.id)[0].seen == "vanished"


def _placements(office: Office, booking_id: str):  # type: ignore[no-untyped-def]
    with office.desk.store.read() as uow:
        return uow.placements.of_booking(booking_id)
