"""What Microsoft does not document, asked of the tenant itself; any answer is fine for us."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.conformance.stage import Question
from connectors.errors import ConnectorError
from connectors.graph.raw import Raw, is_marked
from connectors.graph.remote import etag_of, text

_PAUSE: Final = 2.0
#: So many rounds without anything new mean that all has been told.
_QUIET: Final = 3

_Items = list[dict[str, Any]]


def questions(raw: Raw, *, patience: float) -> tuple[Question, ...]:
    """``patience``: how long a delta round or a search may lag behind (seconds)."""
    probes = _Probes(raw, patience)
    return (
        Question("PATCH with If-Match of an old version", probes.old_patch),
        Question("DELETE with If-Match of an old version", probes.old_delete),
        Question("A transactionId sent again with the same content", probes.same_transaction),
        Question("A transactionId sent again with other content", probes.other_content),
        Question("A transactionId sent again after its event was deleted", probes.after_deletion),
        Question("POST cancel on an event without attendees", probes.cancel),
        Question("GET of a deleted event by its immutable id", probes.deleted),
        Question("When the search by our property finds a new event", probes.search),
        Question("Times of a whole day, read in UTC", probes.whole_day),
        Question("calendarView/delta after one occurrence was moved", probes.moved_occurrence),
        Question("calendarView/delta after one occurrence was deleted", probes.lost_occurrence),
        Question("calendarView/delta after a series was made shorter", probes.shorter_series),
        Question("A delta token that the service never gave", probes.strange_token),
    )


class _Probes:
    def __init__(self, raw: Raw, patience: float) -> None:
        self._raw = raw
        self._patience = patience

    def old_patch(self) -> str:
        event = self._event()
        self._raw.patch(str(event["id"]), {"showAs": "tentative"})
        headers = {"If-Match": etag_of(event)}
        return _done(
            lambda: self._raw.patch(str(event["id"]), {"showAs": "oof"}, headers),
            "carried out: If-Match is not honoured",
        )

    def old_delete(self) -> str:
        event = self._event()
        self._raw.patch(str(event["id"]), {"showAs": "tentative"})
        headers = {"If-Match": etag_of(event)}
        return _done(
            lambda: self._raw.delete(str(event["id"]), headers),
            "carried out: If-Match is not honoured",
        )

    def same_transaction(self) -> str:
        transaction = str(uuid.uuid4())
        return self._again(self._event(transactionId=transaction), transaction)

    def other_content(self) -> str:
        transaction = str(uuid.uuid4())
        first = self._event(transactionId=transaction)
        return self._again(first, transaction, **self._raw.timed(self._raw.times.at(16, 11)))

    def after_deletion(self) -> str:
        transaction = str(uuid.uuid4())
        first = self._event(transactionId=transaction)
        self._raw.delete(str(first["id"]))
        told = self._again(first, transaction)
        there = any(is_marked(each) for each in self._raw.view())
        return f"{told}; {'an event' if there else 'no event'} is in the calendar afterwards"

    def cancel(self) -> str:
        event_id = str(self._event()["id"])
        return _done(lambda: self._raw.cancel(event_id), "accepted")

    def deleted(self) -> str:
        event_id = str(self._event()["id"])
        self._raw.delete(event_id)
        return _done(lambda: self._raw.get(event_id), "it is still found")

    def search(self) -> str:
        event_id = str(self._event()["id"])
        begun = time.monotonic()
        while event_id not in {str(each["id"]) for each in self._raw.marked()}:
            if not self._waits(begun):
                return f"not within {time.monotonic() - begun:.0f} s"
        return f"within {time.monotonic() - begun:.1f} s"

    def whole_day(self) -> str:
        made = self._raw.post(self._raw.whole_days(self._raw.times.day(16), 1))
        read = self._raw.get(str(made["id"]))
        return f"from {text(read['start'].get('dateTime'))[:19]} on, {read['start']['timeZone']}"

    def moved_occurrence(self) -> str:
        def move(instances: _Items) -> None:
            period = self._raw.times.at(24, 14)
            self._raw.patch(str(instances[1]["id"]), self._raw.timed(period))

        return self._delta(move)

    def lost_occurrence(self) -> str:
        return self._delta(lambda instances: self._raw.delete(str(instances[1]["id"])))

    def shorter_series(self) -> str:
        shorter = self._raw.series(self._raw.times.at(15, 9), 2)["recurrence"]

        def shorten(instances: _Items) -> None:
            self._raw.patch(self._series, {"recurrence": shorter})

        return self._delta(shorten)

    def strange_token(self) -> str:
        _, link = self._raw.round()
        head, equals, _ = link.rpartition("=")
        return _done(lambda: self._raw.follow(f"{head}{equals}no-such-token"), "accepted")

    def _event(self, **more: object) -> dict[str, Any]:
        return self._raw.post({**self._raw.timed(self._raw.times.at(15, 9)), **more})

    def _again(self, first: Mapping[str, Any], transaction: str, **more: object) -> str:
        try:
            second = self._event(transactionId=transaction, **more)
        except ConnectorError as error:
            return f"refused: {error}"
        if second["id"] != first["id"]:
            return "a new event is made"
        as_before = second["start"] == first["start"]
        return f"the same event is answered, {'as it was' if as_before else 'with the new content'}"

    def _delta(self, change: Callable[[_Items], None]) -> str:
        """What the next round tells after ``change`` of a series of four."""
        self._series = str(self._raw.post(self._raw.series(self._raw.times.at(15, 9), 4))["id"])
        instances = self._raw.instances(self._series)
        link = self._settled()
        change(instances)
        begun = time.monotonic()
        items, link = self._raw.round(link)
        while not items and self._waits(begun):
            items, link = self._raw.round(link)
        if not items:
            return f"nothing within {time.monotonic() - begun:.0f} s"
        ids = {self._series, *(str(each["id"]) for each in instances)}
        return ", ".join(sorted(_kind(each, ids) for each in items if _is_of(each, ids)))

    def _settled(self) -> str:
        """A deltaLink after the rounds have told of what was just made, and then nothing more."""
        begun, seen, quiet = time.monotonic(), False, 0
        items, link = self._raw.round()
        while True:
            seen = seen or any(
                self._series in (each.get("id"), each.get("seriesMasterId")) for each in items
            )
            quiet = 0 if items else quiet + 1
            if (seen and quiet == _QUIET) or not self._waits(begun):
                return link
            items, link = self._raw.round(link)

    def _waits(self, begun: float) -> bool:
        if time.monotonic() - begun + _PAUSE > self._patience:
            return False
        time.sleep(_PAUSE)
        return True


def _done(action: Callable[[], object], otherwise: str) -> str:
    try:
        action()
    except ConnectorError as error:
        return f"refused: {error}"
    return otherwise


def _is_of(item: Mapping[str, Any], ids: set[str]) -> bool:
    return str(item.get("id")) in ids or str(item.get("seriesMasterId")) in ids


def _kind(item: Mapping[str, Any], ids: set[str]) -> str:
    if "@removed" in item:
        return "removed"
    kind = text(item.get("type")) or "event without type"
    return f"{kind} in full" if "subject" in item else f"{kind} with id and times only"
