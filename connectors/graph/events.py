"""Single events of a Graph calendar: every doubt about a write is decided by looking."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.contract import EventDraft, EventRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    TryLater,
)
from connectors.graph import properties
from connectors.graph.draft import amendment
from connectors.graph.place import Place
from connectors.graph.remote import SELECT, etag_of, remote_event, text

_OURS: Final = (
    properties.KEY,
    properties.REFERENCE,
    properties.SEQUENCE,
    properties.MEETING_URL,
    properties.ABOUT,
    properties.BODY,
)
#: What a change needs besides, to keep what a person added.
_DETAILS: Final = ("body", "location", "sensitivity")
_AS_TEXT: Final = ('outlook.body-content-type="text"',)
#: Share of the time left that a write may use, so that something is left to look what it did.
_WRITE_SHARE: Final = 0.75
_TRIES: Final = 3
#: The Teams link of an event may come a moment after the event (seconds).
_LINK_PAUSES: Final = (0.2, 0.4, 0.8)


class Events:
    """Read, find, change and delete in the calendar at ``place``."""

    def __init__(self, place: Place, *, office_zone: ZoneInfo) -> None:
        self._place = place
        self._zone = office_zone

    def get(self, *, event_id: str, deadline: Deadline) -> RemoteEvent:
        query = {"$select": ",".join(SELECT), "$expand": properties.expanding(*_OURS)}
        answer = self._place.get(event_id, query, deadline=deadline, prefer=())
        return self.told(answer.json)

    def find(self, *, key: str, deadline: Deadline) -> RemoteEvent | None:
        """The live event of ``key`` that was made first: a person's copy of it has our key too."""
        query = {
            "$filter": properties.with_key(key),
            "$select": ",".join(SELECT),
            "$expand": properties.expanding(*_OURS),
            "$top": "50",
        }
        found = [
            event
            for event in self._place.events(query, deadline=deadline)
            if properties.read(event).get(properties.KEY) == key
        ]
        if not found:
            return None
        return self.told(min(found, key=_age))

    def with_link(self, event: RemoteEvent, *, deadline: Deadline) -> RemoteEvent:
        """``event`` once its join link has appeared, or as it is when the time is over."""
        for pause in _LINK_PAUSES:
            if event.meeting_url or deadline.remaining() < 2 * pause:
                break
            time.sleep(pause)
            try:
                event = self.get(event_id=event.ref.id, deadline=deadline)
            except TryLater:
                break
        return event

    def update(self, *, ref: EventRef, draft: EventDraft, deadline: Deadline) -> RemoteEvent:
        """The version is compared here too: that PATCH honours If-Match is not documented."""
        for _ in range(_TRIES):
            now = self._details(ref.id, deadline)
            change = amendment(now, draft, office_zone=self._zone)
            if not change:
                return self.told(now)
            if ref.etag and etag_of(now) != ref.etag:
                raise Conflict("the event was changed meanwhile: read it again")
            try:
                return self._changed(ref.id, now, change, draft, deadline)
            except Conflict:
                continue  # the service also refuses now and then what nobody has changed
        raise Conflict("the event changes all the time: read it again")

    def delete(self, *, ref: EventRef, deadline: Deadline) -> None:
        """The version is compared here too: a service may ignore If-Match."""
        for _ in range(_TRIES):
            etag = ref.etag
            if etag and not self._is_still(ref, deadline):
                return
            try:
                self._place.delete(ref.id, etag=etag, deadline=_leave_some(deadline))
            except EventGone:
                return
            except Conflict:
                continue
            except TryLater as error:
                if error.outcome_unknown and self._is_gone(ref.id, deadline):
                    return
                raise
            return
        raise Conflict("the event changes all the time: read it again")

    def told(
        self, event: Mapping[str, Any], *, ours: Mapping[str, str] | None = None
    ) -> RemoteEvent:
        return remote_event(event, office_zone=self._zone, ours=ours)

    def _changed(
        self,
        event_id: str,
        now: Mapping[str, Any],
        change: Mapping[str, Any],
        draft: EventDraft,
        deadline: Deadline,
    ) -> RemoteEvent:
        try:
            answer = self._place.patch(
                event_id, change, etag=etag_of(now), deadline=_leave_some(deadline)
            )
        except TryLater as error:
            if not error.outcome_unknown:
                raise
            return self._looked_at(error, event_id, draft, deadline)
        if answer.body:
            ours = properties.read(now) | properties.read(change)
            written = self.told(answer.body, ours=ours)
            if written.period == draft.period:
                return written
        return self.get(event_id=event_id, deadline=deadline)

    def _looked_at(
        self, trouble: ConnectorError, event_id: str, draft: EventDraft, deadline: Deadline
    ) -> RemoteEvent:
        try:
            now = self._details(event_id, deadline)
        except (EventGone, MailboxNotFound, NotAuthorised):
            raise
        except ConnectorError:
            raise trouble from None
        if amendment(now, draft, office_zone=self._zone):
            raise trouble
        return self.told(now)

    def _details(self, event_id: str, deadline: Deadline) -> Mapping[str, Any]:
        query = {
            "$select": ",".join((*SELECT, *_DETAILS)),
            "$expand": properties.expanding(*_OURS),
        }
        return self._place.get(event_id, query, deadline=deadline, prefer=_AS_TEXT).json

    def _is_still(self, ref: EventRef, deadline: Deadline) -> bool:
        """False where it is gone. Raises Conflict where it is there in another version."""
        query = {"$select": "id,changeKey"}
        try:
            answer = self._place.get(ref.id, query, deadline=deadline, prefer=())
        except EventGone:
            return False
        if etag_of(answer.json) != ref.etag:
            raise Conflict("the event was changed meanwhile: read it again")
        return True

    def _is_gone(self, event_id: str, deadline: Deadline) -> bool:
        query = {"$select": "id,changeKey"}
        try:
            self._place.get(event_id, query, deadline=deadline, prefer=())
        except EventGone:
            return True
        except ConnectorError:
            return False
        return False


def _age(event: Mapping[str, Any]) -> tuple[bool, str, str]:
    """Live before cancelled, then the oldest."""
    return (
        event.get("isCancelled") is True,
        text(event.get("createdDateTime")),
        text(event.get("id")),
    )


def _leave_some(deadline: Deadline) -> Deadline:
    return deadline.sooner(deadline.remaining() * _WRITE_SHARE)
