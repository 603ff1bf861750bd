"""Storms in short: exactly as many winners as employees, no server error, no deadlock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from booking import holds
from booking.model import BookingState
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.test_storm import at_once
from tests.booking.town import SERVICE
from tests.faults.storm import deadlocks, storm
from tests.servers.postgres import create_database, drop_database

CLIENTS = 50


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres_server")
    name = f"storms_{uuid.uuid4().hex[:12]}"
    yield create_database(server, name)
    drop_database(server, name)


def test_rounds_of_many_clients_for_the_slots_of_two_employees(url: str, tmp_path: Path) -> None:
    with storm(tmp_path, employees=2, database_url=url) as town:
        for number in range(3):
            done = town.round(number, CLIENTS)
            assert done.exact, str(done)
    if url:
        assert deadlocks(url) == 0


def test_at_the_instant_of_expiry_either_the_owner_or_one_other_has_the_slot(
    office: Office,
) -> None:
    """The owner presses the button and twenty others choose the slot, all at the same instant:
    one thousandth before the hold expires, at its end, and one thousandth after it."""
    slots = office.free()
    for slot, milliseconds in zip(slots[::2], (-1, 0, 1), strict=False):
        mine = _take(office, slot.start, "me")
        office.clock.forward(minutes=10, milliseconds=milliseconds)
        office.read_all()

        def press(number: int, start: datetime = slot.start, mine: str = mine) -> str:
            if number == 0:
                done = office.book(start, key=f"key {mine}", hold_id=mine)
                return "owner" if done.booking.state is BookingState.CONFIRMED else "lost"
            _take(office, start, f"{mine} {number}")
            return "other"

        outcomes = at_once(21, press)
        if milliseconds < 0:
            assert outcomes == {"owner": 1, "SlotTaken": 20}
        else:
            assert outcomes == {"HoldLapsed": 1, "other": 1, "SlotTaken": 19}
    assert len(office.all_events()) == 1


def _take(office: Office, start: datetime, session: str) -> str:
    return holds.take(
        office.desk,
        service_id=SERVICE,
        channel=Channel.IN_PERSON,
        starts_at=start,
        session_key=session,
    ).id
