"""Expansion of series, whatever the pattern: windows fit together, and ids lead back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.servers.graph import ids, series
from tests.servers.graph.content import blank
from tests.servers.graph.items import Item

FIRST = datetime.fromisoformat("2026-03-02T23:30")  # wall time in Athens
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

patterns = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            (
                "daily",
                "weekly",
                "absoluteMonthly",
                "relativeMonthly",
                "absoluteYearly",
                "relativeYearly",
            )
        ),
        "interval": st.integers(1, 4),
        "daysOfWeek": st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True),
        "dayOfMonth": st.integers(1, 31),
        "month": st.integers(1, 12),
        "index": st.sampled_from(("first", "second", "third", "fourth", "last")),
        "firstDayOfWeek": st.sampled_from(DAYS),
    }
)
ranges = st.one_of(
    st.just({"type": "noEnd"}),
    st.integers(1, 60).map(lambda n: {"type": "numbered", "numberOfOccurrences": n}),
    st.dates(date(2026, 3, 2), date(2027, 3, 2)).map(
        lambda day: {"type": "endDate", "endDate": day.isoformat()}
    ),
)


def a_series(pattern: dict[str, Any], limits: dict[str, Any], minutes: int) -> Item:
    recurrence = {"pattern": pattern, "range": limits}
    return Item(
        uid="0" * 32,
        calendar="c",
        start=FIRST.isoformat(),
        end=(FIRST + timedelta(minutes=minutes)).isoformat(),
        zone="GTB Standard Time",
        end_zone="GTB Standard Time",
        content=blank(),
        created="",
        modified="",
        version=1,
        recurrence=series.normal(recurrence, FIRST, "GTB Standard Time"),
    )


@given(patterns, ranges, st.integers(0, 3000), st.integers(1, 500), st.integers(1, 500))
def test_two_windows_side_by_side_show_what_one_shows(
    pattern: dict[str, Any], limits: dict[str, Any], minutes: int, left: int, right: int
) -> None:
    item = a_series(pattern, limits, minutes)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    middle, end = start + timedelta(days=left), start + timedelta(days=left + right)
    whole = series.instances(item, start, end)
    parts = series.instances(item, start, middle) + series.instances(item, middle, end)
    assert {one.original for one in parts} == {one.original for one in whole}
    assert whole == sorted(whole, key=lambda one: (one.start, one.original))
    for one in whole[:20]:
        assert one.original is not None
        assert series.instance_of(item, one.original) == one


@given(st.integers(0, 2**128 - 1), st.none() | st.dates(), st.integers(0, 9))
def test_an_id_names_its_event_in_both_forms(
    number: int, original: date | None, moves: int
) -> None:
    uid = f"{number:032x}"
    plain = ids.meant_by(ids.plain_id(uid, "calendar", moves, original))
    immutable = ids.meant_by(ids.immutable_id(uid, original))
    assert immutable == ids.Meant(uid, original, None)
    assert plain == ids.Meant(uid, original, ids.folder_tag("calendar", moves))


@given(st.text(max_size=80))
def test_garbage_is_no_id(text: str) -> None:
    assert ids.meant_by(text) is None
    assert ids.meant_by(f"AAMkAD{text}AAA=") is None or len(text) == 32
