"""Single events of a CalDAV calendar: every write has a precondition, every doubt is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from connectors.caldav import multistatus, quirks
from connectors.caldav.client import Answer, DavClient, content_tag, is_strong
from connectors.contract import EventDraft, EventRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
    Unsupported,
)
from connectors.vevent.find import remote_event, uid_in
from connectors.vevent.identity import uid_of
from connectors.vevent.parse import Unreadable
from connectors.vevent.write import already_as, amend, event_text, written_event

_TYPE: Final = "text/calendar; charset=utf-8"
#: Share of the time left that a write may use, so that something is left to look what it did.
_WRITE_SHARE: Final = 0.75
_DELETE_TRIES: Final = 3


class Events:
    """Create, read, change and delete in the collection at ``path``."""

    def __init__(
        self,
        client: DavClient,
        path: str,
        *,
        office_zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._path = path
        self._zone = office_zone
        self._clock = clock

    def href(self, key: str) -> str:
        """Where the event of ``key`` is written: the address is the idempotency key."""
        return f"{self._path}{uid_of(key)}.ics"

    def create(self, *, draft: EventDraft, key: str, deadline: Deadline) -> RemoteEvent:
        href = self.href(key)
        text = event_text(draft, key=key, stamp=self._clock())
        try:
            answer = self._put(href, text, {"If-None-Match": "*"}, deadline)
        except TryLater as error:
            if not error.outcome_unknown:
                raise
            return self._look_after(error, key, deadline)
        if answer.status == 201:
            etag = answer.headers.get("ETag", "").strip()
            if is_strong(etag):
                return written_event(draft, key=key, ref=EventRef(href, etag))
            return self.get(event_id=href, deadline=deadline)
        trouble = answer.error(writing=True)
        unclear = answer.status in quirks.LOOK_AFTER_CREATE and not isinstance(trouble, Rejected)
        if unclear or trouble.outcome_unknown:
            return self._look_after(trouble, key, deadline)
        raise trouble

    def get(self, *, event_id: str, deadline: Deadline) -> RemoteEvent:
        return self._event(self._fetch(event_id, deadline), event_id)

    def find(self, *, key: str, deadline: Deadline) -> RemoteEvent | None:
        """At its own address first; then by UID, because a client may have moved it elsewhere."""
        href = self.href(key)
        try:
            answer = self._fetch(href, deadline)
        except EventGone:
            return self._find_by_uid(key, deadline)
        if uid_in(answer.text) == uid_of(key):
            return replace(self._event(answer, href), key=key)
        return self._find_by_uid(key, deadline)

    def update(self, *, ref: EventRef, draft: EventDraft, deadline: Deadline) -> RemoteEvent:
        event_id = self._client.canonical(ref.id)
        stored = self._fetch(event_id, deadline)
        if ref.etag and stored.etag != ref.etag:
            return self._done_before(stored, event_id, draft)
        if not is_strong(stored.etag):
            raise Unsupported("the server gives no usable ETags: events are not changed without")
        try:
            text = amend(stored.text, draft, stamp=self._clock())
        except Unreadable:
            raise Rejected("the event in the calendar cannot be read any more") from None
        try:
            answer = self._put(event_id, text, {"If-Match": stored.etag}, deadline)
        except TryLater as error:
            if not error.outcome_unknown:
                raise
            return self._updated_after(error, event_id, draft, deadline)
        if answer.ok:
            return self.get(event_id=event_id, deadline=deadline)
        if answer.status in {404, 410}:
            raise EventGone("the event does not exist any more")
        trouble = answer.error(writing=True)
        if trouble.outcome_unknown or answer.status == 412:
            return self._updated_after(trouble, event_id, draft, deadline)
        raise trouble

    def delete(self, *, ref: EventRef, deadline: Deadline) -> None:
        event_id = self._client.canonical(ref.id)
        etag = ref.etag
        for _ in range(_DELETE_TRIES):
            if not etag:
                try:
                    etag = self._fetch(event_id, deadline).etag
                except EventGone:
                    return
            if not is_strong(etag):
                raise Unsupported("the server gives no usable ETags: nothing is deleted without")
            if self._deleted(event_id, etag, deadline):
                return
            if ref.etag:
                raise Conflict("the event was changed meanwhile: read it again")
            etag = ""
        raise Conflict("the event changes all the time: read it again")

    def _deleted(self, event_id: str, etag: str, deadline: Deadline) -> bool:
        """True when it is gone, False where it is there in another version."""
        try:
            answer = self._client.write(
                "DELETE", event_id, headers={"If-Match": etag}, deadline=_leave_some(deadline)
            )
        except TryLater as error:
            if error.outcome_unknown and self._is_gone(event_id, deadline):
                return True
            raise
        if answer.ok or answer.status in {404, 410}:
            return True
        trouble = answer.error(writing=True)
        if answer.status in {409, 412} or trouble.outcome_unknown:
            if self._is_gone(event_id, deadline):
                return True
            if isinstance(trouble, Conflict):
                return False
        raise trouble

    def _is_gone(self, event_id: str, deadline: Deadline) -> bool:
        try:
            self._fetch(event_id, deadline)
        except EventGone:
            return True
        except ConnectorError:
            return False
        return False

    def _look_after(self, trouble: ConnectorError, key: str, deadline: Deadline) -> RemoteEvent:
        """Decide by what stands in the calendar, not by what an answer seemed to say."""
        try:
            found = self.find(key=key, deadline=deadline)
        except (MailboxNotFound, NotAuthorised):
            raise
        except ConnectorError:
            if isinstance(trouble, (NotAuthorised, Unsupported)):
                raise trouble from None
            raise TryLater(str(trouble), outcome_unknown=True) from None
        if found is not None:
            return found
        if isinstance(trouble, Conflict) and self._is_taken(key, deadline):
            raise Conflict("another event stands at the address of this key")
        raise trouble

    def _is_taken(self, key: str, deadline: Deadline) -> bool:
        return not self._is_gone(self.href(key), deadline)

    def _updated_after(
        self, trouble: ConnectorError, event_id: str, draft: EventDraft, deadline: Deadline
    ) -> RemoteEvent:
        try:
            stored = self._fetch(event_id, deadline)
        except EventGone:
            raise
        except ConnectorError:
            raise trouble from None
        if self._says(stored, draft):
            return self._event(stored, event_id)
        raise trouble

    def _done_before(self, stored: Answer, event_id: str, draft: EventDraft) -> RemoteEvent:
        """A repeated update whose first answer was lost finds its own work and is content."""
        if self._says(stored, draft):
            return self._event(stored, event_id)
        raise Conflict("the event was changed meanwhile: read it again")

    def _says(self, stored: Answer, draft: EventDraft) -> bool:
        try:
            return already_as(stored.text, draft, office_zone=self._zone)
        except Unreadable:
            return False

    def _fetch(self, event_id: str, deadline: Deadline) -> Answer:
        path = self._client.canonical(event_id)
        answer = self._client.read("GET", path, deadline=deadline)
        if answer.status in {404, 410}:
            raise EventGone("the event does not exist any more")
        if not answer.ok:
            raise answer.error(writing=False)
        return answer

    def _find_by_uid(self, key: str, deadline: Deadline) -> RemoteEvent | None:
        uid = uid_of(key)
        answer = self._client.read(
            "REPORT",
            self._path,
            body=multistatus.uid_query_body(uid),
            headers={"Depth": "1", "Content-Type": "application/xml; charset=utf-8"},
            deadline=deadline,
        )
        if answer.status != 207:
            raise answer.error(writing=False)
        for member in multistatus.parse(answer.body, base=self._client.base).members:
            raw = member.values.get(multistatus.CALENDAR_DATA, "")
            # A server may ignore the filter; and a copy has our text but another UID.
            if raw and uid_in(raw) == uid:
                ref = EventRef(member.path, member.etag or content_tag(raw.encode()))
                return replace(remote_event(raw, ref=ref, office_zone=self._zone), key=key)
        return None

    def _event(self, answer: Answer, event_id: str) -> RemoteEvent:
        ref = EventRef(event_id, answer.etag)
        return remote_event(answer.text, ref=ref, office_zone=self._zone)

    def _put(
        self, path: str, text: str, precondition: dict[str, str], deadline: Deadline
    ) -> Answer:
        return self._client.write(
            "PUT",
            path,
            body=text,
            headers={"Content-Type": _TYPE, **precondition},
            deadline=_leave_some(deadline),
        )


def _leave_some(deadline: Deadline) -> Deadline:
    return deadline.sooner(deadline.remaining() * _WRITE_SHARE)
