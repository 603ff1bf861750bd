"""What stands in a calendar and what changed: delta says when to read, calendarView says what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.contract import BusyReading, ChangeSet, Period, ResourceReading, SyncState
from connectors.deadline import Deadline
from connectors.errors import SyncStateExpired, TryLater
from connectors.graph import properties
from connectors.graph.client import GraphAnswer
from connectors.graph.moments import utc_text
from connectors.graph.place import Place, items_of, link_of
from connectors.graph.remote import etag_of, is_recurring, text
from connectors.graph.window import MARGIN, SELECT, resources_of

#: calendarView gives ten where it is not asked for more; 1,000 is its most.
_PAGE: Final = 500
#: Bodies come along in a delta round ($select is not supported there): as text they are smaller.
_DELTA_PREFER: Final = (f"odata.maxpagesize={_PAGE}", 'outlook.body-content-type="text"')
_MAX_ROUND: Final = 200
_NEXT: Final = "@odata.nextLink"
_DELTA: Final = "@odata.deltaLink"


class Reader:
    """Reads the calendar at ``place``."""

    def __init__(self, place: Place, *, office_zone: ZoneInfo) -> None:
        self._place = place
        self._zone = office_zone

    def changes(
        self,
        *,
        sync_state: SyncState | None,
        known: Mapping[str, str],
        window: Period,
        deadline: Deadline,
    ) -> ChangeSet:
        """See the contract. The token is Graph's deltaLink, which carries its window for good.

        Where nothing happened since, this is one request. A delta does not tell everything (a
        deleted occurrence, what an occurrence is shown as), so that anything it tells of makes us
        read the window and compare all of it.
        """
        if sync_state is None or not _covers(sync_state.window, window):
            # The token first: what changes between the two is then seen twice, never lost.
            token = self._new_token(window, deadline)
            return self._compared(known, window, SyncState(token, window), deadline)
        token, told = self._since(sync_state.token, deadline)
        state = SyncState(token, sync_state.window)
        if all(_is_known(item, known) for item in told):
            return ChangeSet((), frozenset(), None, state)
        return self._compared(known, window, state, deadline)

    def resources(self, window: Period, deadline: Deadline) -> dict[str, ResourceReading]:
        query = {
            **_bounds(window),
            "$top": str(_PAGE),
            "$select": ",".join(SELECT),
            "$expand": properties.expanding(properties.KEY),
        }
        instances = self._place.view(query, deadline=deadline)
        return resources_of(instances, window=window, office_zone=self._zone)

    def busy(self, window: Period, deadline: Deadline) -> BusyReading:
        """Exact at this moment, in one request where a page is enough."""
        found = self.resources(window, deadline).values()
        return BusyReading(
            intervals=tuple(one for reading in found for one in reading.intervals),
            understood=all(reading.understood for reading in found),
            warnings=tuple(dict.fromkeys(each for reading in found for each in reading.warnings)),
        )

    def _compared(
        self, known: Mapping[str, str], window: Period, state: SyncState, deadline: Deadline
    ) -> ChangeSet:
        found = self.resources(window, deadline)
        return ChangeSet(
            changed=tuple(one for one in found.values() if known.get(one.id) != one.etag),
            gone=frozenset(),
            listing=frozenset(found),
            sync_state=state,
        )

    def _new_token(self, window: Period, deadline: Deadline) -> str:
        try:
            page = self._place.delta(_bounds(window), deadline=deadline, prefer=_DELTA_PREFER)
            token, _ = self._round(page, deadline)
        except SyncStateExpired as error:
            raise TryLater(f"a round was lost before its end: {error}") from None
        return token

    def _since(self, token: str, deadline: Deadline) -> tuple[str, list[Mapping[str, Any]]]:
        if not token or not self._place.is_ours(token):
            raise SyncStateExpired("the sync state is not one of this server")
        page = self._place.follow(token, deadline=deadline, prefer=_DELTA_PREFER)
        return self._round(page, deadline)

    def _round(self, page: GraphAnswer, deadline: Deadline) -> tuple[str, list[Mapping[str, Any]]]:
        """The link for the next round, and what this one told. An empty page may have a next."""
        told: list[Mapping[str, Any]] = []
        followed: set[str] = set()
        while True:
            told += items_of(page)
            token, link = link_of(page, _DELTA), link_of(page, _NEXT)
            if token:
                if not self._place.is_ours(token):
                    raise TryLater("the server's answer leads to another server")
                return token, told
            if not link:
                raise TryLater("the server's answer is incomplete: a round without an end")
            if link in followed or len(followed) >= _MAX_ROUND:
                raise SyncStateExpired("the server does not come to the end of its changes")
            followed.add(link)
            page = self._place.follow(link, deadline=deadline, prefer=_DELTA_PREFER)


def _bounds(window: Period) -> dict[str, str]:
    return {
        "startDateTime": utc_text(window.start - MARGIN),
        "endDateTime": utc_text(window.end + MARGIN),
    }


def _is_known(item: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    """Our own writes come back: a single event in the version that is stored already."""
    event_id, etag = text(item.get("id")), etag_of(item)
    if "@removed" in item or is_recurring(item) or not etag:
        return False
    return known.get(event_id) == etag


def _covers(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
