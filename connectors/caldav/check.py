"""Does this calendar give what the product needs? Tried out, with the remedy where it does not."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from connectors.caldav.client import DavClient, is_strong
from connectors.caldav.events import Events
from connectors.caldav.sync import Reader
from connectors.contract import CheckReport, EventDraft, EventRef, Finding, Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, MailboxNotFound, NotAuthorised, TryLater

#: Long past, so that a probe that could not be removed takes nobody's time.
_PROBE: Final = Period(datetime(2001, 1, 1, 8, tzinfo=UTC), datetime(2001, 1, 1, 8, 5, tzinfo=UTC))
_MAX_SKEW: Final = timedelta(minutes=2)

_REMEDIES: Final = {
    "reachable": "Check the connection's url in the mapping file, name resolution, firewall and "
    "certificate (option ca_file) from this machine to the calendar server.",
    "readable": "Give the service account the right to read this calendar, and check the "
    "calendar's address in the mapping file.",
    "writable": "Give the service account the right to create, change and delete events in this "
    "calendar.",
    "private_readable": "This account does not see private events: give it full rights on the "
    "calendar. Until then events must be written without the private mark.",
    "sync": "The server has no trustworthy sync-collection: every poll compares the whole "
    "calendar. It works; raise the poll interval if the server suffers.",
    "versions": "The server gives no strong ETags, so events cannot be changed or deleted "
    "safely: switch them on in the server (or in the proxy before it).",
    "clock": "Set the clocks of this machine and of the calendar server by NTP.",
    "password": "Set the password or token of the connection again (rantevou secret set).",
}


class Check:
    """One run against one calendar; stops asking what cannot be answered any more."""

    def __init__(
        self,
        client: DavClient,
        path: str,
        *,
        events: Events,
        reader: Reader,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._path = path
        self._events = events
        self._reader = reader
        self._clock = clock
        self._findings: list[Finding] = []
        self._written: set[str] = set()

    def run(self, deadline: Deadline) -> CheckReport:
        if self._reachable(deadline) and self._readable(deadline):
            self._writable(deadline)
        return CheckReport(tuple(self._findings))

    def _note(self, name: str, ok: bool, detail: str = "", remedy: str = "") -> bool:
        advice = "" if ok else remedy or _REMEDIES[name]
        self._findings.append(Finding(name, ok, detail, advice))
        return ok

    def _fail(self, name: str, error: ConnectorError) -> bool:
        remedy = ""
        if isinstance(error, NotAuthorised) and "401" in str(error):
            remedy = _REMEDIES["password"]
        elif isinstance(error, TryLater):
            remedy = _REMEDIES["reachable"]
        elif isinstance(error, MailboxNotFound):
            remedy = _REMEDIES["readable"]
        return self._note(name, False, str(error), remedy)

    def _reachable(self, deadline: Deadline) -> bool:
        try:
            answer = self._client.read("OPTIONS", self._path, deadline=deadline)
        except ConnectorError as error:
            return self._fail("reachable", error)
        self._note("reachable", True)
        if answer.date is not None:
            skew = abs(answer.date.astimezone(UTC) - self._clock().astimezone(UTC))
            seconds = int(skew.total_seconds())
            self._note("clock", skew <= _MAX_SKEW, f"clocks differ by {seconds} s")
        return True

    def _readable(self, deadline: Deadline) -> bool:
        try:
            state = self._reader.state(deadline)
            listing = self._reader.listing(deadline)
            trusted = self._reader.passes_self_test(state, deadline)
        except ConnectorError as error:
            return self._fail("readable", error)
        self._note("readable", True, f"{len(listing)} entries")
        self._note("sync", trusted, "" if trusted else "no trustworthy sync-collection")
        return True

    def _writable(self, deadline: Deadline) -> None:
        key = f"check-{secrets.token_hex(8)}"
        try:
            self._try_writing(key, deadline)
        finally:
            # With a little time of its own: a probe must not stay because the check took long.
            self._clean_up(key, Deadline.after(max(2.0, deadline.remaining())))

    def _try_writing(self, key: str, deadline: Deadline) -> None:
        draft = EventDraft(
            period=_PROBE,
            subject="Rantevou check",
            body="Written and removed by a check of this calendar.",
            reference="check",
            private=False,
        )
        try:
            created = self._events.create(draft=draft, key=key, deadline=deadline)
            self._written.add(key)
            back = self._events.get(event_id=created.ref.id, deadline=deadline)
            if back.period != _PROBE or back.key != key:
                self._note("writable", False, "the event came back with another time or key")
                return
            strong = self._note("versions", is_strong(back.ref.etag))
            self._try_private(key, strong, deadline)
            if strong:
                self._events.delete(ref=EventRef(back.ref.id, ""), deadline=deadline)
        except ConnectorError as error:
            self._fail("writable", error)
            return
        self._note("writable", strong)

    def _try_private(self, key: str, strong: bool, deadline: Deadline) -> None:
        draft = EventDraft(
            period=_PROBE, subject="Rantevou check", body="", reference="check", private=True
        )
        private = f"{key}-private"
        try:
            event = self._events.create(draft=draft, key=private, deadline=deadline)
            self._written.add(private)
            back = self._events.get(event_id=event.ref.id, deadline=deadline)
            listed = self._client.canonical(event.ref.id) in self._reader.listing(deadline)
            self._note("private_readable", listed and back.period == _PROBE)
        except ConnectorError as error:
            self._note("private_readable", False, str(error))
        finally:
            if strong:
                self._clean_up(private, Deadline.after(max(2.0, deadline.remaining())))

    def _clean_up(self, key: str, deadline: Deadline) -> None:
        try:
            self._events.delete(ref=EventRef(self._events.href(key), ""), deadline=deadline)
        except ConnectorError as error:
            if key in self._written:
                remedy = "Remove the event 'Rantevou check' of 1 January 2001 by hand."
                self._note("clean", False, str(error), remedy)
