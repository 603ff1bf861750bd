"""A municipality: everything of one mapping file."""

from __future__ import annotations

from dataclasses import dataclass

from mapping.model.access import FairAccess, Privacy, SignIn
from mapping.model.delivery import CalendarConnection, Mailbox, ProviderMail, StaffMember
from mapping.model.forms import Consent, Declaration
from mapping.model.services import Service, ServiceGroup, ShowAsPolicy
from mapping.model.texts import LocalText
from mapping.model.times import Closure, Holidays, Opening


@dataclass(frozen=True, slots=True)
class InfoPage:
    """One entry of the links panel: a page of ours (``text``) or a link elsewhere (``url``).

    ``kind``: "about", "faq", "municipalities", "manual", "privacy", "contact", "accessibility",
    "other".
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
    sign_in: SignIn | None = None  #: None: as the installation says
    #: Whoever has not signed in proves the mail address, by a code or link, before the booking.
    verify_email: bool = False
    fair_access: FairAccess = FairAccess()
    privacy: Privacy = Privacy()

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
