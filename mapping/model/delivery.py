"""Who delivers it: connections to calendar systems, staff, their mailboxes, and who sends mails."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from mapping.model.times import Closure, Opening


@dataclass(frozen=True, slots=True)
class CalendarConnection:
    """How to reach a calendar system; ``secret`` is a stored secret's name, never its value."""

    name: str
    provider: str
    url: str = ""
    user: str = ""
    secret: str = ""
    #: Where meetings take place when the provider has none of its own; ``{room}`` is replaced by
    #: an unguessable name, e.g. "https://meet.example.gr/{room}".
    meeting_link: str = ""
    options: dict[str, str] = field(default_factory=dict)


class HoursFrom(enum.StrEnum):
    """What bounds the hours of a staff member."""

    MAPPING = "mapping"  #: this file alone
    CALENDAR = "calendar"  #: besides, the working hours that the calendar tells


@dataclass(frozen=True, slots=True)
class StaffMember:
    key: str
    name: str
    opening_hours: tuple[Opening, ...] = ()  #: empty: whenever the service is open
    closures: tuple[Closure, ...] = ()
    working_hours: HoursFrom = HoursFrom.MAPPING


@dataclass(frozen=True, slots=True)
class Mailbox:
    """``address`` names it everywhere; ``calendar`` is where in the provider it stands."""

    address: str
    staff: str
    connection: str
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class ProviderMail:
    """Mails to citizens leave through a connection's provider, in the name of a mailbox there."""

    connection: str
    sender: str  #: address of the mailbox
