"""A made-up municipality with pools of 1, 5 and 20 mailboxes, in a database and in Radicale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks import calendars
from booking.calendars import refresh
from booking.desk import Desk
from booking.office import importing
from booking.office import secrets as stored_secrets
from connectors.deadline import Deadline
from mapping.file import read_mapping
from mapping.file.write import write_mapping
from mapping.model import (
    CalendarConnection,
    Channel,
    Consent,
    ConsentKind,
    Contact,
    LocalText,
    Mailbox,
    Municipality,
    Opening,
    Service,
    ServiceChannel,
    ServiceGroup,
    StaffMember,
    Weekday,
)

USER, PASSWORD, SECRET = "rantevou", "benchmark", "caldav-service"
POOLS = (1, 5, 20)
LENGTH = timedelta(minutes=30)
OPEN, CLOSE = time(8, 0), time(16, 0)
DAYS = 30
_TEXT = LocalText("Δοκιμή", "Benchmark")
_WORKDAYS = tuple(Weekday)[:5]


@dataclass(frozen=True)
class Town:
    """``slug`` names the municipality; ``people`` are its calendars, in the order of the pools."""

    slug: str
    people: tuple[calendars.StaffCalendar, ...]

    def address(self, number: int) -> str:
        return f"staff{number}@{self.slug}.example"

    def service_id(self, pool: int) -> str:
        return f"{self.slug}.pool{pool}"

    def expected(self, pool: int, *, first: date, days: int) -> list[datetime]:
        """Free starts of a pool by plain arithmetic."""
        starts = _offered(first, days)
        return calendars.free_starts(list(self.people[:pool]), starts, length=LENGTH)


def build(slug: str, *, today: date, history: bool, largest: int) -> Town:
    people = tuple(
        calendars.make(1000 * len(slug) + number, today=today, history=history)
        for number in range(largest)
    )
    return Town(slug, people)


def _offered(first: date, days: int) -> Iterator[datetime]:
    for offset in range(days):
        day = first + timedelta(days=offset)
        if day.weekday() >= 5:
            continue
        start = datetime.combine(day, OPEN, calendars.ATHENS)
        end = datetime.combine(day, CLOSE, calendars.ATHENS)
        while start + LENGTH <= end:
            yield start
            start += LENGTH


def municipality(town: Town, *, caldav_url: str) -> Municipality:
    numbers = range(len(town.people))
    services = tuple(
        Service(
            key=f"pool{pool}",
            group="all",
            title=_TEXT,
            duration_minutes=30,
            step_minutes=30,
            channels=(
                ServiceChannel(
                    channel=Channel.IN_PERSON,
                    mailboxes=tuple(town.address(number) for number in numbers[:pool]),
                    title=_TEXT,
                ),
            ),
            consent="info",
        )
        for pool in POOLS
        if pool <= len(town.people)
    )
    return Municipality(
        slug=town.slug,
        name=_TEXT,
        list_name=_TEXT,
        genitive=_TEXT,
        contact=Contact(office=_TEXT, email=f"info@{town.slug}.example"),
        groups=(ServiceGroup(key="all", title=_TEXT),),
        services=services,
        consents=(Consent(key="info", version="1", kind=ConsentKind.INFORMATION, text=_TEXT),),
        connections=(
            CalendarConnection(
                name="calendars", provider="caldav", url=caldav_url, user=USER, secret=SECRET
            ),
        ),
        staff=tuple(
            StaffMember(key=f"s{number}", name=f"Υπάλληλος {number}") for number in numbers
        ),
        mailboxes=tuple(
            Mailbox(
                address=town.address(number),
                staff=f"s{number}",
                connection="calendars",
                calendar=f"{USER}/{town.slug}-{number}/",
            )
            for number in numbers
        ),
        opening_hours=tuple(Opening(weekday, OPEN, CLOSE) for weekday in _WORKDAYS),
    )


def store_calendars(town: Town, radicale_folder: Path) -> None:
    """Put the objects where Radicale keeps them: 5,000 PUTs would take minutes."""
    for number, person in enumerate(town.people):
        home = radicale_folder / "collection-root" / USER / f"{town.slug}-{number}"
        home.mkdir(parents=True)
        properties = {"tag": "VCALENDAR", "C:supported-calendar-component-set": "VEVENT"}
        (home / ".Radicale.props").write_text(json.dumps(properties))
        for name, content in person.objects.items():
            (home / name).write_text(content, newline="")


def fill(desk: Desk, town: Town, *, caldav_url: str) -> list[str]:
    """Import the town and read its calendars; returns the ids of its mailboxes, in pool order."""
    return bring_in(desk, town, municipality(town, caldav_url=caldav_url), secret=PASSWORD)


def bring_in(desk: Desk, town: Town, made: Municipality, *, secret: str) -> list[str]:
    """The same for a municipality at hand; ``secret`` is its calendars'."""
    written = write_mapping(made)
    read = read_mapping(written, name=f"{town.slug}.yaml")
    stored_secrets.set_secret(desk, name=SECRET, value=secret)
    importing.import_mapping(desk, text=written, municipality=read, by="benchmark")
    with desk.store.read() as uow:
        by_address = uow.mailboxes.ids(town.slug)
    ids = [by_address[town.address(number)] for number in range(len(town.people))]
    read_all(desk, ids)
    return ids


def read_all(desk: Desk, mailbox_ids: list[str]) -> None:
    for mailbox_id in mailbox_ids:
        refresh.refresh_mailbox(desk, mailbox_id=mailbox_id, deadline=Deadline.after(300))


def add_others(database_url: str, *, like: str, count: int) -> None:
    """``count`` more mailboxes with the replica of ``like`` and a tenth of its resources."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for table, key in (
            ("mailbox", "id"),
            ("replica", "mailbox_id"),
            ("resource", "mailbox_id"),
        ):
            row = connection.execute(
                text(f"SELECT * FROM {table} WHERE {key} = :like LIMIT 1"), {"like": like}
            )
            columns = list(row.keys())
            replaced = {key: "'other' || n.value", "address": "'other' || n.value || '@x.example'"}
            chosen = ", ".join(replaced.get(name, f"t.{name}") for name in columns)
            numbers = (
                "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
                f" WHERE value < {count})"
            )
            part = ""
            if table == "resource":
                part = " AND t.id IN (SELECT id FROM resource WHERE mailbox_id = :like LIMIT 24)"
            names = ", ".join(columns)
            connection.execute(
                text(
                    f"INSERT INTO {table} ({names}) {numbers} SELECT {chosen}"
                    f" FROM {table} t, n WHERE t.{key} = :like{part}"
                ),
                {"like": like},
            )
    engine.dispose()
