"""Calendars in memory that can do everything: meeting links, mail, working hours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from connectors.abilities import WorkingHours
from connectors.contract import Capabilities, EventDraft, MailboxRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import EventGone
from connectors.memory.connector import MemoryConnector
from connectors.memory.events import Stored


class AbleMemoryConnector(MemoryConnector):
    """A memory connector with the abilities of ``connectors.abilities`` but push.

    ``gives_links`` off: events come without a meeting, as Microsoft's 201 without a link does.
    ``give_link`` is the employee who adds one, ``mails``, ``secured`` and ``hours`` the world.
    """

    def __init__(self, **switches: Any) -> None:
        super().__init__(**switches)
        self.gives_links = True
        self.link_base = "https://teams.microsoft.com/l/meetup-join/"
        self.mails: Final[list[tuple[str, bytes]]] = []  #: (sender, whole message)
        self.secured: Final[list[str]] = []  #: meeting addresses, each time it was done
        self.hours: Final[dict[str, WorkingHours | None]] = {}  #: by address of the mailbox
        self._links: Final[dict[str, str]] = {}  #: by key of the event
        self._wanting: Final[set[str]] = set()  #: keys of events that are to have one

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            super().capabilities,
            meeting_links=True,
            mail=True,
            secure_meetings=True,
            working_hours=True,
        )

    def give_link(self, mailbox: MailboxRef, event_id: str, url: str) -> None:
        """Switch the meeting of one of our events on, as an employee does."""
        with self._lock:
            stored = self._calendar(mailbox)[event_id]
            if stored.event.key is not None:
                self._links[stored.event.key] = url
            self._store(mailbox, stored)

    def create(
        self, *, mailbox: MailboxRef, draft: EventDraft, key: str, deadline: Deadline
    ) -> RemoteEvent:
        if draft.wants_meeting:
            self._wanting.add(key)
        return super().create(mailbox=mailbox, draft=draft, key=key, deadline=deadline)

    def secure_meeting(self, *, mailbox: MailboxRef, meeting_url: str, deadline: Deadline) -> None:
        """See ``connectors.abilities.MeetingSecuring``."""
        self._begin("secure_meeting", deadline)
        with self._lock:
            if meeting_url not in self._links.values():
                raise EventGone("there is no such meeting")
            self.secured.append(meeting_url)

    def send_mail(self, *, sender: str, mime: bytes, deadline: Deadline) -> None:
        """See ``connectors.abilities.MailSending``."""
        self._begin("send_mail", deadline)
        self.mails.append((sender, mime))

    def working_hours(self, *, mailbox: MailboxRef, deadline: Deadline) -> WorkingHours | None:
        """See ``connectors.abilities.WorkingHoursTelling``."""
        self._begin("working_hours", deadline)
        return self.hours.get(mailbox.address)

    def _store(self, mailbox: MailboxRef, stored: Stored, **how: Any) -> Stored:
        key = stored.event.key
        if key in self._wanting and key not in self._links and self.gives_links:
            self._links[key] = f"{self.link_base}{key}"
        link = self._links.get(key or "", "")
        if link:
            stored = replace(stored, event=replace(stored.event, meeting_url=link))
        return super()._store(mailbox, stored, **how)
