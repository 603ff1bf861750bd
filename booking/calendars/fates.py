"""What became of events of ours that are not told any more, where only a window is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from booking.calendars.connecting import Reach
from booking.desk import Desk
from connectors.contract import ChangeSet, Period
from connectors.deadline import Deadline
from connectors.errors import EventGone

#: So many are asked for in one reading; the others in the next one, which compares everything.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Fates:
    """``seen`` by key of the placement: "moved" (also far away) or "vanished". ``kept``: ids of
    events that are there all the same, or were not asked for yet (``unasked``)."""

    seen: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    unasked: bool = False


def fates_of(
    desk: Desk, place: Reach, changes: ChangeSet, *, window: Period, deadline: Deadline
) -> Fates | None:
    """Ask for each event of ours that should stand within ``window`` and is not told any more.

    None where the calendar tells of everything: what it does not list is gone. Raises whatever
    the calendar raises but EventGone: nothing may be believed of such a reading.
    """
    connector = place.connector(desk)
    if not connector.capabilities.bounded or (changes.listing is None and not changes.gone):
        return None
    with desk.store.read() as uow:
        expected = uow.placements.expected_in(place.row.id, window)
    told = {reading.id for reading in changes.changed}
    missing = [
        each
        for each in expected
        if each.event_id not in told
        and (
            each.event_id in changes.gone
            if changes.listing is None
            else each.event_id not in changes.listing
        )
    ]
    seen: dict[str, str] = {}
    kept = {each.event_id for each in missing[_MOST:]}
    for each in missing[:_MOST]:
        try:
            event = connector.get(mailbox=place.ref, event_id=each.event_id, deadline=deadline)
        except EventGone:
            seen[each.key] = "vanished"
            continue
        if event.period == Period(each.starts_at, each.ends_at):
            kept.add(each.event_id)
        else:
            seen[each.key] = "moved"
    return Fates(seen, frozenset(kept), unasked=len(missing) > _MOST)
