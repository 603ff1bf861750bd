"""What is offered: services, their channels, and what entries in calendars mean for them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mapping.model.access import SignIn
from mapping.model.forms import Question
from mapping.model.texts import LocalText
from mapping.model.times import Closure, Opening


class Channel(enum.StrEnum):
    """How the citizen is served."""

    IN_PERSON = "in_person"
    TELECONFERENCE = "teleconference"
    TELEPHONE = "telephone"


class BusyAs(enum.StrEnum):
    """What an occurrence of a certain kind means for offering."""

    BUSY = "busy"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class ShowAsPolicy:
    """What the kinds of calendar entries that are neither plainly free nor busy mean."""

    tentative: BusyAs = BusyAs.BUSY
    working_elsewhere: BusyAs = BusyAs.BUSY
    all_day_free: BusyAs = BusyAs.FREE


@dataclass(frozen=True, slots=True)
class ServiceChannel:
    """One service by one channel. ``mailboxes`` names who delivers it (the pool)."""

    channel: Channel
    mailboxes: tuple[str, ...]
    title: LocalText  #: bookable name, e.g. «Φυσική παρουσία - Επίδομα στέγασης»
    page_title: LocalText = LocalText("")  #: e.g. «Δήμος Καλαμάτας - Ραντεβού με Φυσική παρουσία»
    place: LocalText = LocalText("")  #: address, floor, desk; where the citizen goes
    instructions: tuple[LocalText, ...] = ()  #: for the day of the appointment
    tips: tuple[LocalText, ...] = ()  #: advice for a good teleconference
    calls_from: str = ""  #: by telephone: the number that the citizen will see calling
    show_as: ShowAsPolicy | None = None  #: None: the municipality's
    opening_hours: tuple[Opening, ...] = ()  #: empty: the service's


@dataclass(frozen=True, slots=True)
class Service:
    key: str
    group: str
    title: LocalText
    duration_minutes: int
    step_minutes: int
    channels: tuple[ServiceChannel, ...]
    consent: str
    description: LocalText = LocalText("")
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_minutes: int = 0
    horizon_days: int = 60
    documents: tuple[LocalText, ...] = ()
    questions: tuple[Question, ...] = ()
    declarations: tuple[str, ...] = ()
    opening_hours: tuple[Opening, ...] = ()  #: empty: the municipality's
    closures: tuple[Closure, ...] = ()
    sign_in: SignIn | None = None  #: None: the municipality's
    #: Minutes before the appointment at which a mail reminds of it, longest first.
    reminder_minutes: tuple[int, ...] = ()
    follow_up: LocalText = LocalText("")  #: text of a mail after the appointment; empty: none
    #: Whoever has an appointment may ask for an earlier one, should it become free.
    waiting_list: bool = False
    sample: bool = False  #: invented for the sample, not told by the manual

    def channel(self, channel: Channel) -> ServiceChannel | None:
        return next((each for each in self.channels if each.channel is channel), None)


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    key: str
    title: LocalText
    description: LocalText = LocalText("")
