"""Noticing what staff did to events of ours, and the brake: a reading owes looks, it never acts."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.busy import stretch_of
from booking.calendars.connecting import Reach
from booking.calendars.fates import Fates
from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.intervals import own_key
from booking.store.outbox import Step
from booking.store.placements import PlacementRow, PlacementState
from booking.tasks import TaskKind, owe_task
from connectors.contract import BusyInterval, ChangeSet, Ours, Period, ResourceReading, ShowAs

#: What ``placement.seen`` says; empty where the event stands as it should.
MOVED, VANISHED, OVERLAPPED, EDITED = "moved", "vanished", "overlapped", "edited"

#: How long after an appointment an employee may still say how it went.
_AFTERWARDS = timedelta(days=31)
#: … and how long before it, when somebody comes early.
_EARLY = timedelta(hours=1)
#: An event that was written while the calendar was read may be missing in what was read.
_FRESH = timedelta(seconds=60)
#: Somebody who is away so long is away for the day.
_A_DAY = timedelta(hours=7)

#: The brake: more than so many at once …
_MANY = 3
#: … or so many that are more than this part of all (house plan, 4.5).
_PART = 0.2


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of ours to be looked at, and what it looks like from here.

    ``absence``: id of the resource that says that its owner is away for a day or more.
    ``fresh``: it may have been written while the calendar was read. ``news``: something lies over
    it since this reading.
    """

    placement: PlacementRow
    seen: str
    absence: str = ""
    fresh: bool = False
    news: bool = False


def notices(
    uow: UnitOfWork,
    place: Reach,
    changes: ChangeSet,
    changed: Sequence[ResourceReading],
    *,
    fates: Fates | None,
    started: datetime,
) -> tuple[Notice, ...]:
    """What a reading that began at ``started`` tells of the events that should stand there.

    ``changed``: the readings that differ from what is stored, ours that we wrote not among them.
    """
    stirred = bool(changed or changes.gone or changes.listing is not None or fates is not None)
    if not stirred:
        return ()
    standing = uow.placements.standing(place.row.id, since=uow.now - _AFTERWARDS)
    found: dict[str, Notice] = {}
    told = {reading.id: reading for reading in changed}
    over = _overlapping(uow, place, changed, standing)
    for each in standing:
        reading = told.get(each.event_id)
        if _is_gone(each, changes, fates):
            seen = VANISHED
        elif _is_elsewhere(each, reading, fates):
            seen = MOVED
        elif reading is not None and (each.seen not in {"", OVERLAPPED} or _tells(each, uow.now)):
            seen = ""
        elif each.key in over and each.seen != VANISHED:
            found[each.key] = Notice(each, OVERLAPPED, over[each.key], news=True)
            continue
        elif each.seen == OVERLAPPED:
            seen = OVERLAPPED
        else:
            continue
        if reading is not None or seen != each.seen or seen == OVERLAPPED:
            young = seen == VANISHED and each.created_at >= started - _FRESH
            found[each.key] = Notice(each, seen, fresh=young)
    return tuple(found.values())


def alarm(uow: UnitOfWork, place: Reach, found: Iterable[Notice]) -> str:
    """Why a reading is not to be believed without a person; "" where it is."""
    vanished = [
        each.placement
        for each in found
        if each.seen == VANISHED and not each.fresh and each.placement.ends_at > uow.now
    ]
    if len(vanished) < _MANY:
        return ""
    standing = uow.placements.standing(place.row.id, since=uow.now)
    expected = sum(1 for each in standing if each.seen != VANISHED)
    if len(vanished) > _MANY or len(vanished) > _PART * expected:
        return f"{len(vanished)} of {expected} appointments vanished at once"
    return ""


def owe_reviews(desk: Desk, uow: UnitOfWork, place: Reach, found: Iterable[Notice]) -> None:
    """Have each noticed event looked at, after a moment in which staff may change their mind."""
    for each in found:
        same = each.seen == each.placement.seen
        # What may have been missed because it was not there yet is counted from the look for it.
        first = None if each.fresh else uow.now
        since = (each.placement.seen_at if same else None) or first
        values: dict[str, object] = {
            "seen": each.seen,
            "seen_at": since if each.seen else None,
        }
        if each.news and each.placement.shared:
            # Staff wanted it over what lay there then, and nobody has seen it over this.
            values["shared"] = False
        uow.placements.change(each.placement.key, **values)
        wait = timedelta(0) if not each.seen else desk.settings.edit_settles
        if each.absence:
            wait = max(wait, _patience(desk, each.placement, now=uow.now))
            owe_task(
                uow,
                kind=TaskKind.ABSENCE,
                municipality=place.row.municipality,
                mailbox_id=place.row.id,
                name=absence_name(place.row.id, each.absence),
                detail={"resource": each.absence},
                again=True,
            )
        elif each.seen == OVERLAPPED and _office_was_asked(uow, each.placement):
            continue
        owe_review(uow, each.placement, after=wait, absence=each.absence)


def owe_reviews_of_carried(
    desk: Desk, uow: UnitOfWork, place: Reach, changed: Iterable[ResourceReading]
) -> None:
    """Of events that are missed where they stood, and that staff have carried into this calendar:
    now that it is known where they are, nobody waits out the time for an undo."""
    for reading in changed:
        key = own_key(reading)
        placement = uow.placements.get(key) if key else None
        if (
            placement is not None
            and placement.mailbox_id != place.row.id
            and placement.state == PlacementState.PLACED
            and placement.seen == VANISHED
        ):
            owe_review(uow, placement, after=desk.settings.edit_settles)


def _office_was_asked(uow: UnitOfWork, placement: PlacementRow) -> bool:
    """Whether an absence over this event waits for an answer: other entries do not hasten it."""
    return any(
        entry.placement_key == placement.key and entry.detail.get("absence")
        for entry in uow.outbox.of_booking(placement.booking_id, kinds=[Step.REVIEW])
    )


def absence_name(mailbox_id: str, resource_id: str) -> str:
    """Name of the task that shows what an absence means."""
    digest = hashlib.sha256(resource_id.encode()).hexdigest()[:24]
    return f"{TaskKind.ABSENCE.value}:{mailbox_id}:{digest}"


def owe_review(
    uow: UnitOfWork, placement: PlacementRow, *, after: timedelta = timedelta(0), absence: str = ""
) -> None:
    """Have a placement's event looked at; one that is owed for then or earlier is enough."""
    due = uow.now + after
    for entry in uow.outbox.of_booking(placement.booking_id, kinds=[Step.REVIEW]):
        waits = entry.placement_key == placement.key and entry.lease_until is None
        if waits and entry.not_before <= due and not entry.tries:
            return
    uow.outbox.add(
        name=f"review:{placement.key}:{secrets.token_hex(6)}",
        kind=Step.REVIEW,
        booking_id=placement.booking_id,
        placement_key=placement.key,
        now=uow.now,
        not_before=due,
        detail={"absence": absence} if absence else {},
    )


def _is_gone(placement: PlacementRow, changes: ChangeSet, fates: Fates | None) -> bool:
    if fates is not None:
        return fates.seen.get(placement.key) == VANISHED
    if placement.event_id in changes.gone:
        return True
    return changes.listing is not None and placement.event_id not in changes.listing


def _is_elsewhere(
    placement: PlacementRow, reading: ResourceReading | None, fates: Fates | None
) -> bool:
    if reading is not None:
        return not _as_written(placement, reading)
    return fates is not None and fates.seen.get(placement.key) == MOVED


def _as_written(placement: PlacementRow, reading: ResourceReading) -> bool:
    expected = Period(placement.starts_at, placement.ends_at)
    return (
        not reading.recurring
        and len(reading.intervals) == 1
        and reading.intervals[0].period == expected
        and not reading.intervals[0].all_day
    )


def _tells(placement: PlacementRow, now: datetime) -> bool:
    """Whether an edit may say how the appointment went."""
    return now >= placement.starts_at - _EARLY


def _overlapping(
    uow: UnitOfWork,
    place: Reach,
    changed: Iterable[ResourceReading],
    standing: Sequence[PlacementRow],
) -> dict[str, str]:
    """Keys of placements over which other people's time lies now; the value names the resource
    where that takes a day or more. What staff want over other entries is in the way of those that
    lie there since only."""
    ours = {each.event_id for each in standing}
    ahead = [each for each in standing if each.starts_at > uow.now]
    found: dict[str, str] = {}
    for reading in changed:
        if reading.id in ours:
            continue
        for interval in reading.intervals:
            if not _takes_time(place, interval):
                continue
            away = interval.all_day or interval.period.duration >= _A_DAY
            for each in ahead:
                if not interval.period.overlaps(Period(each.starts_at, each.ends_at)):
                    continue
                if not (each.shared and _lay_there(uow, place, reading.id, each)):
                    found[each.key] = reading.id if away else found.get(each.key, "")
    return found


def _lay_there(uow: UnitOfWork, place: Reach, resource_id: str, placement: PlacementRow) -> bool:
    """Whether the resource, as it was read before, took the placement's time already."""
    period = Period(placement.starts_at, placement.ends_at)
    return any(
        _takes_time(place, interval) and interval.period.overlaps(period)
        for interval in uow.replicas.intervals(place.row.id, resource_id)
    )


def _takes_time(place: Reach, interval: BusyInterval) -> bool:
    # Which kinds block, the channel's policy says when the booking is looked at.
    if interval.ours is Ours.YES or interval.show_as is ShowAs.FREE:
        return interval.ours is not Ours.YES and interval.all_day
    return bool(stretch_of(interval, place.zone))


def _patience(desk: Desk, placement: PlacementRow, *, now: datetime) -> timedelta:
    """How long the office has to look at what an absence means, before it is carried out."""
    return min(desk.settings.absence_patience, max((placement.starts_at - now) / 4, timedelta(0)))
