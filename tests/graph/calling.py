"""A plain client of the stand-in, so that its tests see what goes over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)  # ten o'clock in Athens
KEY_ID = "String {7a3f6c1e-52d4-4b0e-9a61-0c6d4f0e8b57} Name RantevouKey"
IMMUTABLE = 'IdType="ImmutableId"'


def time(moment: datetime, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": moment.replace(tzinfo=None).isoformat(), "timeZone": zone}


@dataclass
class Reply:
    status: int
    headers: httpx.Headers
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def value(self) -> list[dict[str, Any]]:
        return list(self.body["value"])

    @property
    def subjects(self) -> list[str]:
        return [str(one.get("subject")) for one in self.value]


class Client:
    """Requests of our application; ``prefer`` goes out with each of them."""

    def __init__(self, graph: GraphServer, box: Mailbox, prefer: str = IMMUTABLE) -> None:
        self.graph, self.box, self.prefer = graph, box, prefer
        form = {
            "client_id": graph.client_id,
            "client_secret": graph.client_secret,
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
        }
        verify = graph.certificates.client_context()
        answer = httpx.post(
            f"{graph.authority}/{graph.tenant}/oauth2/v2.0/token", data=form, verify=verify
        )
        token = answer.raise_for_status().json()["access_token"]
        self._http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=20)
        self.user = f"/users/{quote(box.address)}"

    def close(self) -> None:
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | bytes | None = None,
        *,
        prefer: str | None = None,
        headers: dict[str, str] | None = None,
        **parameters: str,
    ) -> Reply:
        """``path`` behind the mailbox's, or absolute; parameters with ``_`` for ``$``."""
        query = {
            f"${name[1:]}" if name.startswith("_") else name: value
            for name, value in parameters.items()
        }
        url = path if path.startswith("http") else f"{self.graph.base_url}{self.user}{path}"
        wishes = self.prefer if prefer is None else prefer
        answer = self._http.request(
            method,
            url,
            params=query or None,
            content=json.dumps(body) if isinstance(body, dict) else body,
            headers={"Content-Type": "application/json", "Prefer": wishes, **(headers or {})},
        )
        return Reply(answer.status_code, answer.headers, answer.json() if answer.content else None)

    def get(self, path: str, **more: Any) -> Reply:
        return self.send("GET", path, **more)

    def create(self, subject: str = "Ραντεβού", **more: Any) -> Reply:
        """A new event, Monday at ten for half an hour unless told otherwise."""
        times = {"start": time(MONDAY), "end": time(MONDAY.replace(minute=30))}
        prefer = more.pop("prefer", None)
        return self.send("POST", "/events", {"subject": subject, **times, **more}, prefer=prefer)

    def view(self, start: datetime, end: datetime, **more: Any) -> Reply:
        window = {"startDateTime": start.isoformat(), "endDateTime": end.isoformat()}
        return self.get("/calendarView", **window, **more)
