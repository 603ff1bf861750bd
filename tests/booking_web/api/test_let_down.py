"""What the office did to an appointment, as the API says it."""

from __future__ import annotations

from booking import managing
from booking.model import BookingState
from booking.reconciling.sights import COMPLETED
from tests.booking_web.api.conftest import Api
from tests.booking_web.api.test_bookings import bearer
from tests.booking_web.citizen.test_let_down import event_of, look
from tests.booking_web.desk import House


def test_a_deleted_appointment_says_why_and_takes_a_new_time(api: Api, home: House) -> None:
    booked = api.book().get_json()
    path, headers = f"/bookings/{booked['reference']}", bearer(booked)
    look(home)
    assert api("GET", path, headers=headers).get_json()["reason"] is None
    view = managing.by_reference(home.desk, reference=booked["reference"])
    home.memory.remove(*event_of(home, view))
    look(home)
    look(home, seconds=601)
    shown = api("GET", path, headers=headers).get_json()
    assert (shown["state"], shown["reason"]) == ("released", "office_deleted")
    answer = api("PATCH", path, headers=headers, json={"starts_at": api.slots()[3]})
    assert answer.status_code == 200, answer.text
    assert (answer.get_json()["state"], answer.get_json()["reason"]) == ("confirmed", None)


def test_an_appointment_with_an_outcome_is_changed_and_cancelled_no_more(
    api: Api, home: House
) -> None:
    booked = api.book().get_json()
    path, headers = f"/bookings/{booked['reference']}", bearer(booked)
    look(home)
    view = managing.by_reference(home.desk, reference=booked["reference"])
    ref, event_id = event_of(home, view)
    home.clock.at = view.period.start
    home.read_calendars()
    home.memory.edit(ref, event_id, categories=(COMPLETED,))
    look(home)
    assert api("GET", path, headers=headers).get_json()["state"] == "completed"
    change = {"starts_at": api.slots()[3]}
    assert api("PATCH", path, headers=headers, json=change).status_code == 409
    assert api("DELETE", path, headers=headers).status_code == 409
    after = managing.by_reference(home.desk, reference=booked["reference"])
    assert after.state is BookingState.COMPLETED
