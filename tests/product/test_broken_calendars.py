"""Calendars that cannot be believed or read: each offers nothing and says why; the others go on."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.product.product import ROOT, Product, until
from tests.product.test_faults import children
from tests.waiting import free_port

HOUSING = "/d/kalamata/housing-benefit/in_person/slot"
MAYOR = "/d/kavala/mayor-office-appointment/teleconference/slot"
UNREADABLE = "Το ημερολόγιο αυτού του γραφείου δεν μπορεί να διαβαστεί"
PRONOIA = "pronoia1@kalamata.example"
#: One reading after the other was due: the promise for whatever stands in a calendar.
SECONDS = 90

MONTHS = ",".join(map(str, range(1, 13)))
MONTH_DAYS = ",".join(map(str, range(1, 32)))
MINUTES = ",".join(map(str, range(60)))
#: Each would keep a careless reader busy for minutes, or for ever.
BOMBS = {
    "secondly": "RRULE:FREQ=SECONDLY",
    "minutely": "RRULE:FREQ=MINUTELY;BYSECOND=" + MINUTES,
    "by-parts": "RRULE:FREQ=YEARLY;"
    f"BYMONTH={MONTHS};BYMONTHDAY={MONTH_DAYS};BYHOUR=0,1,2,3;BYMINUTE={MINUTES};BYSECOND={MINUTES}",
    "never": "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "broken": "RRULE:FREQ=DAILY;INTERVAL=0",
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product of its own: its calendars are broken one after the other."""
    running = Product(tmp_path_factory.mktemp("broken") / "var")
    running.start()
    until(lambda: kalamata(running)[1] == 2, seconds=60, what="Kalamata's calendars are read")
    until(lambda: kavala(running)[1] == 2, seconds=60, what="Kavala's calendars are read")
    yield running
    running.stop()


def offer(
    product: Product, municipality: str, title: str, *, channel: str = "in_person"
) -> tuple[int, int, int]:
    """(free times, calendars that count, all calendars) of the next month."""
    service = product.service(municipality, title)
    first = datetime.now(ZoneInfo("Europe/Athens")).date() + timedelta(days=1)
    answer = product.api(
        "GET",
        f"/services/{service['id']}/availability",
        params={
            "channel": channel,
            "from": first.isoformat(),
            "to": (first + timedelta(days=30)).isoformat(),
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.elapsed < timedelta(seconds=20)
    known = answer.json()["calendars"]
    return len(answer.json()["slots"]), known["readable"], known["total"]


def kalamata(product: Product) -> tuple[int, int, int]:
    return offer(product, "kalamata", "Επίδομα Στέγασης")


def kavala(product: Product) -> tuple[int, int, int]:
    return offer(product, "kavala", "Αυτοτελές Τμήμα", channel="teleconference")


def page(product: Product, path: str) -> str:
    """A calendar page, past a declaration."""
    session = requests.Session()
    answer = session.get(product.web + path, timeout=30)
    if "/declaration/" in answer.url:
        token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        assert token
        form = {"csrf_token": token[1], "apantisi": "no-first-time"}
        answer = session.post(answer.url, data=form, timeout=30)
    assert answer.status_code == 200
    return answer.text


@contextmanager
def administrator(product: Product) -> Iterator[requests.Session]:
    session = requests.Session()
    account = product.info["admin"]
    sign_in = f"{product.web}/admin/sign-in"
    token = re.search(r'name="csrf_token" value="([^"]+)"', session.get(sign_in, timeout=30).text)
    assert token
    form = {"csrf_token": token[1], "user": account["user"], "password": account["password"]}
    assert session.post(sign_in, data=form, timeout=30).status_code == 200
    yield session


def admin_page_of(product: Product, mailbox: str) -> str:
    with administrator(product) as session:
        overview = session.get(f"{product.web}/admin/", timeout=30).text
        links = re.findall(r'href="(/admin/mailboxes/\w+)"><code>([^<]*)', overview)
        address = next(url for url, words in links if mailbox in words)
        return session.get(product.web + address, timeout=30).text


def rantevou(product: Product, *arguments: str, typed: str = "") -> str:
    """A command with the settings of the running product."""
    assert product.process is not None
    family = children(product.process.pid)
    worker = next(pid for pid, command in family.items() if " worker" in command)
    raw = (Path("/proc") / str(worker) / "environ").read_text()
    environment = dict(each.split("=", 1) for each in raw.split("\0") if "=" in each)
    done = subprocess.run(
        [sys.executable, "-m", "booking_web.cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bombs_and_broken_entries_silence_their_calendar_alone(product: Product) -> None:
    calendar = product.calendar(PRONOIA)
    try:
        for name, rule in BOMBS.items():
            calendar.put(name, "DTSTART:20200101T000000Z", "DTEND:20200101T000001Z", rule)
        until(lambda: kalamata(product)[1] == 1, seconds=SECONDS, what="the calendar is left out")
        assert kalamata(product)[0] > 0
        assert kavala(product)[1] == 2
        until(
            lambda: all(name in admin_page_of(product, PRONOIA) for name in BOMBS),
            seconds=SECONDS,
            what="the administrator reads which entries they are",
        )
    finally:
        for name in BOMBS:
            calendar.remove(name)
    until(lambda: kalamata(product)[1] == 2, seconds=SECONDS, what="it counts again")


@dataclass(frozen=True)
class Office:
    """A town whose calendars are all in one system, for what a test asks of it."""

    slug: str
    page: str
    mailbox: str
    secret: str
    address: str  #: pattern of the server's address in the mapping file
    refused: str  #: words of the administrator's page where the password is wrong
    offer: Callable[[Product], tuple[int, int, int]]


ON_CALDAV = Office(
    "kalamata",
    HOUSING,
    PRONOIA,
    "caldav-service",
    r"http://127\.0\.0\.1:\d+/",
    "HTTP 401",
    kalamata,
)
ON_GRAPH = Office(
    "kavala",
    MAYOR,
    "grafeio1@kavala.example",
    "m365-application",
    r"http://127\.0\.0\.1:\d+/(?=v1\.0)",
    "AADSTS",
    kavala,
)


def remapped(product: Product, folder: Path, office: Office, before: str, after: str) -> None:
    """Export the town's mapping, change it, and import it again."""
    text = rantevou(product, "mapping", "export", office.slug)
    assert re.search(before, text), before
    file = folder / "changed.yaml"
    file.write_text(re.sub(before, after, text))
    rantevou(product, "mapping", "import", str(file))


@pytest.mark.parametrize("broken", [ON_CALDAV, ON_GRAPH], ids=["caldav", "graph"])
@pytest.mark.parametrize("fault", ["wrong password", "nobody there", "silence"])
def test_an_office_that_cannot_be_reached_offers_nothing_and_says_so(
    product: Product, tmp_path: Path, fault: str, broken: Office
) -> None:
    other = ON_CALDAV if broken is ON_GRAPH else ON_GRAPH
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(50)  # takes connections, never answers
    original = tmp_path / "original.yaml"
    original.write_text(rantevou(product, "mapping", "export", broken.slug))
    if fault == "wrong password":
        rantevou(product, "secret", "set", "wrong-secret", typed="wrong\n")
        remapped(product, tmp_path, broken, f"secret: {broken.secret}", "secret: wrong-secret")
    else:
        port = free_port() if fault == "nobody there" else silent.getsockname()[1]
        remapped(product, tmp_path, broken, broken.address, f"http://127.0.0.1:{port}/")
    try:
        until(lambda: broken.offer(product)[1] == 0, seconds=60, what="its calendars are left out")
        assert broken.offer(product)[0] == 0
        assert UNREADABLE in page(product, broken.page)
        assert other.offer(product)[1] == 2
        assert other.offer(product)[0] > 0
        assert UNREADABLE not in page(product, other.page)
        assert product.api("GET", "/municipalities").status_code == 200
        if fault == "wrong password":
            assert broken.refused in admin_page_of(product, broken.mailbox)
        began = time.monotonic()
        page(product, broken.page)
        assert time.monotonic() - began < 10
    finally:
        silent.close()
        rantevou(product, "mapping", "import", str(original))
    until(lambda: broken.offer(product)[1] == 2, seconds=90, what="its calendars count again")
