"""The whole product as a newcomer starts it, and plain clients that know nothing of its code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import requests

from tests.servers.graph.__main__ import VIOLATIONS
from tests.servers.graph.contract import contract_file
from tests.waiting import free_port

ROOT = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Poll ``condition`` until it is true; fail with ``what`` after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


class Product:
    """One running ``rantevou demo`` on its own data directory."""

    module = "booking_web.cli.main"

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("RANTEVOU_")
            },
            "RANTEVOU_DATA_DIR": str(data),
            "RANTEVOU_PORT": str(self.port),
            "RANTEVOU_PLACING_DEADLINE": "20",  # however slow the machine is that runs the tests
            **environment,
        }
        self.violations = data.parent / f"{data.name}-violations.txt"
        if contract_file() is not None:
            self.environment[VIOLATIONS] = str(self.violations)
        self.info: dict[str, Any] = {}
        self.process: subprocess.Popen[str] | None = None

    def start(self, *, seconds: float = 90) -> None:
        info = self.data.parent / f"{self.data.name}-info.json"
        info.unlink(missing_ok=True)
        log = (self.data.parent / f"{self.data.name}-out.txt").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, "demo", "--info", str(info)],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        log.close()

        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, Path(log.name).read_text()
            return info.exists()

        until(ready, seconds=seconds, what=f"the product is ready ({log.name})")
        self.info = json.loads(info.read_text())

    def stop(self) -> int:
        """Raises AssertionError where traffic with Microsoft 365 departed from its contract."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        assert not self.violations.exists(), self.violations.read_text(encoding="utf-8")
        return code

    @property
    def web(self) -> str:
        return str(self.info["web"]).rstrip("/")

    def calendar(self, mailbox: str) -> Calendar:
        entry = next(each for each in self.info["caldav"] if each["mailbox"] == mailbox)
        return Calendar(entry["url"], entry["user"], entry["password"])

    def calendars(self, prefix: str = "") -> dict[str, Calendar]:
        return {
            each["mailbox"]: Calendar(each["url"], each["user"], each["password"])
            for each in self.info["caldav"]
            if prefix in each["mailbox"]
        }

    def mails(self) -> list[Path]:
        return sorted(Path(self.info["mail"]["directory"]).glob("*.eml"))

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, f"{self.web}/api/v1{path}", timeout=30, **options)

    def service(self, municipality: str, part_of_title: str) -> dict[str, Any]:
        services = self.api("GET", f"/municipalities/{municipality}/services").json()["services"]
        found: dict[str, Any] = next(
            each for each in services if part_of_title in each["title"]["el"]
        )
        return found

    def slots(self, service: dict[str, Any], channel: str, *, days: int = 30) -> list[str]:
        first = datetime.now(ZoneInfo("Europe/Athens")).date() + timedelta(days=1)
        answer = self.api(
            "GET",
            f"/services/{service['id']}/availability",
            params={
                "channel": channel,
                "from": first.isoformat(),
                "to": (first + timedelta(days=days)).isoformat(),
            },
        )
        assert answer.status_code == 200, answer.text
        return [each["starts_at"] for each in answer.json()["slots"]]

    def book(
        self,
        service: dict[str, Any],
        channel: str,
        starts_at: str,
        *,
        key: str = "",
        **citizen: str,
    ) -> requests.Response:
        return self.api(
            "POST",
            "/bookings",
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
            json=booking_body(service, channel, starts_at, **citizen),
        )


def booking_body(
    service: dict[str, Any], channel: str, starts_at: str, **citizen: str
) -> dict[str, Any]:
    """A complete body of POST /bookings for any of the sample services."""
    return {
        "service_id": service["id"],
        "channel": channel,
        "starts_at": starts_at,
        "citizen": {
            "name": "Ελένη Δοκιμαστική",
            "email": "eleni@example.gr",
            "phone": "+306901234567",
            **citizen,
        },
        "answers": {
            question["key"]: "Δοκιμή" for question in service["questions"] if question["required"]
        },
        "declarations": {
            declaration["key"]: next(
                answer["value"] for answer in declaration["answers"] if answer["bookable"]
            )
            for declaration in service["declarations"]
        },
        "consent_version": service["consent"]["version"],
        "language": "el",
    }


@dataclass(frozen=True)
class Calendar:
    """A CalDAV collection through plain HTTP: what any client would do, none of our connector."""

    url: str
    user: str
    password: str = field(repr=False)

    def request(
        self, method: str, path: str = "", body: str = "", **headers: str
    ) -> requests.Response:
        return requests.request(
            method,
            self.url.rstrip("/") + "/" + path,
            data=body.encode(),
            headers={"Content-Type": "text/calendar; charset=utf-8", **headers},
            auth=(self.user, self.password),
            timeout=90,  # the server expands what others wrote before it lets anybody write
        )

    def events(self) -> list[icalendar.Event]:
        """Every VEVENT of the collection, by a calendar-query without filter on time."""
        answer = self.request(
            "REPORT",
            body=(
                '<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:"'
                ' xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>'
                '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
            ),
            **{"Content-Type": "application/xml", "Depth": "1"},
        )
        assert answer.status_code == 207, answer.text
        import xml.etree.ElementTree as ElementTree

        tag = "{urn:ietf:params:xml:ns:caldav}calendar-data"
        found: list[icalendar.Event] = []
        for element in ElementTree.fromstring(answer.content).iter(tag):
            if element.text:
                found += icalendar.Calendar.from_ical(element.text).walk("VEVENT")
        return found

    def events_of(self, reference: str) -> list[icalendar.Event]:
        return [each for each in self.events() if reference in str(each.get("SUMMARY", ""))]

    def put(self, name: str, *lines: str) -> None:
        """Store one VEVENT given by its content lines (without UID and DTSTAMP)."""
        body = "\r\n".join(
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//a calendar client//EN",
                "BEGIN:VEVENT",
                f"UID:{name}",
                "DTSTAMP:20260101T000000Z",
                *lines,
                "END:VEVENT",
                "END:VCALENDAR",
                "",
            ]
        )
        answer = self.request("PUT", f"{name}.ics", body)
        assert answer.status_code in (201, 204), answer.text

    def remove(self, name: str) -> None:
        assert self.request("DELETE", f"{name}.ics").status_code in (200, 204)


def utc_stamp(moment: str | datetime) -> str:
    """``20261210T103000Z`` from an RFC 3339 text or an aware datetime."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
