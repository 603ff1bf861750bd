"""One event for each key, however often it is sent and whatever the service answers to that."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.contract import EventDraft, Period, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
)
from connectors.graph import properties
from connectors.graph.client import GraphAnswer
from connectors.graph.draft import new_event, our_properties, transaction_id
from connectors.graph.events import Events
from connectors.graph.place import Place
from connectors.graph.remote import text
from connectors.graph.sent import Sent

_WRITE_SHARE: Final = 0.75
#: So many events of one key may have been made and removed by people in the time of one call.
_GENERATIONS: Final = 5
#: What two clocks of the service may differ, and what a Date header is coarser by (seconds).
_SLACK: Final = 3.0


class Creator:
    """Writes new events into the calendar at ``place``."""

    def __init__(self, place: Place, events: Events, sent: Sent) -> None:
        self._place = place
        self._events = events
        self._sent = sent

    def create(self, *, draft: EventDraft, key: str, deadline: Deadline) -> RemoteEvent:
        """A key that this process never sent costs one request.

        ``transactionId`` keeps a second event from being made; what is answered to it is not
        documented once the first one was changed or removed, so no answer is believed that may
        tell of an older event than the one asked for.
        """
        name = (self._place.mailbox.address, key)
        with self._sent.alone(name, deadline) as before:
            found = self._live(key, deadline) if before else None
            event = found or self._made(draft, key, deadline, doubtful=before)
        if draft.wants_meeting and not event.meeting_url:
            event = self._events.with_link(event, deadline=deadline)
        return event

    def _made(
        self, draft: EventDraft, key: str, deadline: Deadline, *, doubtful: bool
    ) -> RemoteEvent:
        after = ""
        for number in range(_GENERATIONS):
            body = new_event(draft, key=key, transaction=transaction_id(key, after=after))
            asked = time.monotonic()
            try:
                answer = self._place.post(body, deadline=_leave_some(deadline))
            except (Conflict, Rejected) as error:
                # The transaction id may be what is refused: once more with another one tells.
                event = self._live(key, deadline)
                if event is not None:
                    return event
                if isinstance(error, Rejected) and number:
                    raise
                after = f"{after}\nrefused"
                continue
            except TryLater as error:
                if not error.outcome_unknown:
                    raise
                return self._after(error, key, deadline)
            event = self._read(answer, draft, key, deadline)
            new = not doubtful and _is_fresh(answer, time.monotonic() - asked)
            if new and event.period == draft.period:
                return event
            there = self._confirmed(event, draft, key, deadline)
            if there is not None:
                return there
            after = f"{after}\n{event.ref.id}"
        raise TryLater("people remove the event as fast as it is written", outcome_unknown=True)

    def _read(
        self, answer: GraphAnswer, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        try:
            return self._events.told(answer.json, ours=our_properties(draft, key=key))
        except TryLater as error:
            return self._after(TryLater(str(error), outcome_unknown=True), key, deadline)

    def _after(self, trouble: TryLater, key: str, deadline: Deadline) -> RemoteEvent:
        """Decide by what stands in the calendar, not by what an answer seemed to say."""
        try:
            found = self._live(key, deadline)
        except (MailboxNotFound, NotAuthorised):
            raise
        except ConnectorError:
            found = None
        if found is None:
            raise trouble
        return found

    def _live(self, key: str, deadline: Deadline) -> RemoteEvent | None:
        found = self._events.find(key=key, deadline=deadline)
        return None if found is None or found.cancelled else found

    def _confirmed(
        self, event: RemoteEvent, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent | None:
        """The event that an answer told of, if the calendar has it.

        By its id alone this cannot be asked: with immutable ids an event in the deleted items may
        still be found. A search may lag behind, so that the day itself is looked at as well.
        """
        found = self._live(key, deadline)
        if found is not None:
            return found
        for item in self._seen_at(draft.period, deadline):
            if properties.read(item).get(properties.KEY) == key and not item.get("isCancelled"):
                return self._events.get(event_id=text(item.get("id")), deadline=deadline)
        return self._moved(event, deadline)

    def _moved(self, event: RemoteEvent, deadline: Deadline) -> RemoteEvent | None:
        """The event at another time, where a person moved it before the search knew of it."""
        try:
            now = self._events.get(event_id=event.ref.id, deadline=deadline)
        except EventGone:
            return None
        if now.period is None or now.cancelled:
            return None
        seen = self._seen_at(now.period, deadline)
        return now if any(text(item.get("id")) == now.ref.id for item in seen) else None

    def _seen_at(self, period: Period, deadline: Deadline) -> list[Mapping[str, Any]]:
        return self._place.view(
            {
                "startDateTime": f"{period.start:%Y-%m-%dT%H:%M:%SZ}",
                "endDateTime": f"{period.end:%Y-%m-%dT%H:%M:%SZ}",
                "$top": "500",
                "$select": "id,isCancelled",
                "$expand": properties.expanding(properties.KEY),
            },
            deadline=deadline,
        )


def _is_fresh(answer: GraphAnswer, seconds: float) -> bool:
    """Whether the event was made by the request that took ``seconds``, by the service's clock."""
    made = _moment(answer.json.get("createdDateTime"))
    now = answer.date
    if made is None or now is None:
        return False
    return made >= now - timedelta(seconds=seconds + _SLACK)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _leave_some(deadline: Deadline) -> Deadline:
    return deadline.sooner(deadline.remaining() * _WRITE_SHARE)
