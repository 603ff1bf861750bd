"""What the office decides about conflicts, absences and alarming calendars, on its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import lxml.html
import pytest
from flask.testing import FlaskClient

from booking import managing, outbox, tasks
from booking.model import BookingState, BookingView, Reason
from booking.tasks import OfficeTask, TaskKind
from booking_web.app import create_app
from connectors.contract import MailboxRef, Period
from connectors.deadline import Deadline
from tests.booking_web.api.conftest import Api
from tests.booking_web.citizen.test_unsettled import Post
from tests.booking_web.desk import House, house
from tests.booking_web.pages import press, sign_in

#: Two calendars deliver housing benefits in Kalamata.
POOL = ("pronoia1@kalamata.example", "pronoia2@kalamata.example")


@dataclass
class Scene:
    """Bookings of one service, the other side of its calendars, and people of the office."""

    home: House
    api: Api
    staff: FlaskClient
    other: FlaskClient
    post: Post

    def book(self) -> BookingView:
        answer = self.api.book(answers={"afm": "090000045"})
        assert answer.status_code == 201, answer.text
        return self.view(answer.get_json()["reference"])

    def view(self, reference: str) -> BookingView:
        return managing.by_reference(self.home.desk, reference=reference)

    def ref(self, address: str) -> MailboxRef:
        return next(each for each in self.home.mailboxes() if each.address == address)

    def busy(self, address: str, start: datetime, minutes: int) -> str:
        period = Period(start, start + timedelta(minutes=minutes))
        return self.home.memory.put_foreign(self.ref(address), period)

    def look(self, *, seconds: float = 31) -> None:
        """The calendars are read, and what is owed is carried out."""
        self.home.read_calendars()
        self.home.clock.forward(seconds=seconds)
        self.home.read_calendars()
        for _ in range(3):
            outbox.drain(self.home.desk, mailer=self.post, limit=100, deadline=Deadline.after(60))
            self.home.clock.forward(seconds=1)

    def task(self) -> OfficeTask:
        (found,) = tasks.open_tasks(self.home.desk, municipality="kalamata")
        return found

    def told(self) -> list[str]:
        """Subjects of the mails since the last time that somebody asked."""
        found = [each.subject for each in self.post.sent]
        self.post.sent.clear()
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    home = house(tmp_path)
    app = create_app(home.desk)
    staff, other = app.test_client(), app.test_client()
    sign_in(staff, "staff-kalamata")
    sign_in(other, "staff-kavala")
    made = Scene(home, Api(app.test_client()), staff, other, Post())
    yield made
    home.desk.store.close()


def words(page: str) -> str:
    return " ".join(str(lxml.html.fromstring(page).text_content()).split())


def conflict(scene: Scene) -> BookingView:
    """Something lies over an appointment, in both calendars."""
    booked = scene.book()
    scene.look()
    for address in POOL:
        scene.busy(address, booked.period.start, 30)
    scene.look()
    view = scene.view(booked.reference)
    assert (view.state, view.reason) == (BookingState.CONFLICT, Reason.CALENDAR_BUSY)
    scene.told()
    return view


def test_what_takes_place_all_the_same_is_confirmed_with_one_button(scene: Scene) -> None:
    view = conflict(scene)
    task = scene.task()
    assert task.kind is TaskKind.APPOINTMENT_IN_THE_WAY
    url = f"/staff/tasks/{task.id}/stands"
    page = scene.staff.get(f"/staff/bookings/{view.reference}").text
    assert "Άλλη εγγραφή στο ημερολόγιο την ίδια ώρα" in page
    assert "Υπάρχει άλλη εγγραφή την ίδια ώρα" in page
    assert scene.other.get(f"/staff/tasks/{task.id}").status_code == 404
    assert scene.staff.get(url).status_code == 405
    assert scene.staff.post(url).status_code == 400  # without the token of the form
    answer = press(scene.staff, "/staff/tasks", url)
    assert answer.status_code == 303
    assert "Το ραντεβού γίνεται κανονικά" in scene.staff.get("/staff/tasks").text
    scene.look()
    scene.look()
    after = scene.view(view.reference)
    assert (after.state, after.reason) == (BookingState.CONFIRMED, Reason.NONE)
    assert len(scene.told()) == 1
    page = scene.staff.get(f"/staff/bookings/{view.reference}?lang=en").text
    assert "It takes place, whatever other entry there is" in page
    assert tasks.count_open(scene.home.desk) == 0


def test_a_button_for_a_conflict_that_is_over_changes_nothing(scene: Scene) -> None:
    view = conflict(scene)
    url = f"/staff/tasks/{scene.task().id}/stands"
    page = scene.staff.get("/staff/tasks")
    token = lxml.html.fromstring(page.text).xpath("//input[@name='csrf_token']/@value")[0]
    for event in list(scene.home.memory.events(scene.ref(view.mailbox))):
        if event.key is None:
            scene.home.memory.remove(scene.ref(view.mailbox), event.ref.id)
    scene.look()
    assert scene.view(view.reference).state is BookingState.CONFIRMED
    assert scene.staff.post(url, data={"csrf_token": token}).status_code == 303
    assert "Το εμπόδιο δεν υπάρχει πια" in scene.staff.get("/staff/tasks").text


def test_an_appointment_moved_onto_another_one_takes_place_there(scene: Scene) -> None:
    scene.busy(POOL[1], scene.home.clock.at, 7 * 24 * 60)
    scene.home.read_calendars()
    first, second = scene.book(), scene.book()
    assert (first.mailbox, second.mailbox) == (POOL[0], POOL[0])
    scene.look()
    scene.told()
    event = next(
        each
        for each in scene.home.memory.events(scene.ref(first.mailbox))
        if each.key is not None and each.key.startswith(first.id)
    )
    target = Period(second.period.start, second.period.start + first.period.duration)
    scene.home.memory.change_foreign(scene.ref(first.mailbox), event.ref.id, target)
    scene.look()
    view = scene.view(first.reference)
    assert (view.state, view.reason) == (BookingState.CONFLICT, Reason.OFFICE_MOVED)
    task = scene.task()
    assert task.kind is TaskKind.MOVED_TO_IMPOSSIBLE
    page = words(scene.staff.get("/staff/tasks").text)
    assert "Στο ημερολόγιο τώρα" in page
    press(scene.staff, "/staff/tasks", f"/staff/tasks/{task.id}/stands")
    scene.look()
    after = scene.view(first.reference)
    assert (after.state, after.period) == (BookingState.CONFIRMED, target)


def test_an_absence_is_shown_whole_and_confirmed_once(scene: Scene) -> None:
    booked = scene.book()
    scene.look()
    scene.told()
    scene.busy(booked.mailbox, booked.period.start - timedelta(hours=3), 600)
    scene.look()
    task = scene.task()
    assert task.kind is TaskKind.ABSENCE
    url = f"/staff/tasks/{task.id}"
    assert f'href="{url}"' in scene.staff.get("/staff/tasks").text
    page = scene.staff.get(url)
    for told in (booked.reference, "Ελένη Δοκιμαστική", "Αναλαμβάνει συνάδελφος"):
        assert told in words(page.text), told
    assert "A colleague takes over" in scene.staff.get(f"{url}?lang=en").text
    assert scene.other.get(url).status_code == 404
    answer = press(scene.staff, url, f"{url}/absence", shown=booked.reference)
    assert answer.status_code == 303
    scene.look()
    after = scene.view(booked.reference)
    assert (after.state, after.mailbox != booked.mailbox) == (BookingState.CONFIRMED, True)
    assert scene.told() == []
    assert "Κανένα ραντεβού" not in scene.staff.get("/staff/tasks").text
    assert scene.staff.get(url).status_code == 200  # who kept the page open finds it done


def test_appointments_of_somebody_away_may_take_place_all_the_same(scene: Scene) -> None:
    booked = scene.book()
    scene.look()
    scene.busy(booked.mailbox, booked.period.start - timedelta(hours=3), 600)
    scene.look()
    url = f"/staff/tasks/{scene.task().id}"
    press(scene.staff, url, f"{url}/absence", shown=booked.reference, all="1")
    for _ in range(3):
        scene.look(seconds=3600)
    after = scene.view(booked.reference)
    assert (after.state, after.mailbox) == (BookingState.CONFIRMED, booked.mailbox)
    assert tasks.count_open(scene.home.desk) == 0


def test_an_alarming_calendar_waits_for_somebody_to_say_that_it_is_right(scene: Scene) -> None:
    scene.busy(POOL[1], scene.home.clock.at, 7 * 24 * 60)
    scene.home.read_calendars()
    booked = [scene.book() for _ in range(3)]
    scene.look(seconds=61)  # what was just written may be missing in a reading
    scene.told()
    ref = scene.ref(POOL[0])
    for event in list(scene.home.memory.events(ref)):
        scene.home.memory.remove(ref, event.ref.id)
    scene.look()
    scene.look(seconds=601)
    assert scene.told() == []
    task = scene.task()
    assert task.kind is TaskKind.CALENDAR_ALARMING
    page = scene.staff.get("/staff/tasks")
    assert "Ένα ημερολόγιο άλλαξε απότομα" in page.text
    assert f'action="/staff/tasks/{task.id}/done"' not in page.text
    url = f"/staff/tasks/{task.id}/believe"
    assert "3 of 3 appointments vanished at once" in page.text
    assert scene.other.get(f"/staff/tasks/{task.id}").status_code == 404
    press(scene.staff, "/staff/tasks", url)
    scene.look()
    assert tasks.count_open(scene.home.desk) == 0
    assert scene.told() == []  # the second look comes after the grace
    page = scene.staff.get(f"/staff/bookings/{booked[0].reference}?lang=en")
    assert "If it does not come back, the citizen is told" in page.text
    scene.look(seconds=601)
    assert {scene.view(each.reference).state for each in booked} == {BookingState.RELEASED}
    assert len(scene.told()) == 3
    page = scene.staff.get(f"/staff/bookings/{booked[0].reference}?lang=el")
    assert "Ακυρώθηκε από την υπηρεσία" in page.text
