"""An employee leaves: the mapping drops the calendar, and the office is shown what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from booking import catalogue, tasks
from booking.model import BookingView
from booking.office import importing, leaving
from booking.tasks import TaskKind
from booking_web.app import create_app
from mapping.model import Municipality
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.test_unsettled import Post
from tests.booking_web.desk import house
from tests.booking_web.pages import sign_in
from tests.booking_web.staff.test_deciding import Scene, words


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    home = house(tmp_path)
    app = create_app(home.desk)
    staff, other = app.test_client(), app.test_client()
    sign_in(staff, "staff-kalamata")
    sign_in(other, "staff-kavala")
    yield Scene(home, Api(app.test_client()), staff, other, Post())
    home.desk.store.close()


def without(within: Municipality, address: str) -> Municipality:
    """The mapping after the owner of a calendar has left."""
    (other,) = {each.address for each in within.mailboxes} - {address}
    services = tuple(
        replace(
            service,
            channels=tuple(replace(each, mailboxes=(other,)) for each in service.channels),
        )
        for service in within.services
    )
    mailboxes = tuple(each for each in within.mailboxes if each.address != address)
    return replace(within, services=services, mailboxes=mailboxes)


def drop(scene: Scene, booked: BookingView) -> None:
    within = catalogue.municipality(scene.home.desk, "kalamata")
    importing.import_mapping(
        scene.home.desk, text="left", municipality=without(within, booked.mailbox), by="test"
    )


def test_the_office_sees_what_stays_behind(scene: Scene) -> None:
    booked = scene.book()
    within = catalogue.municipality(scene.home.desk, "kalamata")
    planned = leaving.left_behind(scene.home.desk, municipality=without(within, booked.mailbox))
    assert {address: [each.reference for each in views] for address, views in planned.items()} == {
        booked.mailbox: [booked.reference]
    }
    assert tasks.open_tasks(scene.home.desk, municipality=None) == ()

    drop(scene, booked)
    task = scene.task()
    assert (task.kind, task.address) == (TaskKind.LEFT_BEHIND, booked.mailbox)
    listed = words(scene.staff.get("/staff/tasks").text)
    assert "Ένα ημερολόγιο δεν συμμετέχει πια, και έχει ραντεβού" in listed
    page = scene.staff.get(f"/staff/tasks/{task.id}").text
    assert f'href="/staff/bookings/{booked.reference}"' in page
    assert "1 ραντεβού μένει" in words(page)
    assert scene.other.get(f"/staff/tasks/{task.id}").status_code == 404


def test_a_calendar_without_appointments_ahead_is_nobodys_task(scene: Scene) -> None:
    booked = scene.book()
    scene.home.clock.forward(days=60)
    drop(scene, booked)
    assert tasks.open_tasks(scene.home.desk, municipality=None) == ()
