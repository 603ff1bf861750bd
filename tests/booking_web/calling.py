"""A house whose calendars call it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking.store.mailboxes import MailboxRow
from booking.store.subscription_rows import SubscriptionRow
from booking.subscriptions.upkeep import tend
from booking_web.app import create_app
from connectors.deadline import Deadline
from connectors.memory.pushing import Held, PushingMemory
from tests.booking_web.desk import House, house, with_settings


@dataclass
class Called:
    """The house, the provider of its calendars, and a client that calls as the provider does."""

    home: House
    memory: PushingMemory
    client: FlaskClient

    @property
    def held(self) -> list[Held]:
        """Subscriptions that call ``/notifications/caldav``: one of the samples' providers."""
        held = [each for each in self.memory.held if each.told.notification_url.endswith("caldav")]
        return sorted(held, key=lambda each: each.told.mailbox)

    def post(self, body: object, *, path: str = "/notifications/caldav") -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, data=data, content_type="application/json")

    def deliver(
        self, *notices: dict[str, Any], path: str = "/notifications/caldav"
    ) -> TestResponse:
        return self.post({"value": list(notices)}, path=path)

    def mailbox(self, held: Held) -> MailboxRow:
        with self.home.desk.store.read() as uow:
            found = uow.mailboxes.by_address(held.told.mailbox)
        assert found is not None
        return found

    def row(self, held: Held) -> SubscriptionRow:
        with self.home.desk.store.read() as uow:
            return next(each for each in uow.subscriptions.all() if each.remote_id == held.told.id)

    def tend(self) -> None:
        while tend(self.home.desk, deadline=Deadline.after(30)).more:
            pass


def calling(folder: Path) -> Called:
    """Not asked to call yet: ``tend`` does that."""
    home = house(folder)
    home.desk = with_settings(home.desk, notification_url="https://rantevou.example.gr")
    client = create_app(home.desk).test_client()

    def call(url: str, body: dict[str, Any] | None) -> tuple[int, str]:
        path = url.removeprefix("https://rantevou.example.gr")
        answer = client.post(path) if body is None else client.post(path, json=body)
        return answer.status_code, answer.text

    memory = PushingMemory(call, now=home.clock)
    home.desk.calendars.memory = memory  # type: ignore[attr-defined]
    home.memory = memory
    return Called(home, memory, client)
