"""What an employee's program does in a calendar of Microsoft 365, through Graph's plain HTTP."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from tests.product.product import Product

#: Ours, agreed with nobody but the connector: the reference that an event carries.
REFERENCE = "String {7a3f6c1e-52d4-4b0e-9a61-0c6d4f0e8b57} Name RantevouReference"


class Outlook:
    """All mailboxes of the stand-in of one running product."""

    def __init__(self, product: Product) -> None:
        self.told = json.loads((product.data / "outlook" / "info.json").read_text())
        self.base = str(product.info["graph"]["base_url"])
        self.page = str(product.info["graph"]["page"])
        self.mailboxes: list[str] = product.info["graph"]["mailboxes"]
        self._token = ""

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self._token or self._sign_in()}",
            "Prefer": 'IdType="ImmutableId"',
        }
        answer = requests.request(
            method, f"{self.base}{path}", headers=headers, timeout=30, **options
        )
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text[:300])
        return answer

    def _sign_in(self) -> str:
        answer = requests.post(
            f"{self.told['authority']}/{self.told['tenant']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.told["client_id"],
                "client_secret": self.told["client_secret"],
                "scope": "https://graph.microsoft.com/.default",
            },
            verify=self.told["ca_file"],
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        self._token = str(answer.json()["access_token"])
        return self._token

    def put(
        self, mailbox: str, start: datetime, end: datetime, *, show_as: str = "busy", **more: Any
    ) -> str:
        """A new entry; returns its id."""
        body = {"subject": "Σύσκεψη", "showAs": show_as, **_between(start, end), **more}
        return str(self.request("POST", f"/users/{mailbox}/events", json=body).json()["id"])

    def put_day(self, mailbox: str, day: date, *, show_as: str) -> str:
        """A whole day in the office's zone."""
        zone = "GTB Standard Time"
        body = {
            "subject": "Άδεια",
            "isAllDay": True,
            "showAs": show_as,
            "start": {"dateTime": f"{day}T00:00:00", "timeZone": zone},
            "end": {"dateTime": f"{day + timedelta(days=1)}T00:00:00", "timeZone": zone},
        }
        return str(self.request("POST", f"/users/{mailbox}/events", json=body).json()["id"])

    def change(self, mailbox: str, event: str, **properties: Any) -> None:
        self.request("PATCH", f"/users/{mailbox}/events/{event}", json=properties)

    def move(self, mailbox: str, event: str, start: datetime, end: datetime) -> None:
        self.change(mailbox, event, **_between(start, end))

    def remove(self, mailbox: str, event: str) -> None:
        self.request("DELETE", f"/users/{mailbox}/events/{event}")

    def events(self, mailbox: str) -> list[dict[str, Any]]:
        """Everything in the calendar, with the reference that we wrote into it."""
        expand = f"singleValueExtendedProperties($filter=id eq '{REFERENCE}')"
        answer = self.request(
            "GET", f"/users/{mailbox}/events", params={"$top": "500", "$expand": expand}
        ).json()
        assert "@odata.nextLink" not in answer
        found: list[dict[str, Any]] = answer["value"]
        return found

    def events_of(self, reference: str) -> list[tuple[str, dict[str, Any]]]:
        """(mailbox, event) of one booking, found by the property and not by the subject."""
        return [
            (mailbox, event)
            for mailbox in self.mailboxes
            for event in self.events(mailbox)
            if {"id": REFERENCE, "value": reference}
            in [
                {"id": each["id"], "value": each["value"]}
                for each in event.get("singleValueExtendedProperties", ())
            ]
        ]


def starts_at(event: dict[str, Any]) -> datetime:
    assert event["start"]["timeZone"] == "UTC"
    return datetime.fromisoformat(event["start"]["dateTime"][:19]).replace(tzinfo=UTC)


def state_files(product: Product) -> list[Path]:
    """What the stand-in has written: its state and its log."""
    return [*(product.data / "outlook").rglob("*"), product.data / "log" / "graph.log"]


def _between(start: datetime, end: datetime) -> dict[str, Any]:
    def moment(at: datetime) -> dict[str, str]:
        return {"dateTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}

    return {"start": moment(start), "end": moment(end)}
