"""Does this mailbox give what the product needs? Tried out, with the exact step where not."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from connectors.abilities import WorkingHours
from connectors.contract import (
    BusyReading,
    CheckReport,
    EventDraft,
    EventRef,
    Finding,
    MailboxRef,
    Period,
    RemoteEvent,
)
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, MailboxNotFound, NotAuthorised, TryLater
from connectors.graph.client import GraphClient
from connectors.graph.meetings import Meetings
from connectors.graph.remedies import remedies

#: Long past, so that a probe that could not be removed takes nobody's time.
_PROBE: Final = Period(datetime(2001, 1, 1, 8, tzinfo=UTC), datetime(2001, 1, 1, 8, 5, tzinfo=UTC))
#: Microsoft's clocks are right; more than this is ours.
_MAX_SKEW: Final = timedelta(minutes=2)
_DRAFT: Final = EventDraft(
    period=_PROBE,
    subject="Rantevou check",
    body="Written and removed by a check of this mailbox.",
    reference="check",
    private=False,
)


class Calendar(Protocol):
    """What a check asks of the connector."""

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent: ...

    def get(self, *, mailbox: MailboxRef, event_id: str, deadline: Deadline) -> RemoteEvent: ...

    def find(self, *, mailbox: MailboxRef, key: str, deadline: Deadline) -> RemoteEvent | None: ...

    def delete(self, *, mailbox: MailboxRef, ref: EventRef, deadline: Deadline) -> None: ...

    def read_busy(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, BusyReading | ConnectorError]: ...

    def working_hours(self, *, mailbox: MailboxRef, deadline: Deadline) -> WorkingHours | None: ...


class Check:
    """One run against one mailbox; stops asking what cannot be answered any more."""

    def __init__(
        self, calendar: Calendar, client: GraphClient, meetings: Meetings, mailbox: MailboxRef
    ) -> None:
        self._calendar = calendar
        self._client = client
        self._settings = client.settings
        self._meetings = meetings
        self._mailbox = mailbox
        self._remedies = remedies(client.settings.client_id, mailbox.address)
        self._findings: list[Finding] = []
        self._keys: dict[str, str] = {}  #: keys of what was written → id, "" where unknown

    def run(self, deadline: Deadline) -> CheckReport:
        if self._readable(deadline):
            try:
                if self._writable(deadline):
                    self._private(deadline)
                    self._meeting(deadline)
            finally:
                # With a little time of its own: a probe must not stay because the check took long.
                self._clean_up(Deadline.after(max(5.0, deadline.remaining())))
            self._working_hours(deadline)
        self._scope(deadline)
        return CheckReport(tuple(self._findings))

    def _note(self, name: str, ok: bool, detail: str = "", remedy: str = "") -> bool:
        advice = "" if ok else remedy or self._remedies[name]
        self._findings.append(Finding(name, ok, detail, advice))
        return ok

    def _fail(self, name: str, error: ConnectorError) -> bool:
        remedy = ""
        if isinstance(error, TryLater):
            remedy = self._remedies["reachable"]
        elif isinstance(error, MailboxNotFound):
            remedy = self._remedies["mailbox"]
        elif _is_about_us(error):
            remedy = self._remedies["credentials"]
        return self._note(name, False, str(error), remedy)

    def _readable(self, deadline: Deadline) -> bool:
        try:
            reading = self._read(self._mailbox, deadline)
        except TryLater as error:
            return self._fail("reachable", error)
        except ConnectorError as error:
            self._reached()
            return self._fail("readable", error)
        self._reached()
        return self._note("readable", True, f"{len(reading.intervals)} entries this week")

    def _reached(self) -> None:
        """Every answer tells the service's time, whatever else it says."""
        self._note("reachable", True)
        ahead = self._client.ahead
        if ahead is not None:
            seconds = int(abs(ahead).total_seconds())
            self._note("clock", abs(ahead) <= _MAX_SKEW, f"clocks differ by {seconds} s")

    def _read(self, mailbox: MailboxRef, deadline: Deadline) -> BusyReading:
        now = datetime.now(UTC)
        window = Period(now, now + timedelta(days=7))
        answer = self._calendar.read_busy(mailboxes=[mailbox], window=window, deadline=deadline)
        reading = answer[mailbox]
        if isinstance(reading, ConnectorError):
            raise reading
        return reading

    def _write(self, draft: EventDraft, deadline: Deadline) -> RemoteEvent:
        """Create and read back. The event is removed at the end of the check."""
        key = f"check-{secrets.token_hex(8)}"
        self._keys[key] = ""
        made = self._calendar.create(mailbox=self._mailbox, draft=draft, key=key, deadline=deadline)
        self._keys[key] = made.ref.id
        back = self._calendar.get(mailbox=self._mailbox, event_id=made.ref.id, deadline=deadline)
        return back if back.key == key else replace(back, period=None)

    def _writable(self, deadline: Deadline) -> bool:
        try:
            back = self._write(_DRAFT, deadline)
        except ConnectorError as error:
            return self._fail("writable", error)
        same = back.period == _PROBE
        detail = "" if same else "the event came back with another time or key"
        return self._note("writable", same, detail)

    def _private(self, deadline: Deadline) -> None:
        try:
            back = self._write(replace(_DRAFT, private=True), deadline)
        except ConnectorError as error:
            self._fail("private_readable", error)
            return
        self._note("private_readable", back.period == _PROBE)

    def _meeting(self, deadline: Deadline) -> None:
        try:
            back = self._write(replace(_DRAFT, wants_meeting=True), deadline)
        except ConnectorError as error:
            self._fail("meeting_link", error)
            return
        detail = "" if back.meeting_url else "the event was made, but without a Teams link"
        if self._note("meeting_link", bool(back.meeting_url), detail):
            self._secure_meeting(back.meeting_url, deadline)

    def _secure_meeting(self, meeting_url: str, deadline: Deadline) -> None:
        if not self._settings.meeting_options:
            return
        try:
            self._meetings.secure(mailbox=self._mailbox, meeting_url=meeting_url, deadline=deadline)
        except EventGone:
            # Teams may know a new meeting a little later; that it could be asked is what counts.
            self._note("secure_meetings", True, "granted; the meeting was not known yet")
        except TryLater as error:
            self._fail("secure_meetings", error)
        except ConnectorError as error:
            self._note("secure_meetings", False, str(error))
        else:
            self._note("secure_meetings", True)

    def _working_hours(self, deadline: Deadline) -> None:
        try:
            hours = self._calendar.working_hours(mailbox=self._mailbox, deadline=deadline)
        except ConnectorError as error:
            self._fail("working_hours", error)
            return
        self._note("working_hours", True, "" if hours else "none are set")

    def _scope(self, deadline: Deadline) -> None:
        """The mailbox that the options name must be refused, else this account reads everybody."""
        outside = self._settings.outside_mailbox
        if not outside:
            return
        try:
            self._read(MailboxRef(outside), deadline)
        except NotAuthorised as error:
            if _is_about_us(error):
                self._fail("scope", error)
            else:
                self._note("scope", True, "another mailbox is refused")
        except MailboxNotFound as error:
            remedy = "Name a mailbox that exists in the connection's option outside_mailbox."
            self._note("scope", False, str(error), remedy)
        except ConnectorError as error:
            self._fail("scope", error)
        else:
            self._note("scope", False, "a mailbox that is not mapped can be read")

    def _clean_up(self, deadline: Deadline) -> None:
        failed = [key for key in self._keys if not self._removed(key, deadline)]
        if failed:
            remedy = "Remove the events 'Rantevou check' of 1 January 2001 by hand."
            self._note("clean", False, f"{len(failed)} events could not be removed", remedy)

    def _removed(self, key: str, deadline: Deadline) -> bool:
        try:
            event_id = self._keys[key]
            if not event_id:
                # A search may not know yet of what was just written: only where no answer came.
                found = self._calendar.find(mailbox=self._mailbox, key=key, deadline=deadline)
                event_id = found.ref.id if found is not None else ""
            if event_id:
                ref = EventRef(event_id, "")
                self._calendar.delete(mailbox=self._mailbox, ref=ref, deadline=deadline)
        except EventGone:
            return True
        except ConnectorError:
            return False
        return True


def _is_about_us(error: ConnectorError) -> bool:
    """Whether the application itself is refused, not its right to this mailbox."""
    text = str(error)
    return isinstance(error, NotAuthorised) and ("AADSTS" in text or "HTTP 401" in text)
