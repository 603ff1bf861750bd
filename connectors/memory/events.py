"""What the in-memory connector keeps of an event, and how it is shown by the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from connectors.contract import (
    BusyInterval,
    EventDraft,
    EventRef,
    Ours,
    Period,
    RemoteEvent,
    ResourceReading,
    ShowAs,
)
from connectors.vevent.text import many_lines, one_line, renewed


@dataclass(frozen=True, slots=True)
class Stored:
    """One resource: what it takes of the time, and the event itself."""

    event: RemoteEvent
    intervals: tuple[BusyInterval, ...]
    recurring: bool = False
    understood: bool = True


def foreign(
    event_id: str,
    periods: tuple[Period, ...],
    show_as: ShowAs,
    all_day: bool,
    certain: bool,
    understood: bool,
) -> Stored:
    recurring = len(periods) > 1
    intervals = tuple(BusyInterval(one, show_as, all_day, certain=certain) for one in periods)
    event = RemoteEvent(
        ref=EventRef(event_id, ""),
        period=periods[0] if periods else None,
        show_as=show_as,
        all_day=all_day,
        recurring=recurring,
    )
    return Stored(event, intervals, recurring=recurring, understood=understood)


def written(draft: EventDraft, key: str | None, event_id: str) -> Stored:
    event = RemoteEvent(
        ref=EventRef(event_id, ""),
        period=draft.period,
        key=key,
        reference=draft.reference or None,
        subject=one_line(draft.subject),
        meeting_url=one_line(draft.meeting_url, limit=2_000),
        categories=draft.categories,
        about=one_line(draft.about),
        body=many_lines(draft.body),
    )
    return Stored(event, (BusyInterval(draft.period, ours=Ours.YES, key=key),))


def without(stored: Stored, draft: EventDraft) -> Stored:
    """The event with our text renewed and nothing else changed."""
    event = replace(
        stored.event,
        subject=one_line(draft.subject),
        meeting_url="",
        body=renewed(
            stored.event.body,
            former=stored.event.body,
            wanted=many_lines(draft.body),
            forgets=draft.forgets,
        ),
    )
    return replace(stored, event=event)


def reading(stored: Stored, window: Period) -> ResourceReading:
    kept = stored.intervals
    if stored.recurring:
        kept = tuple(one for one in kept if one.period.overlaps(window))
    return ResourceReading(
        id=stored.event.ref.id,
        etag=stored.event.ref.etag,
        intervals=kept,
        recurring=stored.recurring,
        understood=stored.understood,
        warnings=() if stored.understood else ("not_understood",),
    )


def differs(stored: Stored, known: Mapping[str, str]) -> bool:
    return known.get(stored.event.ref.id) != stored.event.ref.etag


def within(stored: Stored, window: Period) -> bool:
    """Whether a reading that is bounded by ``window`` tells of it."""
    return not stored.intervals or any(one.period.overlaps(window) for one in stored.intervals)


def fingerprint(calendar: Iterable[Stored], window: Period) -> str:
    items = sorted(
        (one.period.start.isoformat(), one.period.end.isoformat(), one.show_as.value)
        for stored in calendar
        for one in stored.intervals
        if one.period.overlaps(window)
    )
    return hashlib.sha256(repr(items).encode()).hexdigest()[:32]
