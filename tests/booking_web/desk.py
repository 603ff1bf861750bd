"""A desk over in-memory calendars and a real database, with the sample municipalities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from booking import catalogue
from booking.calendars import refresh
from booking.desk import Desk
from booking.office import accounts, importing, overview
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys, open_store, upgrade
from booking_web.cli.demo.samples import on_caldav
from connectors.contract import Connection, Connector, MailboxRef, Period
from connectors.deadline import Deadline
from connectors.memory import MemoryConnector
from mapping.file import read_mapping

#: Tuesday, 9:00 in Athens; nothing of the samples is closed in the weeks after it.
START = datetime(2027, 1, 12, 7, 0, tzinfo=UTC)
PASSWORD = "a long enough password"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class InMemory:
    """Gives every connection the same calendars (``booking.desk.Calendars``)."""

    memory: MemoryConnector = field(default_factory=MemoryConnector)

    def connector(self, connection: Connection) -> Connector:
        return self.memory


@dataclass
class House:
    """The desk, its clock, and the other side of its calendars."""

    desk: Desk
    clock: Clock
    memory: MemoryConnector
    database_url: str
    woken: list[str]

    def mailbox_id(self, address: str) -> str:
        return next(each.id for each in overview.mailboxes(self.desk) if each.address == address)

    def mailboxes(self) -> list[MailboxRef]:
        return [
            MailboxRef(mailbox.address, mailbox.calendar)
            for municipality in catalogue.municipalities(self.desk)
            for mailbox in municipality.mailboxes
        ]

    def busy(self, address: str, *, hours: float) -> None:
        """Somebody's own appointment from now on, and it has been read."""
        mailbox = next(each for each in self.mailboxes() if each.address == address)
        period = Period(self.clock.at, self.clock.at + timedelta(hours=hours))
        self.memory.put_foreign(mailbox, period)
        self.read_calendars()

    def read_calendars(self) -> None:
        for status in overview.mailboxes(self.desk):
            refresh.refresh_mailbox(self.desk, mailbox_id=status.id, deadline=Deadline.after(60))


def sample(name: str) -> str:
    return (resources.files("mapping") / "samples" / f"{name}.yaml").read_text(encoding="utf-8")


def house(folder: Path, *, database_url: str = "", edit: Callable[[str], str] = str) -> House:
    """Both samples imported, all on one kind of calendar (``edit`` changes their texts first),
    and read, and three accounts:
    "admin", "staff-kalamata" and "staff-kavala", all with ``PASSWORD``."""
    url = database_url or f"sqlite:///{folder / 'house.sqlite'}"
    upgrade(url)
    clock, calendars, woken = Clock(), InMemory(), list[str]()
    settings = Settings(
        data_dir=folder,
        database_url=url,
        public_url="https://rantevou.example.gr",
        secret_key="test-test-test-test-test-test-00",
        secure_cookies=False,
        # However slow the machine is that runs the tests.
        view_deadline=timedelta(seconds=60),
        placing_deadline=timedelta(seconds=60),
    )
    desk = Desk(
        store=open_store(url, encryption_keys=Keys.generate(), now=clock),
        calendars=calendars,
        settings=settings,
        wake=woken.append,
    )
    for secret in ("caldav-service", "m365-application"):
        stored_secrets.set_secret(desk, name=secret, value="x")
    for name in ("kalamata", "kavala"):
        text = edit(on_caldav(sample(name)))
        importing.import_mapping(
            desk, text=text, municipality=read_mapping(text, name=f"{name}.yaml"), by="test"
        )
        accounts.create(
            desk,
            user=f"staff-{name}",
            password=PASSWORD,
            role="staff",
            name=f"Υπάλληλος {name}",
            municipality=name,
        )
    accounts.create(
        desk, user="admin", password=PASSWORD, role="admin", name="Διαχείριση", municipality=None
    )
    made = House(desk, clock, calendars.memory, url, woken)
    made.read_calendars()
    return made


def with_settings(desk: Desk, **changes: object) -> Desk:
    return replace(desk, settings=replace(desk.settings, **changes))  # type: ignore[arg-type]
