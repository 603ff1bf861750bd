"""A booking that was rebuilt from its event has no contact data: no page stumbles over that."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from booking import catalogue
from booking.model import Citizen
from booking.store import UnitOfWork
from booking.store.bookings import Personal
from booking.tasks import TaskKind, owe_task
from booking.tokens import token_of
from booking_web.app import create_app
from tests.booking_web.desk import house
from tests.booking_web.pages import sign_in

ID = "a" * 24


def test_pages_of_a_rebuilt_booking(tmp_path: Path) -> None:
    home = house(tmp_path)
    keys = home.desk.store.keys
    token = token_of(keys, booking_id=ID, key_id=keys.current, generation=1)
    service = catalogue.municipality(home.desk, "kavala").services[0]
    mailbox = home.mailbox_id("grafeio1@kavala.example")

    def work(uow: UnitOfWork) -> None:
        start = uow.now + timedelta(days=1)
        uow.bookings.add(
            booking_id=ID, personal=Personal(Citizen("", "", ""), {}, {}), reference="K7M-4QX",
            state="confirmed", version=1, sequence=0, municipality="kavala", language="el",
            service_id=f"kavala.{service.key}", channel=service.channels[0].channel.value,
            starts_at=start, ends_at=start + timedelta(minutes=30), mailbox_id=mailbox,
            consent_version="", token_hash=token.hash, token_key=token.key_id,
            token_generation=1, created_at=uow.now, changed_at=uow.now,
        )  # fmt: skip
        owe_task(uow, kind=TaskKind.CONTACT_LOST, municipality="kavala", booking_id=ID, name="x")

    home.desk.store.transact(work)
    app = create_app(home.desk)
    staff = app.test_client()
    sign_in(staff, "staff-kavala")
    assert staff.get("/staff/bookings/K7M-4QX").status_code == 200
    listed = staff.get("/staff/tasks").text
    assert "Χάθηκαν τα στοιχεία επικοινωνίας ενός ραντεβού" in listed
    assert "K7M-4QX" in listed
    citizen = app.test_client()
    assert citizen.get(f"/r/{token.value}", follow_redirects=True).status_code == 200
    file = citizen.get("/booking/K7M-4QX/calendar.ics")
    assert file.status_code == 200
    assert b"BEGIN:VEVENT" in file.data
    home.desk.store.close()
