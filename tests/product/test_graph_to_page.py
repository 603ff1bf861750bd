"""Kavala on the stand-in for Microsoft 365, in real processes, from Outlook to page and back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from tests.product.outlook import Outlook, starts_at, state_files
from tests.product.product import Product, booking_body, until
from tests.waiting import free_port

TITLE = "Αυτοτελές Τμήμα"
#: Far below the next look of a sweep (600 s): only a notification, delivered at once, is as quick.
SECONDS = 60
SWEEP = 2  #: seconds between two sweeps where notifications do not arrive
#: So that asking for slots reads no calendar.
NOBODY_LOOKS = {"RANTEVOU_VIEW_REFRESH_EVERY": "3600"}
PHONE, EMAIL, SUBJECT = "6987612345", "kanarina.zzmail@example.gr", "Zzsubject kanarina"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Nothing but a notification can bring a change within seconds."""
    running = Product(
        tmp_path_factory.mktemp("graph") / "var", RANTEVOU_SWEEP_FLOOR="600", **NOBODY_LOOKS
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def outlook(product: Product) -> Outlook:
    return Outlook(product)


@pytest.fixture(scope="module")
def service(product: Product) -> dict[str, Any]:
    return product.service("kavala", TITLE)


def offered(product: Product, service: dict[str, Any], slot: str) -> bool:
    return slot in product.slots(service, "teleconference")


def page_offers(product: Product, service: dict[str, Any], slot: str) -> bool:
    """Whether the citizen's page of that day has the slot among its radio buttons."""
    municipality, key = service["id"].split(".", 1)
    start = datetime.fromisoformat(slot)
    page = requests.get(
        f"{product.web}/d/{municipality}/{key}/teleconference/slot",
        params={"imera": f"{start:%Y-%m-%d}"},
        timeout=30,
    )
    assert page.status_code == 200
    assert 'name="ora"' in page.text
    return f'value="{start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"' in page.text


class Entry:
    """The same entry in every mailbox of the pool: only then a slot is gone."""

    def __init__(self, outlook: Outlook, slot: str, **more: Any) -> None:
        self.outlook = outlook
        start, end = _ten_minutes(slot)
        self.ids = {box: outlook.put(box, start, end, **more) for box in outlook.mailboxes}

    def move(self, slot: str) -> None:
        for box, event in self.ids.items():
            self.outlook.move(box, event, *_ten_minutes(slot))

    def show_as(self, show_as: str) -> None:
        for box, event in self.ids.items():
            self.outlook.change(box, event, showAs=show_as)

    def remove(self) -> None:
        for box, event in self.ids.items():
            self.outlook.remove(box, event)


def _ten_minutes(slot: str) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(slot)
    return start, start + timedelta(minutes=10)


def follow(product: Product, service: dict[str, Any], outlook: Outlook, *, seconds: float) -> None:
    """An entry is made, moved, shown as free and as out of office, and deleted."""
    free = product.slots(service, "teleconference")
    old, new = free[20], free[22]

    def comes(slot: str, *, there: bool, what: str) -> None:
        until(lambda: offered(product, service, slot) == there, seconds=seconds, what=what)
        assert page_offers(product, service, slot) == there, what

    entry = Entry(outlook, old)
    comes(old, there=False, what="a meeting takes the slot off")
    entry.move(new)
    comes(old, there=True, what="its old time is back")
    comes(new, there=False, what="its new time is gone")
    entry.show_as("free")
    comes(new, there=True, what="shown as free it takes no time")
    entry.show_as("oof")
    comes(new, there=False, what="out of office takes the slot off")
    entry.remove()
    comes(new, there=True, what="deleted, it takes nothing")


def test_a_change_in_outlook_is_on_page_and_api_within_seconds_of_its_notification(
    product: Product, service: dict[str, Any], outlook: Outlook
) -> None:
    subscribed(outlook)
    follow(product, service, outlook, seconds=SECONDS)


def test_an_employee_who_plays_on_the_outlook_page_is_followed(
    product: Product, service: dict[str, Any], outlook: Outlook
) -> None:
    subscribed(outlook)
    slot = product.slots(service, "teleconference")[30]
    start, end = _ten_minutes(slot)
    form = {
        "date": f"{start:%Y-%m-%d}",
        "from": f"{start:%H:%M}",
        "to": f"{end:%H:%M}",
        "subject": "Απουσία",
        "show_as": "oof",
    }
    left = []
    for mailbox in outlook.mailboxes:
        week = f"{outlook.page}outlook/{mailbox}"
        page = requests.post(f"{week}/events", data=form, timeout=30)
        assert page.status_code == 200
        assert "Απουσία" in page.text
        event = parse_qs(urlsplit(page.url).query)["event"][0]
        left.append(f"{week}/events/{quote(event, safe='')}/delete")
    until(
        lambda: not offered(product, service, slot),
        seconds=SECONDS,
        what="whoever is out is left out",
    )
    for address in left:
        assert requests.post(address, timeout=30).status_code == 200
    until(lambda: offered(product, service, slot), seconds=SECONDS, what="back at the desk")


def test_with_notifications_lost_the_sweep_finds_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    running = Product(
        tmp_path_factory.mktemp("silent") / "var",
        RANTEVOU_SWEEP_FLOOR=str(SWEEP),
        RANTEVOU_NOTIFICATION_URL=f"https://localhost:{free_port()}",
        **NOBODY_LOOKS,
    )
    running.start()
    try:
        outlook = Outlook(running)
        service = running.service("kavala", TITLE)
        follow(running, service, outlook, seconds=SWEEP + SECONDS)
        assert outlook.request("GET", "/subscriptions").json()["value"] == []
    finally:
        running.stop()


def subscribed(outlook: Outlook) -> None:
    """Wait until the workers have asked to be called about every mailbox; where the first attempt
    came before our web process could answer, the next one comes a minute later."""

    def all_of_them() -> bool:
        known = outlook.request("GET", "/subscriptions").json()["value"]
        return len(known) >= len(outlook.mailboxes)

    until(all_of_them, seconds=150, what="each mailbox has its subscription")


@pytest.fixture(scope="module")
def booked(product: Product, service: dict[str, Any]) -> dict[str, Any]:
    slots = product.slots(service, "teleconference")
    body = booking_body(service, "teleconference", slots[5], phone=f"+30{PHONE}", email=EMAIL)
    body["answers"] = dict.fromkeys(body["answers"], SUBJECT)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    answer = product.api("POST", "/bookings", headers=key, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = {**answer.json(), "other": slots[8]}
    return found


def bearer(booking: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {booking['manage_token']}"}


def test_a_booking_is_a_private_event_with_a_teams_meeting(
    booked: dict[str, Any], outlook: Outlook
) -> None:
    assert booked["state"] == "confirmed"
    ((_, event),) = outlook.events_of(booked["reference"])
    assert starts_at(event) == datetime.fromisoformat(booked["starts_at"])
    assert event["sensitivity"] == "private"
    assert event["attendees"] == []
    assert event["showAs"] == "busy"
    assert event["isOnlineMeeting"]
    assert event["onlineMeetingProvider"] == "teamsForBusiness"
    assert event["onlineMeeting"]["joinUrl"].startswith("http")
    assert booked["reference"] in event["body"]["content"]


def test_phone_mail_and_answers_do_not_reach_microsoft(
    product: Product, booked: dict[str, Any], outlook: Outlook
) -> None:
    (found,) = outlook.events_of(booked["reference"])
    shown = json.dumps(found, ensure_ascii=False)
    written = [path.read_text(errors="replace") for path in state_files(product) if path.is_file()]
    assert any(booked["reference"] in text for text in written)
    for text in (shown, *written):
        for secret in (PHONE, EMAIL, SUBJECT):
            assert secret.lower() not in text.lower()


def test_another_time_keeps_event_and_meeting_and_cancelling_removes_them(
    product: Product, booked: dict[str, Any], outlook: Outlook
) -> None:
    path = f"/bookings/{booked['reference']}"
    ((mailbox, before),) = outlook.events_of(booked["reference"])
    moved = product.api("PATCH", path, json={"starts_at": booked["other"]}, headers=bearer(booked))
    assert moved.status_code == 200, moved.text
    ((same, after),) = outlook.events_of(booked["reference"])
    assert (same, after["id"]) == (mailbox, before["id"])
    assert starts_at(after) == datetime.fromisoformat(booked["other"])
    assert after["onlineMeeting"]["joinUrl"] == before["onlineMeeting"]["joinUrl"]
    cancelled = product.api("DELETE", path, headers=bearer(booked))
    assert cancelled.status_code in (200, 202), cancelled.text
    until(
        lambda: outlook.events_of(booked["reference"]) == [],
        seconds=30,
        what="the event is removed",
    )


def test_a_pool_of_both_calendar_systems_books_in_both(
    product: Product, service: dict[str, Any], outlook: Outlook
) -> None:
    slot = product.slots(service, "in_person")[12]
    answers = [product.book(service, "in_person", slot) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    references = [each.json()["reference"] for each in answers]
    in_outlook = [one for one in references if outlook.events_of(one)]
    (calendar,) = product.calendars("kavala").values()
    in_caldav = [one for one in references if calendar.events_of(one)]
    assert sorted(in_outlook + in_caldav) == sorted(references)
    assert (len(in_outlook), len(in_caldav)) == (1, 1)
    assert slot not in product.slots(service, "in_person")
    ((_, event),) = outlook.events_of(in_outlook[0])
    assert not event["isOnlineMeeting"]
