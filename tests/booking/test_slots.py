"""Free starts against a model that is slow and obvious."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.busy import cells_over, masks_of, moment_of, stretch_of
from booking.offering.picture import Span, computed_starts, within_bounds
from booking.offering.slots import Shape, aligned, free_starts, spread, starts_in
from connectors.contract import BusyInterval, Period, ShowAs
from mapping.hours import opening_periods
from mapping.model import BusyAs, Channel, Opening, ShowAsPolicy, Weekday
from mapping.policy import blocks
from tests.booking.town import WORKDAYS, town

ATHENS = ZoneInfo("Europe/Athens")
FIVE = timedelta(minutes=5)
#: Around an ordinary week and both changes of the clocks.
ANCHORS = (date(2026, 6, 8), date(2026, 3, 27), date(2026, 10, 23))


def five(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low // 5, high // 5).map(lambda each: each * 5)


@st.composite
def openings(draw: st.DrawFn) -> tuple[Opening, ...]:
    found = []
    for day in (*WORKDAYS, Weekday.SATURDAY, Weekday.SUNDAY):
        edges = sorted(draw(st.lists(five(0, 1435), max_size=4, unique=True)))
        found += [
            Opening(day, time(start // 60, start % 60), time(end // 60, end % 60))
            for start, end in zip(edges[::2], edges[1::2], strict=False)
        ]
    return tuple(found)


@st.composite
def events(draw: st.DrawFn, anchor: date) -> list[BusyInterval]:
    midnight = datetime.combine(anchor, time(), tzinfo=UTC)
    found = []
    for _ in range(draw(st.integers(0, 6))):
        start = midnight + timedelta(minutes=draw(st.integers(-600, 5 * 1440)))
        length = timedelta(minutes=draw(st.sampled_from((1, 7, 30, 45, 300, 1440))))
        found.append(
            BusyInterval(
                Period(start, start + length),
                show_as=draw(st.sampled_from(list(ShowAs))),
                all_day=draw(st.booleans()),
                certain=draw(st.integers(0, 5)) > 0,
            )
        )
    return found


def naive(municipality, policy, busy, *, first, last, now):  # type: ignore[no-untyped-def]
    (service,) = municipality.services
    channel = service.channels[0]
    before = timedelta(minutes=service.buffer_before_minutes)
    after = timedelta(minutes=service.buffer_after_minutes)
    length = timedelta(minutes=service.duration_minutes)
    today = now.astimezone(ATHENS).date()
    found = []
    for interval in opening_periods(
        municipality, service, channel, municipality.staff[0], first=first, last=last
    ):
        start = interval.period.start
        while start + length <= interval.period.end:
            day = start.astimezone(ATHENS).date()
            free = start >= now + timedelta(minutes=service.minimum_notice_minutes)
            free = free and day <= today + timedelta(days=service.horizon_days)
            for event in busy:
                if event.certain and not blocks(
                    policy, show_as=event.show_as, all_day=event.all_day
                ):
                    continue
                if not event.certain and event.show_as is ShowAs.FREE:
                    continue
                since, until = outward(event)
                free = free and not (since < start + length + after and start - before < until)
            if free:
                found.append(start)
            start += timedelta(minutes=service.step_minutes)
    return found


def outward(event: BusyInterval) -> tuple[datetime, datetime]:
    """Foreign times round outward to five minutes, guessed ones to whole local days."""
    since, until = event.period.start, event.period.end
    if not event.certain:
        last = (until - timedelta(microseconds=1)).astimezone(ATHENS).date()
        since = datetime.combine(since.astimezone(ATHENS).date(), time(), tzinfo=ATHENS)
        until = datetime.combine(last + timedelta(days=1), time(), tzinfo=ATHENS)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return since - (since - epoch) % FIVE, until + (epoch - until) % FIVE


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_slots_are_those_of_the_obvious_model(data: st.DataObject) -> None:
    anchor = data.draw(st.sampled_from(ANCHORS))
    municipality = town(
        duration=data.draw(five(5, 90)),
        step=data.draw(five(5, 90)),
        before=data.draw(five(0, 30)),
        after=data.draw(five(0, 30)),
        notice=data.draw(st.integers(0, 3000)),
        horizon=data.draw(st.integers(1, 5)),
        opening=data.draw(openings()),
    )
    policy = ShowAsPolicy(*(data.draw(st.sampled_from(list(BusyAs))) for _ in range(3)))
    busy = data.draw(events(anchor))
    now = datetime.combine(anchor, time(), tzinfo=UTC) + timedelta(
        seconds=data.draw(st.integers(-86400, 2 * 86400))
    )
    first, last = anchor, anchor + timedelta(days=4)
    (service,) = municipality.services

    span = Span(first, last, ATHENS)
    window = Period(
        datetime.combine(first, time(), tzinfo=UTC) - timedelta(days=2),
        datetime.combine(last, time(), tzinfo=UTC) + timedelta(days=3),
    )
    stretches = [each for event in busy for each in stretch_of(event, ATHENS)]
    masks = masks_of(stretches, window=window)
    blocked = aligned(masks, masks.blocked(policy), base=span.base, cells=span.cells)
    candidates = computed_starts(
        municipality, service, service.channels[0], municipality.staff[0], span
    )
    allowed = within_bounds(service, now=now, span=span)
    mask = free_starts(candidates & allowed, blocked, Shape.of(service))
    assert service.channels[0].channel is Channel.IN_PERSON
    assert starts_in(mask, base=span.base) == naive(
        municipality, policy, busy, first=first, last=last, now=now
    )


@given(st.integers(0, 2**200 - 1), st.integers(1, 70))
def test_spread_marks_every_start_that_would_touch(mask: int, length: int) -> None:
    found = spread(mask, length)
    for bit in range(201):
        touches = any(mask >> (bit + n) & 1 for n in range(length))
        assert bool(found >> bit & 1) == touches


def test_what_the_replica_does_not_know_is_blocked() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    masks = masks_of([], window=Period(start, start + timedelta(hours=1)))
    for base in (masks.base - 6, masks.base + 6):
        blocked = aligned(masks, 0, base=base, cells=24)
        known = [cell for cell in range(24) if not blocked >> cell & 1]
        assert [base + cell for cell in known] == [
            cell for cell in range(base, base + 24) if masks.base <= cell < masks.base + 12
        ]


def test_cells_round_outward() -> None:
    start = datetime(2026, 6, 1, 9, 2, 30, tzinfo=UTC)
    first, end = cells_over(Period(start, start + timedelta(minutes=3)))
    assert moment_of(first) == datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
    assert moment_of(end) == datetime(2026, 6, 1, 9, 10, tzinfo=UTC)
