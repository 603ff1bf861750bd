"""Busy intervals as the resource table keeps them: compact JSON, instants in microseconds."""

from __future__ import annotations

import json
from collections.abc import Sequence

from booking.store.columns import from_microseconds, to_microseconds
from connectors.contract import BusyInterval, Ours, Period, ResourceReading, ShowAs


def own_key(reading: ResourceReading) -> str | None:
    """Our key, where we wrote this resource."""
    return next(
        (each.key for each in reading.intervals if each.ours is Ours.YES and each.key), None
    )


def intervals_to(intervals: Sequence[BusyInterval]) -> str:
    return json.dumps(
        [
            [
                to_microseconds(each.period.start),
                to_microseconds(each.period.end),
                each.show_as.value,
                int(each.all_day),
                int(each.certain),
                each.ours.value,
            ]
            for each in intervals
        ],
        separators=(",", ":"),
    )


def intervals_from(text: str, key: str | None) -> tuple[BusyInterval, ...]:
    return tuple(
        BusyInterval(
            period=Period(from_microseconds(start), from_microseconds(end)),
            show_as=ShowAs(show_as),
            all_day=bool(all_day),
            certain=bool(certain),
            ours=Ours(ours),
            key=key if ours == Ours.YES.value else None,
        )
        for start, end, show_as, all_day, certain, ours in json.loads(text)
    )
