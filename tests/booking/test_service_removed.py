"""A service leaves the mapping file while people have appointments for it: they are told all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from booking import catalogue
from booking.cancelling import cancel
from booking.model import BookingState
from booking.office import importing
from booking.tasks import TaskKind
from connectors.errors import TryLater
from tests.booking.conftest import Office
from tests.reconciling.conftest import GRACE, Scene, make_scene

__all__ = ["make_scene"]


def remove_service(office: Office) -> None:
    smaller = replace(office.town, services=())
    importing.import_mapping(office.desk, text="no services", municipality=smaller, by="test")


def test_whom_staff_let_down_is_told(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene()
    scene.office.clock.forward(minutes=2)
    remove_service(scene.office)
    scene.delete()
    scene.look()
    scene.look(seconds=GRACE)
    assert scene.view.state is BookingState.RELEASED
    (mail,) = scene.mails()
    assert "η υπηρεσία ακύρωσε το ραντεβού σας" in mail.text


def test_who_cancels_and_who_was_moved_is_told(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene()
    remove_service(scene.office)
    scene.move(scene.office.at(2, 12, 20))
    scene.look()
    (moved,) = scene.mails()
    assert "12:20" in moved.text
    cancel(scene.office.desk, booking_id=scene.booking_id)
    scene.office.settle(rounds=3)
    (cancelled,) = scene.mails()
    assert "ακυρώθηκε" in cancelled.subject + cancelled.text


def test_whose_appointment_could_not_be_written_yet_is_told(office: Office) -> None:
    office.memory.fail_always(TryLater("down"))
    booked = office.book(office.at(4, 9)).booking
    assert booked.state is BookingState.PENDING
    remove_service(office)
    office.memory.fail_always(None)
    office.settle(rounds=3)
    assert office.view(booked.id).state is BookingState.RELEASED
    (mail,) = office.post.sent
    assert booked.reference in mail.text
    assert office.all_events() == []


def test_whose_event_may_be_there_all_the_same_waits_for_half_an_hour(office: Office) -> None:
    """Nobody looks for the event any more; if it turns up, it is removed."""
    office.memory.fail_next("create", TryLater("lost", outcome_unknown=True), effect_happened=True)
    office.memory.fail_next("find", TryLater("down"))
    booked = office.book(office.at(4, 9)).booking
    assert booked.state is BookingState.PENDING
    assert len(office.all_events()) == 1
    remove_service(office)
    for _ in range(32):
        office.drain(seconds=60)
    assert office.view(booked.id).state is BookingState.RELEASED
    (mail,) = office.post.sent
    assert booked.reference in mail.text
    office.settle(rounds=40)
    assert office.all_events() == []


def test_where_nobody_knows_the_service_the_office_calls(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    remove_service(scene.office)
    monkeypatch.setattr(catalogue, "_FORMER", 1)
    scene.move(scene.office.at(2, 12, 20))
    scene.look()
    assert scene.view.period.start == scene.office.at(2, 12, 20)
    assert scene.mails() == []
    assert [task.kind for task in scene.tasks()] == [TaskKind.MAIL_NOT_SENT]


def test_what_mails_say_of_a_service_is_the_present_where_there_is_one(office: Office) -> None:
    (service,) = office.town.services
    longer = replace(office.town, services=(replace(service, duration_minutes=35),))
    importing.import_mapping(office.desk, text="longer", municipality=longer, by="test")
    _, found = catalogue.once_offered(office.desk, "town.papers")
    assert timedelta(minutes=found.duration_minutes) == timedelta(minutes=35)
