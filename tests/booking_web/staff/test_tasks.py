"""What the office has to do, on its page: words, the button, the link that somebody pastes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking import tasks
from booking.placement.meetings import missing_name
from booking.store import UnitOfWork
from booking.tasks import TaskKind, owe_task
from booking_web.app import create_app
from tests.booking_web.desk import House, house
from tests.booking_web.pages import press, sign_in
from tests.booking_web.test_routes import make_world

LINK = "https://teams.microsoft.com/l/meetup-join/19%3ameeting"


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


def owe(home: House, **other: Any) -> None:
    def work(uow: UnitOfWork) -> None:
        owe_task(uow, municipality="kavala", **other)

    home.desk.store.transact(work)


def client(app: Flask, user: str) -> FlaskClient:
    made = app.test_client()
    sign_in(made, user)
    return made


def test_a_task_says_what_to_do_and_is_done_with_a_button(home: House) -> None:
    app = create_app(home.desk)
    kavala = client(app, "staff-kavala")
    assert "Δεν υπάρχει καμία ενέργεια" in kavala.get("/staff/tasks").text
    assert "περιμένει το γραφείο" not in kavala.get("/staff/").text
    error = "Run: Grant-CsApplicationAccessPolicy <now>"
    kind = TaskKind.MEETING_NOT_SECURED
    mailbox = home.mailbox_id("grafeio1@kavala.example")
    owe(home, kind=kind, name="a", mailbox_id=mailbox, detail={"error": error})
    assert "1 ενέργεια περιμένει το γραφείο" in kavala.get("/staff/").text
    page = kavala.get("/staff/tasks")
    assert "Grant-CsApplicationAccessPolicy &lt;now&gt;" in page.text
    assert "grafeio1@kavala.example" in page.text
    assert "Δεν υπάρχει καμία ενέργεια" in client(app, "staff-kalamata").get("/staff/tasks").text
    (task,) = tasks.open_tasks(home.desk, municipality=None)
    url = f"/staff/tasks/{task.id}/done"
    assert kavala.get(url).status_code == 405
    assert kavala.post(url).status_code == 400  # without the token of the form
    answer = press(kavala, "/staff/tasks", url)
    assert (answer.status_code, answer.location) == (303, "/staff/tasks")
    assert tasks.count_open(home.desk) == 0


def test_every_kind_has_words_in_both_languages(home: House) -> None:
    for kind in TaskKind:
        owe(home, kind=kind, name=kind.value)
    kavala = client(create_app(home.desk), "staff-kavala")
    greek, english = (
        kavala.get("/staff/tasks?lang=el").text,
        kavala.get("/staff/tasks?lang=en").text,
    )
    assert greek.count('<h2 id="energeia-') == len(TaskKind)
    assert english.count('<h2 id="energeia-') == len(TaskKind)
    assert "A calendar changed all at once" in english
    assert "Ένα ημερολόγιο άλλαξε απότομα" in greek


def test_administrators_see_every_office_and_in_english(home: House) -> None:
    owe(home, kind=TaskKind.MEETING_NOT_SECURED, name="a")
    admin = client(create_app(home.desk), "admin")
    assert "/staff/tasks" in admin.get("/admin/").text
    page = admin.get("/staff/tasks?lang=en")
    assert "Tasks for the office" in page.text
    assert "Video appointments take place without a lobby" in page.text


def test_a_pasted_link_is_stored_and_settles_the_task(tmp_path: Path) -> None:
    world = make_world(tmp_path, csrf=False)
    reference = world.booked["citizen_a"]["reference"]
    with world.home.desk.store.read() as uow:
        row = uow.bookings.by_reference(reference)
        assert row is not None
        (placement,) = uow.placements.of_booking(row.id)
    owe(
        world.home,
        kind=TaskKind.MEETING_LINK_MISSING,
        name=missing_name(placement.key),
        booking_id=row.id,
    )
    kavala = world.clients["staff_own"]
    page = kavala.get("/staff/tasks").text
    assert f'href="/staff/bookings/{reference}"' in page
    url = f"/staff/bookings/{reference}/meeting-link"
    refused = kavala.post(url, data={"link": "teams.microsoft.com"})
    assert refused.status_code == 422
    assert "αρχίζει από https://" in refused.text
    assert "/staff/tasks?lang=en" in refused.text  # its own path takes no GET
    assert world.clients["staff_other"].post(url, data={"link": LINK}).status_code == 404
    assert kavala.post(url, data={"link": f" {LINK} "}).status_code == 303
    assert reference not in kavala.get("/staff/tasks").text
    assert LINK in kavala.get(f"/staff/bookings/{reference}").text
