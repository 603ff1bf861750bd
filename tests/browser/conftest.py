"""The site as a browser meets it: a real HTTP server over real calendar servers and real SMTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from waitress import create_server

from booking import outbox
from booking.bulkhead import Bulkhead
from booking.calendars import refresh
from booking.desk import Desk
from booking.office import importing, overview
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys, open_store, upgrade
from booking_web.app import create_app
from booking_web.wiring import RegistryCalendars
from connectors.deadline import Deadline
from mapping.file import read_mapping
from sync_worker.mail import mailer_for
from tests.browser.sides import StaffCalendar, calendars_on
from tests.servers.mail import MailServer
from tests.waiting import free_port

#: Widths that the design is made for, and the narrowest that WCAG 1.4.10 asks for.
DESKTOP, PHONE, NARROW = 1280, 375, 320


class Clock:
    """The real time, and as much later as a test needs."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Site:
    """The running site, and its other sides: calendars, mails, the time of day."""

    provider: str  #: where the calendars are: "caldav", "graph"
    url: str
    desk: Desk
    calendars: dict[str, StaffCalendar]  #: by mailbox address
    mail_server: MailServer
    clock: Clock

    def mails(self) -> list[EmailMessage]:
        """Let a worker do what is due; all mails so far, oldest first."""
        self.work(self.desk)
        return list(self.mail_server.received)

    def work(self, desk: Desk) -> None:
        mailer = mailer_for(self.mail_server.url)
        outbox.drain(desk, mailer=mailer, limit=100, deadline=Deadline.after(60))

    def notice(self, address: str) -> None:
        """What staff did in a calendar is read, and counts at once: nobody waits for an undo."""
        settings = replace(
            self.desk.settings, deletion_grace=timedelta(0), edit_settles=timedelta(0)
        )
        desk = replace(self.desk, settings=settings)
        found = next(each for each in overview.mailboxes(desk) if each.address == address)
        refresh.refresh_mailbox(desk, mailbox_id=found.id, deadline=Deadline.after(60))
        for _ in range(2):  # a look, and the second one
            self.work(desk)

    def events(self, reference: str) -> dict[str, list[str]]:
        """Where a booking stands, as a plain calendar client sees it: mailbox → starts in UTC."""
        found = {address: side.starts_of(reference) for address, side in self.calendars.items()}
        return {address: starts for address, starts in found.items() if starts}


@pytest.fixture(scope="module", params=["caldav", "graph"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    mail, clock, port = MailServer().start(), Clock(), free_port()
    with calendars_on(request.param, tmp_path_factory.mktemp("calendars")) as calendars:
        desk = _desk(folder, clock, port)
        for name, value in calendars.secrets.items():
            stored_secrets.set_secret(desk, name=name, value=value)
        for slug, text in calendars.texts.items():
            municipality = read_mapping(text, name=slug)
            importing.import_mapping(desk, text=text, municipality=municipality, by="test")
        # As the workers do: the first page is not to wait for the first reading.
        for status in overview.mailboxes(desk):
            refresh.refresh_mailbox(desk, mailbox_id=status.id, deadline=Deadline.after(60))
        with _serving(desk, port):
            url = desk.settings.public_url
            yield Site(request.param, url, desk, calendars.sides, mail, clock)
    mail.stop()


def _desk(folder: Path, clock: Clock, port: int) -> Desk:
    url = f"sqlite:///{folder / 'site.sqlite'}"
    upgrade(url)
    return Desk(
        store=open_store(url, encryption_keys=Keys.generate(), now=clock),
        calendars=RegistryCalendars(),
        settings=Settings(
            data_dir=folder,
            public_url=f"http://127.0.0.1:{port}",
            secret_key="k" * 32,
            secure_cookies=False,
            # However slow the machine is that runs the tests.
            view_deadline=timedelta(seconds=60),
            placing_deadline=timedelta(seconds=60),
        ),
        bulkhead=Bulkhead(),
    )


class _serving:  # noqa: N801  (used like a function)
    def __init__(self, desk: Desk, port: int) -> None:
        app = create_app(desk, audiences=(("booking_web.citizen", True),))
        self.server = create_server(app, host="127.0.0.1", port=port, threads=4)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.thread.join(5)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser window: ``new_page(width=375, scripts=False)``."""
    opened = []

    def make(*, width: int = DESKTOP, scripts: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield make
    for context in opened:
        context.close()
