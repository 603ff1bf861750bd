"""Conflicts that end because somebody of the office, or the employee, makes room."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.model import BookingState, NotOffered, WrongState
from booking.office import deciding
from booking.office.noticed import noticed
from tests.reconciling.conftest import Scene


def test_an_appointment_that_is_cut_short_is_in_nobodys_way(scene: Scene) -> None:
    start = scene.view.period.start
    scene.office.busy(scene.view.mailbox, start + timedelta(minutes=20), 30)
    scene.look()
    assert scene.view.state is BookingState.CONFLICT
    scene.mails()
    scene.move(start, minutes=15)
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    assert scene.view.period.end == start + timedelta(minutes=15)
    assert len(scene.mails()) == 1
    assert scene.tasks() == []


def test_only_the_own_office_decides_and_only_while_there_is_a_conflict(scene: Scene) -> None:
    scene.office.busy(scene.view.mailbox, scene.view.period.start)
    scene.look()
    (task,) = scene.tasks()
    found = noticed(scene.office.desk, reference=scene.view.reference)
    assert found is not None
    assert (found.seen, found.stands_at) == ("overlapped", scene.view.period)
    with pytest.raises(NotOffered):
        deciding.takes_place(
            scene.office.desk, task_id=task.id, municipality="elsewhere", by="staff"
        )
    deciding.takes_place(scene.office.desk, task_id=task.id, municipality="town", by="staff")
    scene.look()
    assert scene.view.state is BookingState.CONFIRMED
    with pytest.raises(WrongState):
        deciding.takes_place(scene.office.desk, task_id=task.id, municipality=None, by="staff")
    with pytest.raises(NotOffered):
        deciding.believe(scene.office.desk, task_id=task.id, municipality=None, by="staff")
