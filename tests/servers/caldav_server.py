"""A running CalDAV server as tests see it: its address, its account, and new calendars in it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from connectors.contract import Connection

_CALENDAR = (
    '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    "<D:set><D:prop><D:displayname>{name}</D:displayname></D:prop></D:set></C:mkcalendar>"
)


@dataclass(frozen=True)
class CalDavServer:
    """``home`` is the URL under which the account may make calendars, with a slash at its end."""

    home: str
    user: str
    password: str = field(repr=False)

    def connection(self, **options: str) -> Connection:
        return Connection(
            provider="caldav", url=self.home, user=self.user, secret=self.password, options=options
        )

    @property
    def host(self) -> str:
        return urlsplit(self.home).netloc

    def make_calendar(self, name: str = "") -> str:
        """URL of a new, empty calendar (RFC 4791, 5.3.1)."""
        name = name or f"c-{secrets.token_hex(6)}"
        url = f"{self.home}{name}/"
        answer = self.request("MKCALENDAR", url, _CALENDAR.format(name=name))
        answer.raise_for_status()
        return url

    def remove_calendar(self, url: str) -> None:
        self.request("DELETE", url)

    def request(
        self, method: str, url: str, body: str = "", headers: dict[str, str] | None = None
    ) -> requests.Response:
        return requests.request(
            method,
            url,
            data=body.encode() if body else None,
            headers={"Content-Type": "application/xml; charset=utf-8", **(headers or {})},
            auth=(self.user, self.password),
            timeout=20,
        )

    def put(self, url: str, ics: str) -> str:
        """Store ``ics`` as a calendar client of a person does; returns the path."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self.request("PUT", url, ics, headers).raise_for_status()
        return urlsplit(url).path
