"""Working hours that a calendar tells bound what is offered; they are read by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.busy import cell_of, moment_of
from booking.calendars import hours
from booking.offering.slots import starts_in
from booking.offering.working import starts_within
from booking.office import checking
from booking.office.explain import explain
from connectors.abilities import WorkingHours
from connectors.contract import Period
from connectors.deadline import Deadline
from connectors.errors import TryLater
from connectors.memory import AbleMemoryConnector
from mapping.model import Channel, HoursFrom
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, address, town

ATHENS = "Europe/Athens"
TUESDAYS = WorkingHours(ATHENS, ((1, time(9, 30), time(12)),))


@pytest.fixture
def asking(make_office: Callable[..., Office]) -> Office:
    """Two members of staff, one of whom is bound by the calendar."""
    municipality = town(mailboxes=2)
    first, second = municipality.staff
    bound = replace(first, working_hours=HoursFrom.CALENDAR)
    office = make_office(replace(municipality, staff=(bound, second)))
    office.memory = office.calendars.it = AbleMemoryConnector()
    office.read_all(full=True)
    # The colleague is away, so that what is offered is the first one's.
    office.memory.put_foreign(
        office.ref(address(2)), *[_whole(day) for day in range(1, 28)], all_day=True
    )
    office.read_all()
    return office


def _whole(day: int) -> Period:
    start = datetime(2026, 6, day, tzinfo=UTC)
    return Period(start, start + timedelta(days=1))


def tell(office: Office, told: WorkingHours | None) -> None:
    assert isinstance(office.memory, AbleMemoryConnector)
    office.memory.hours[address(1)] = told


def check(office: Office, **forward: float) -> None:
    office.clock.forward(**forward)
    checking.check_due(office.desk, deadline=Deadline.after(20))
    office.read_all()


def starts(office: Office, day: date = date(2026, 6, 2)) -> list[str]:
    return [f"{each.start + timedelta(hours=3):%H:%M}" for each in office.free(day)]


def why(office: Office, start: datetime) -> str:
    reasons = explain(office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=start)
    return next(each.why for each in reasons if each.mailbox == address(1))


def test_until_the_hours_are_known_nothing_is_offered(asking: Office) -> None:
    assert starts(asking) == []
    assert "has not told its working hours yet" in why(asking, asking.at(2, 9, 40))
    assert checking.is_due(asking.desk)
    assert hours.untold(asking.desk) == (address(1),)
    tell(asking, TUESDAYS)
    check(asking, seconds=1)
    # From 9 on every 40 minutes, and whole appointments within 9:30 and 12:00.
    assert starts(asking) == ["09:40", "10:20", "11:00"]
    assert why(asking, asking.at(2, 9)) == "outside the working hours that the calendar tells"
    assert why(asking, asking.at(2, 11, 40)) == "outside the working hours that the calendar tells"
    assert why(asking, asking.at(2, 9, 40)) == "free"
    assert starts(asking, date(2026, 6, 3)) == []


def test_the_last_known_hours_count_while_the_calendar_does_not_tell(asking: Office) -> None:
    tell(asking, TUESDAYS)
    check(asking)
    assert hours.due(asking.desk, limit=5) == ()
    asking.memory.fail_next("working_hours", TryLater("busy"))
    check(asking, hours=25)
    told = asking.free(date(2026, 6, 9))
    assert [each.start for each in told] == [
        asking.at(9, 9, 40),
        asking.at(9, 10, 20),
        asking.at(9, 11),
    ]
    assert hours.due(asking.desk, limit=5) == ()  # not at every tick
    tell(asking, WorkingHours(ATHENS, ((1, time(11), time(13)),)))
    check(asking, minutes=11)
    assert asking.free(date(2026, 6, 9))[0].start == asking.at(9, 11)


def test_who_has_set_none_is_bound_by_the_opening_hours(asking: Office) -> None:
    tell(asking, None)
    check(asking)
    assert starts(asking)[0] == "09:00"
    assert why(asking, asking.at(2, 9)) == "free"


def test_who_never_works_is_never_offered(asking: Office) -> None:
    tell(asking, WorkingHours(ATHENS, ()))
    check(asking)
    assert starts(asking) == []


def test_an_unknown_zone_is_not_believed(asking: Office) -> None:
    tell(asking, WorkingHours("Mars/Olympus", TUESDAYS.hours))
    check(asking)
    assert starts(asking) == []
    assert "has not told" in why(asking, asking.at(2, 9, 40))


def test_nobody_is_asked_whose_mapping_does_not_say_so(office: Office) -> None:
    assert hours.due(office.desk, limit=5) == ()
    assert len(office.free()) == 6


@settings(max_examples=40, deadline=None)
@given(
    told=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 1440), st.integers(0, 1440)), max_size=6
    ),
    zone=st.sampled_from([ATHENS, "UTC", "America/New_York", "Pacific/Auckland"]),
    first=st.dates(date(2026, 3, 20), date(2026, 11, 5)),
    length=st.integers(1, 24),
)
def test_every_allowed_start_lies_within_the_hours(
    told: list[tuple[int, int, int]], zone: str, first: date, length: int
) -> None:
    """Against the plain definition, minute by minute, also over the change of the clocks."""
    base = cell_of(datetime(first.year, first.month, first.day, tzinfo=UTC))
    kept = json.dumps({"zone": zone, "hours": told})
    mask = starts_within(kept, first=first, last=first, base=base, cells=288, length=length)
    allowed = set(starts_in(mask, base=base))
    local = ZoneInfo(zone)

    def works(moment: datetime) -> bool:
        at = moment.astimezone(local)
        minute = at.hour * 60 + at.minute
        return any(day == at.weekday() and a <= minute < b for day, a, b in told)

    for cell in range(base, base + 288 - length + 1):
        start = moment_of(cell)
        minutes = (start + timedelta(minutes=n) for n in range(length * 5))
        assert (start in allowed) == all(works(minute) for minute in minutes)
