"""What a municipality offers: frozen values, as the mapping file names them.

All lengths are whole minutes and multiples of ``CELL_MINUTES``; wall-clock times are local to
``Municipality.time_zone``. Texts come in Greek and English; English may be empty and then the
Greek one is shown.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, time

#: Grid of everything that is offered; claims are kept in cells of this length.
CELL_MINUTES = 5


class Channel(enum.StrEnum):
    """How the citizen is served."""

    IN_PERSON = "in_person"
    TELECONFERENCE = "teleconference"
    TELEPHONE = "telephone"


class Weekday(enum.StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text in both languages."""

    el: str
    en: str = ""

    def in_language(self, language: str) -> str:
        return self.en if language == "en" and self.en else self.el


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening hours of one weekday, local and half-open; several a day are several values."""

    weekday: Weekday
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Closure:
    """Days, both included, on which nothing is offered."""

    first: date
    last: date
    reason: LocalText


@dataclass(frozen=True, slots=True)
class LocalHoliday:
    """A yearly local feast (the patron saint, the liberation of the town)."""

    month: int
    day: int
    name: LocalText


@dataclass(frozen=True, slots=True)
class Holidays:
    country: str = "GR"
    half_days: bool = False  #: close on half days too (24 and 31 December)
    local: tuple[LocalHoliday, ...] = ()
    open_on: tuple[date, ...] = ()  #: public holidays on which this municipality works


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


class QuestionKind(enum.StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    AFM = "afm"  #: Greek tax number, nine digits with check digit
    ADDRESS = "address"
    SUBJECT = "subject"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: LocalText


@dataclass(frozen=True, slots=True)
class Question:
    """An additional field of the details form; name, e-mail and mobile phone are always asked."""

    key: str
    kind: QuestionKind
    label: LocalText
    hint: LocalText = LocalText("")
    required: bool = False
    max_length: int = 200
    choices: tuple[Choice, ...] = ()
    #: "contact": among name, mail and phone; "additional": under «Εισάγετε πρόσθετες πληροφορίες».
    section: str = "additional"


@dataclass(frozen=True, slots=True)
class DeclarationAnswer:
    """One answer to a declaration's question and what follows from it.

    With ``information`` or ``confirmation`` a second page is shown: the text, and a box to tick
    where ``confirmation`` is not empty. Not ``bookable``: the page says why and what to do instead
    (``outcome``).
    """

    value: str
    label: LocalText
    bookable: bool = True
    information: LocalText = LocalText("")
    confirmation: LocalText = LocalText("")
    outcome: LocalText = LocalText("")


@dataclass(frozen=True, slots=True)
class Declaration:
    key: str
    version: str
    question: LocalText
    answers: tuple[DeclarationAnswer, ...]
    hint: LocalText = LocalText("")
    #: Shown to whom none of the confirmations applies: what to do next.
    otherwise: LocalText = LocalText("")


class ConsentKind(enum.StrEnum):
    CONSENT = "consent"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Consent:
    """The text of the mandatory box on the details form; its version is kept with the booking."""

    key: str
    version: str
    kind: ConsentKind
    text: LocalText


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
    sample: bool = False  #: invented for the sample, not told by the manual

    def channel(self, channel: Channel) -> ServiceChannel | None:
        return next((each for each in self.channels if each.channel is channel), None)


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    key: str
    title: LocalText
    description: LocalText = LocalText("")


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
class InfoPage:
    """One entry of the links panel: a page of ours (``text``) or a link elsewhere (``url``).

    ``kind``: "about", "faq", "municipalities", "manual", "privacy", "contact", "other".
    Text is plain paragraphs; a line starting with "## " is a heading, with "- " a list item.
    """

    key: str
    kind: str
    label: LocalText
    text: LocalText = LocalText("")
    url: str = ""
    listed: bool = True  #: shown in the links panel; a page that is not is linked from elsewhere


@dataclass(frozen=True, slots=True)
class Contact:
    office: LocalText
    address: LocalText = LocalText("")
    phone: str = ""
    email: str = ""  #: sender and organiser of the mails to citizens
    hours: LocalText = LocalText("")


@dataclass(frozen=True, slots=True)
class ProviderMail:
    """Mails to citizens leave through a connection's provider, in the name of a mailbox there."""

    connection: str
    sender: str  #: address of the mailbox


@dataclass(frozen=True, slots=True)
class Municipality:
    """Everything of one mapping file."""

    slug: str
    name: LocalText  #: «Δήμος Καλαμάτας»
    list_name: LocalText  #: as the list shows it: «ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ»
    genitive: LocalText  #: for «Εξυπηρέτηση με ραντεβού από τον Δήμο …»: «ΚΑΛΑΜΑΤΑΣ»
    contact: Contact
    groups: tuple[ServiceGroup, ...]
    services: tuple[Service, ...]
    consents: tuple[Consent, ...]
    connections: tuple[CalendarConnection, ...]
    staff: tuple[StaffMember, ...]
    mailboxes: tuple[Mailbox, ...]
    opening_hours: tuple[Opening, ...]
    declarations: tuple[Declaration, ...] = ()
    info_pages: tuple[InfoPage, ...] = ()
    time_zone: str = "Europe/Athens"
    #: Steps that are shown even where there is one choice: "group", "service", "channel".
    always_ask: tuple[str, ...] = ()
    closures: tuple[Closure, ...] = ()
    holidays: Holidays = Holidays()
    show_as: ShowAsPolicy = ShowAsPolicy()
    mail: ProviderMail | None = None  #: None: the mail server of the installation (SMTP)

    def service(self, key: str) -> Service | None:
        return next((each for each in self.services if each.key == key), None)

    def group(self, key: str) -> ServiceGroup | None:
        return next((each for each in self.groups if each.key == key), None)

    def consent(self, key: str) -> Consent | None:
        return next((each for each in self.consents if each.key == key), None)

    def declaration(self, key: str) -> Declaration | None:
        return next((each for each in self.declarations if each.key == key), None)

    def mailbox(self, address: str) -> Mailbox | None:
        return next((each for each in self.mailboxes if each.address == address), None)

    def staff_member(self, key: str) -> StaffMember | None:
        return next((each for each in self.staff if each.key == key), None)

    def connection(self, name: str) -> CalendarConnection | None:
        return next((each for each in self.connections if each.name == name), None)

    def info_page(self, key: str) -> InfoPage | None:
        return next((each for each in self.info_pages if each.key == key), None)


def service_id(municipality: Municipality, service: Service) -> str:
    """Opaque id of a service for the API and for deep links."""
    return f"{municipality.slug}.{service.key}"
