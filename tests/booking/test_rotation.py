"""Another key: everything is sealed anew, limits still know people, and the old key may go."""

from __future__ import annotations

import pytest

from booking import drafts, erasing, managing
from booking.office import secrets as stored_secrets
from booking.store import EncryptionError, Keys, key_uses, rotate
from booking.store.marks import every_mark
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN


def know(office: Office, *keys: Keys) -> None:
    """The processes were restarted with these keys; the first one writes."""
    office.desk.store.keys = Keys({name: key for each in keys for name, key in each.by_id.items()})


def test_after_a_rotation_the_old_key_is_not_needed(office: Office) -> None:
    old, new = office.desk.store.keys, Keys.parse(Keys.generate("new"))
    booked = [
        office.book(slot.start, key=str(slot.start)).booking for slot in office.free()[::2][:3]
    ]
    erasing.ask(office.desk, booking_id=booked[2].id)
    draft = drafts.create(office.desk, values={"name": "Μαρία"})
    stored_secrets.set_secret(office.desk, name="caldav", value="hunter2")
    token = managing.token_for(office.desk, booking_id=booked[0].id)
    know(office, new, old)
    told: list[tuple[str, int]] = []
    assert rotate(office.desk.store, tell=lambda *line: told.append(line)) == 5
    assert told == [("booking", 3), ("draft", 1), ("secret", 1)]
    assert rotate(office.desk.store) == 0
    know(office, new)
    assert office.view(booked[0].id).citizen == CITIZEN
    assert drafts.load(office.desk, draft_id=draft) == {"name": "Μαρία"}
    assert stored_secrets.get(office.desk, name="caldav") == "hunter2"
    with office.desk.store.read() as uow:
        row = uow.bookings.get(booked[0].id)
    assert row is not None
    keys = office.desk.store.keys
    assert (row.person_hash,) == every_mark(keys, "person", row.personal.person)
    assert (row.email_hash,) == every_mark(keys, "email", CITIZEN.email)
    # Its link was mailed under the old key, and works until a new one is.
    assert managing.by_token(office.desk, token=token).id == booked[0].id


def test_what_each_key_is_needed_for_is_told(office: Office) -> None:
    old, new = office.desk.store.keys, Keys.parse(Keys.generate("new"))
    booked = office.book(office.free()[0].start).booking
    know(office, new, old)
    first, second = key_uses(office.desk.store)
    assert (first.name, first.writes, first.needed) == ("new", True, True)
    assert (second.sealed["booking"], second.links) == (1, 1)
    assert second.links_until == booked.period.end
    rotate(office.desk.store)
    _, second = key_uses(office.desk.store)
    assert (sum(second.sealed.values()), second.links, second.needed) == (0, 1, True)
    office.clock.now = booked.period.end
    _, second = key_uses(office.desk.store)
    assert not second.needed


def test_a_key_that_is_missing_is_named_and_nothing_is_lost(office: Office) -> None:
    old, new = office.desk.store.keys, Keys.parse(Keys.generate("new"))
    booked = office.book(office.free()[0].start).booking
    know(office, new)
    with pytest.raises(EncryptionError, match="'k1' is missing"):
        rotate(office.desk.store)
    missing = key_uses(office.desk.store)[-1]
    assert (missing.name, missing.known, missing.needed) == (old.current, False, True)
    know(office, old)
    assert office.view(booked.id).citizen == CITIZEN


def test_a_change_of_channel_works_after_its_key_is_gone(office: Office) -> None:
    """The room of a meeting was derived from it."""
    from booking import rescheduling

    booked = office.book(office.free()[0].start).booking
    old, new = office.desk.store.keys, Keys.parse(Keys.generate("new"))
    know(office, new, old)
    rotate(office.desk.store)
    know(office, new)
    rescheduling.reschedule(
        office.desk,
        booking_id=booked.id,
        starts_at=None,
        citizen=None,
        answers=None,
        channel=Channel.TELECONFERENCE,
    )
    office.drain()
    found = office.view(booked.id)
    assert found.channel is Channel.TELECONFERENCE
    assert found.meeting_url.startswith("https://meet.example.gr/rantevou-")
