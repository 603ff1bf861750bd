"""Somebody reads a calendar while a booking is written there, and so hears of what staff did in
between before there is a booking that it could concern. It is not told a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from booking import cancelling
from booking.calendars.noticing import VANISHED
from booking.model import BookingState
from booking.rescheduling import reschedule
from connectors.contract import EventDraft
from tests.booking.conftest import Office
from tests.reconciling.conftest import A_MINUTE, GRACE, SETTLED, Scene


def instead(
    monkeypatch: pytest.MonkeyPatch, office: Office, call: str, deed: Callable[[Any], Any]
) -> None:
    """``deed`` gets what the next call ``call`` of the calendar asks, and answers it."""

    def once(**asked: Any) -> Any:
        monkeypatch.undo()
        return deed(asked)

    monkeypatch.setattr(office.memory, call, once)


def booked(office: Office) -> Scene:
    """A second booking of the office, confirmed whatever happened meanwhile."""
    made = Scene(office, office.book(office.at(3, 10, 20), key="another").booking.id)
    assert made.view.state is BookingState.CONFIRMED
    return made


def own_in_replica(office: Office, address: str) -> list[str]:
    with office.desk.store.read() as uow:
        rows = uow.replicas.resources(office.mailbox_id(address))
    return [row.own_key for row in rows if row.own_key]


def test_a_meeting_that_came_between_look_and_write_is_a_conflict(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_scene().office

    def deed(asked: Any) -> Any:
        office.busy(asked["mailbox"].address, asked["draft"].period.start)
        office.read_all()
        return office.memory.create(**asked)

    instead(monkeypatch, office, "create", deed)
    scene = booked(office)
    scene.look(seconds=A_MINUTE)
    scene.look(seconds=A_MINUTE)
    assert scene.view.state is BookingState.CONFLICT
    assert scene.tasks(), "somebody of the office has to decide"


def test_a_meeting_that_came_between_look_and_move_is_a_conflict(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    office, later = scene.office, scene.office.at(3, 10, 20)

    def deed(asked: Any) -> Any:
        office.busy(scene.view.mailbox, later)
        office.read_all()
        return office.memory.update(**asked)

    instead(monkeypatch, office, "update", deed)
    reschedule(
        office.desk, booking_id=scene.booking_id, starts_at=later, citizen=None, answers=None
    )
    assert scene.event.period == scene.view.period
    assert scene.view.period.start == later
    scene.look(seconds=A_MINUTE)
    scene.look(seconds=A_MINUTE)
    assert scene.view.state is BookingState.CONFLICT


def test_an_event_deleted_before_it_was_recorded_is_missed_and_its_time_is_free_again(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_scene().office

    def deed(asked: Any) -> Any:
        back = office.memory.get(**asked)
        office.memory.remove(asked["mailbox"], back.ref.id)
        office.read_all()
        return back

    instead(monkeypatch, office, "get", deed)
    scene = booked(office)
    scene.look(seconds=A_MINUTE)
    scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.RELEASED
    assert not [
        key for key in own_in_replica(office, scene.view.mailbox) if scene.booking_id in key
    ]


def test_an_event_deleted_before_its_move_was_recorded_is_missed_and_its_time_is_free_again(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    office, later = scene.office, scene.office.at(3, 10, 20)

    def deed(asked: Any) -> Any:
        moved = office.memory.update(**asked)
        instead(monkeypatch, office, "get", deletion)
        return moved

    def deletion(asked: Any) -> Any:
        back = office.memory.get(**asked)
        scene.delete()
        office.read_all()
        assert own_in_replica(office, scene.view.mailbox) == []
        return back

    instead(monkeypatch, office, "update", deed)
    reschedule(
        office.desk, booking_id=scene.booking_id, starts_at=later, citizen=None, answers=None
    )
    assert scene.view.period.start == later
    scene.look(seconds=A_MINUTE)
    scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.RELEASED
    assert own_in_replica(office, scene.view.mailbox) == []


def test_an_event_taken_out_of_the_bin_before_its_removal_was_recorded_takes_its_time(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    office, address = scene.office, scene.view.mailbox

    def deed(asked: Any) -> Any:
        event = scene.event
        office.memory.delete(**asked)
        office.memory.create(
            mailbox=asked["mailbox"],
            draft=EventDraft(event.period, event.subject, event.body, event.reference),
            key=event.key,
            deadline=asked["deadline"],
        )
        office.read_all()

    instead(monkeypatch, office, "delete", deed)
    cancelling.cancel(office.desk, booking_id=scene.booking_id)
    office.drain()
    assert own_in_replica(office, address), "it stands, and nothing would tell of it again"


def test_a_deletion_after_a_reading_that_was_too_early_can_be_taken_back_as_long_as_any(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads sees no event, then it is written and confirmed, then that reading is recorded."""
    office = make_scene().office
    made: list[Scene] = []

    def deed(asked: Any) -> Any:
        answer = office.memory.changes(**asked)
        made.append(booked(office))
        return answer

    instead(monkeypatch, office, "changes", deed)
    office.read_all(full=True)
    (scene,) = made
    assert scene.placement.seen == VANISHED, "else nothing of this is of interest"
    office.clock.forward(seconds=20)
    scene.delete()
    scene.look(seconds=SETTLED)
    scene.look(seconds=GRACE - SETTLED - 10)
    assert scene.view.state is BookingState.CONFIRMED
    scene.look(seconds=SETTLED + 10)
    assert scene.view.state is BookingState.RELEASED
