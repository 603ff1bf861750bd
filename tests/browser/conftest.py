"""The site as a browser meets it: a real HTTP server over a real calendar server and real SMTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from mapping.samples import SAMPLES, sample_text
from sync_worker.mail import mailer_for
from tests.product.product import Calendar
from tests.servers.mail import MailServer
from tests.servers.radicale import radicale
from tests.waiting import free_port

#: Widths that the design is made for, and the narrowest that WCAG 1.4.10 asks for.
DESKTOP, PHONE, NARROW = 1280, 375, 320


@dataclass
class Site:
    """The running site, and its other sides: calendars, mails."""

    url: str
    desk: Desk
    calendars: dict[str, Calendar]  #: by mailbox address
    mail_server: MailServer

    def mails(self) -> list[EmailMessage]:
        """Let a worker do what is due; all mails so far, oldest first."""
        mailer = mailer_for(self.mail_server.url)
        outbox.drain(self.desk, mailer=mailer, limit=100, deadline=Deadline.after(20))
        return list(self.mail_server.received)

    def events(self, reference: str) -> dict[str, list[str]]:
        """Where a booking stands, as a plain calendar client sees it: mailbox → starts in UTC."""
        found: dict[str, list[str]] = {}
        for address, calendar in self.calendars.items():
            for event in calendar.events_of(reference):
                start = event["DTSTART"].dt.strftime("%Y-%m-%dT%H:%MZ")
                found.setdefault(address, []).append(start)
        return found


def _on(server_home: str, text: str) -> str:
    text = re.sub(r"url: http://127\.0\.0\.1:5232/", f"url: {server_home}", text)
    return re.sub(r"calendar: (\S+)@(\S+)/rantevou/", r"calendar: \1-\2/", text)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    mail = MailServer().start()
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        desk, port = _desk(folder), free_port()
        desk = Desk(
            store=desk.store,
            calendars=RegistryCalendars(),
            settings=Settings(
                data_dir=folder,
                public_url=f"http://127.0.0.1:{port}",
                secret_key="k" * 32,
                secure_cookies=False,
            ),
            bulkhead=Bulkhead(),
        )
        stored_secrets.set_secret(desk, name="caldav-service", value=server.password)
        calendars: dict[str, Calendar] = {}
        for slug in SAMPLES:
            text = _on(server.home, sample_text(slug))
            municipality = read_mapping(text, name=slug)
            importing.import_mapping(desk, text=text, municipality=municipality, by="test")
            for mailbox in municipality.mailboxes:
                url = server.make_calendar(mailbox.calendar.rstrip("/"))
                calendars[mailbox.address] = Calendar(url, server.user, server.password)
        # As the workers do: the first page is not to wait for the first reading.
        for status in overview.mailboxes(desk):
            refresh.refresh_mailbox(desk, mailbox_id=status.id, deadline=Deadline.after(10))
        with _serving(desk, port):
            yield Site(desk.settings.public_url, desk, calendars, mail)
    mail.stop()


def _desk(folder: Path) -> Desk:
    url = f"sqlite:///{folder / 'site.sqlite'}"
    upgrade(url)
    return Desk(
        store=open_store(url, encryption_keys=Keys.generate()),
        calendars=RegistryCalendars(),
        settings=Settings(),
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
        page.set_default_timeout(15_000)
        return page

    yield make
    for context in opened:
        context.close()
