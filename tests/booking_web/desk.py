"""A desk over in-memory calendars and a real database, with the sample municipalities."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

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
_KEYS = Keys.generate()


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
    texts = tuple((name, edit(on_caldav(sample(name)))) for name in ("kalamata", "kavala"))
    url = database_url
    if not url:
        path = folder / "house.sqlite"
        path.write_bytes(_furnished(texts))
        url = f"sqlite:///{path}"
    made = _house(folder, url)
    if database_url:
        upgrade(url)
        _furnish(made, texts)
    return made


@lru_cache
def _furnished(texts: tuple[tuple[str, str], ...]) -> bytes:
    """The file of such a house. Making one takes half a second, and every test wants its own."""
    with TemporaryDirectory(prefix="rv-house-") as folder:
        path = Path(folder) / "house.sqlite"
        url = f"sqlite:///{path}"
        upgrade(url)
        made = _house(Path(folder), url)
        _furnish(made, texts)
        made.desk.store.close()
        with closing(sqlite3.connect(path)) as connection:
            return connection.serialize()


def _house(folder: Path, url: str) -> House:
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
        store=open_store(url, encryption_keys=_KEYS, now=clock),
        calendars=calendars,
        settings=settings,
        wake=woken.append,
    )
    return House(desk, clock, calendars.memory, url, woken)


def _furnish(made: House, texts: tuple[tuple[str, str], ...]) -> None:
    desk = made.desk
    for secret in ("caldav-service", "m365-application"):
        stored_secrets.set_secret(desk, name=secret, value="x")
    for name, text in texts:
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
    made.read_calendars()


def with_settings(desk: Desk, **changes: object) -> Desk:
    return replace(desk, settings=replace(desk.settings, **changes))  # type: ignore[arg-type]
