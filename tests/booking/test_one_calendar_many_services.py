"""One employee, several services: time is taken in the calendar, whatever it is taken for."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from booking import holds
from booking.model import SlotTaken
from booking.offer import available
from connectors.contract import Period
from mapping.model import Channel, Municipality, Service
from tests.booking.conftest import Office
from tests.booking.town import TUESDAY, town

SEEDS = (1, 2, 3)


def several(chance: random.Random) -> Municipality:
    """Services of any length, step and buffers, all delivered by the same mailbox."""
    base = town(mailboxes=1)
    (service,) = base.services
    services = tuple(
        replace(
            service,
            key=f"kind{number}",
            duration_minutes=chance.randrange(5, 65, 5),
            step_minutes=chance.randrange(5, 45, 5),
            buffer_before_minutes=chance.randrange(0, 20, 5),
            buffer_after_minutes=chance.randrange(0, 20, 5),
        )
        for number in range(3)
    )
    return replace(base, services=services)


def starts(office: Office, service: Service) -> list[datetime]:
    found = available(
        office.desk,
        service_id=f"town.{service.key}",
        channel=Channel.IN_PERSON,
        first=TUESDAY,
        last=TUESDAY,
    )
    return [slot.start for slot in found.slots]


def whole(service: Service, start: datetime) -> Period:
    """What an appointment needs, its buffers included."""
    end = start + timedelta(minutes=service.duration_minutes)
    return Period(
        start - timedelta(minutes=service.buffer_before_minutes),
        end + timedelta(minutes=service.buffer_after_minutes),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_an_appointment_of_any_length_is_had_if_and_only_if_it_touches_no_other(
    make_office: Callable[..., Office], seed: int
) -> None:
    chance = random.Random(seed)
    office = make_office(several(chance))
    wanted = [(each, start) for each in office.town.services for start in starts(office, each)]
    chance.shuffle(wanted)
    owned: list[Period] = []
    refused = 0
    for number, (service, start) in enumerate(wanted[:40]):
        needed = whole(service, start)
        free = not any(each.overlaps(needed) for each in owned)
        try:
            holds.take(
                office.desk,
                service_id=f"town.{service.key}",
                channel=Channel.IN_PERSON,
                starts_at=start,
                session_key=f"session {number}",
            )
        except SlotTaken:
            refused += 1
            assert not free, (seed, service, start)
        else:
            assert free, (seed, service, start)
            owned.append(needed)
    assert refused
    assert len(owned) > 1
    for service in office.town.services:
        for start in starts(office, service):
            assert not any(each.overlaps(whole(service, start)) for each in owned), (seed, start)
