"""Holding, booking, moving and cancelling through the API."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import TryLater
from tests.booking_web.api.conftest import HOUSING, Api
from tests.booking_web.api.test_catalogue import POOL
from tests.booking_web.desk import House


def bearer(booking: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {booking['manage_token']}"}


def events(home: House) -> int:
    return sum(len(home.memory.events(mailbox)) for mailbox in POOL)


def test_a_booking_stands_in_the_calendar_and_can_be_read_with_its_token(
    api: Api, home: House
) -> None:
    answer = api.book()
    assert answer.status_code == 201, answer.text
    booked = answer.get_json()
    assert booked["state"] == "confirmed"
    assert booked["join_url"] is None
    assert re.fullmatch(r"[0-9A-Z]{3}-[0-9A-Z]{3}", booked["reference"])
    assert events(home) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    shown = api("GET", f"/bookings/{booked['reference']}", headers=bearer(booked))
    assert shown.status_code == 200
    assert shown.get_json()["starts_at"] == booked["starts_at"]
    for personal in ("Δοκιμαστική", "eleni@example.gr", "6901234567", "090000045"):
        assert personal not in shown.text


def test_a_teleconference_has_our_own_stable_address(api: Api) -> None:
    service = next(iter(api.services("kavala").values()))
    starts_at = api.slots(service["id"], "teleconference")[0]
    answer = api.book(
        service_id=service["id"],
        channel="teleconference",
        starts_at=starts_at,
        answers={each["key"]: "Δοκιμή" for each in service["questions"] if each["required"]},
        declarations={},
        consent_version=service["consent"]["version"],
    )
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["join_url"].startswith("https://rantevou.example.gr/r/")


def test_the_same_key_means_the_same_booking(api: Api, home: House) -> None:
    body = api.body()
    headers = {"Idempotency-Key": "one"}
    first = api("POST", "/bookings", json=body, headers=headers)
    second = api("POST", "/bookings", json=body, headers=headers)
    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert events(home) == 1
    other = {**body, "citizen": {**body["citizen"], "name": "Άλλο Πρόσωπο"}}
    refused = api("POST", "/bookings", json=other, headers=headers)
    assert refused.status_code == 422
    assert refused.get_json()["type"].endswith("/key-reused")


def test_without_a_key_nothing_is_booked(api: Api, home: House) -> None:
    answer = api("POST", "/bookings", json=api.body())
    assert answer.status_code == 400
    assert events(home) == 0


def test_a_taken_slot_is_answered_with_the_nearest_ones(api: Api) -> None:
    starts_at = api.slots()[0]
    for _ in POOL:
        assert api.book(starts_at=starts_at).status_code == 201
    answer = api.book(starts_at=starts_at)
    assert answer.status_code == 409
    alternatives = answer.get_json()["alternatives"]
    assert 1 <= len(alternatives) <= 3
    assert api.book(starts_at=alternatives[0]["starts_at"]).status_code == 201


def test_a_slot_that_is_not_offered_is_not_booked(api: Api, home: House) -> None:
    answer = api.book(starts_at="2027-01-13T12:35:00+02:00")
    assert answer.status_code == 409
    assert api.book(starts_at="2031-01-13T12:30:00+02:00").status_code == 409
    assert events(home) == 0


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"citizen": {"name": "Α", "email": "no", "phone": "123"}},
         {"citizen.name", "citizen.email", "citizen.phone"}),
        ({"citizen": {"name": "Α\u0007Β"}}, {"citizen.name", "citizen.email", "citizen.phone"}),
        ({"answers": {"afm": "123456789"}}, {"answers.afm"}),
        ({"answers": {"nothing": "x"}}, {"answers.nothing"}),
        ({"declarations": {}}, {"declarations.housing-benefit"}),
        ({"extra": 1}, {"extra"}),
        ({"language": "fr"}, {"language"}),
        ({"citizen": None}, {"citizen"}),
        ({"answers": {"afm": "x" * 5000}}, {"answers.afm"}),
    ],
)  # fmt: skip
def test_each_fault_is_one_entry_and_nothing_is_booked(
    api: Api, home: House, change: dict[str, Any], faults: set[str]
) -> None:
    answer = api.book(**change)
    assert answer.status_code == 422, answer.text
    assert {error["field"] for error in answer.get_json()["errors"]} == faults
    assert events(home) == 0


def test_a_stale_consent_text_is_refused(api: Api, home: House) -> None:
    answer = api.book(consent_version="0")
    assert answer.status_code == 422
    assert answer.get_json()["type"].endswith("/consent-stale")
    assert events(home) == 0


def test_holding_then_booking(api: Api, home: House) -> None:
    starts_at = api.slots()[0]
    wanted = {"service_id": HOUSING, "channel": "in_person", "starts_at": starts_at}
    holds = [api("POST", "/holds", json=wanted) for _ in POOL]
    assert [hold.status_code for hold in holds] == [201, 201]
    refused = api("POST", "/holds", json=wanted)
    assert refused.status_code == 409
    assert refused.get_json()["alternatives"]
    first, second = (hold.get_json()["hold_id"] for hold in holds)
    home.clock.forward(minutes=5)
    extended = api("PATCH", f"/holds/{first}")
    assert extended.get_json()["expires_at"] > holds[0].get_json()["expires_at"]
    assert api("DELETE", f"/holds/{second}").status_code == 204
    assert api("DELETE", f"/holds/{second}").status_code == 204
    booked = api.book(hold_id=first, service_id=None, channel=None, starts_at=None)
    assert booked.status_code == 201, booked.text
    assert booked.get_json()["starts_at"] == starts_at


def test_a_lapsed_hold_says_so(api: Api, home: House) -> None:
    starts_at = api.slots()[0]
    wanted = {"service_id": HOUSING, "channel": "in_person", "starts_at": starts_at}
    hold_id = api("POST", "/holds", json=wanted).get_json()["hold_id"]
    home.clock.forward(hours=2)
    assert api("PATCH", f"/holds/{hold_id}").status_code == 404
    home.read_calendars()
    answer = api.book(hold_id=hold_id, service_id=None, channel=None, starts_at=None)
    assert answer.status_code == 409
    assert "alternatives" in answer.get_json()


def test_either_a_hold_or_a_slot(api: Api) -> None:
    answer = api.book(hold_id="x", starts_at=api.slots()[0])
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == "either_or"


def test_moving_and_correcting(api: Api, home: House) -> None:
    booked = api.book().get_json()
    path, headers = f"/bookings/{booked['reference']}", bearer(booked)
    later = api.slots()[5]
    moved = api("PATCH", path, json={"starts_at": later}, headers=headers)
    assert moved.status_code == 200, moved.text
    assert moved.get_json()["starts_at"] == later
    assert events(home) == 1
    phone = {"citizen": {"phone": "6907654321"}}
    assert api("PATCH", path, json=phone, headers=headers).status_code == 200
    for change, field in (
        ({"citizen": {"name": "Άλλο Πρόσωπο"}}, "citizen.name"),
        ({"answers": {"afm": "094014201"}}, "answers.afm"),
        ({"citizen": {"email": "no"}}, "citizen.email"),
        ({}, ""),
        ({"state": "confirmed"}, "state"),
    ):
        answer = api("PATCH", path, json=change, headers=headers)
        assert answer.status_code == 422, (change, answer.text)
        assert field in [error["field"] for error in answer.get_json()["errors"]]


def test_cancelling_once(api: Api, home: House) -> None:
    booked = api.book().get_json()
    path, headers = f"/bookings/{booked['reference']}", bearer(booked)
    answer = api("DELETE", path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["state"] == "cancelling"
    assert answer.get_json()["undo_until"]
    assert events(home) == 0
    later = {"starts_at": api.slots()[5]}
    assert api("PATCH", path, json=later, headers=headers).status_code == 409


def test_wrong_token_and_unknown_reference_are_answered_alike(api: Api) -> None:
    mine, other = api.book().get_json(), api.book(starts_at=api.slots()[4]).get_json()
    answers = [
        api(method, f"/bookings/{reference}", headers={"Authorization": f"Bearer {token}"}, **body)
        for method, body in (("GET", {}), ("DELETE", {}), ("PATCH", {"json": {}}))
        for reference, token in (
            (mine["reference"], "x" * 43),
            (mine["reference"], other["manage_token"]),
            ("XXX-XXX", mine["manage_token"]),
            ("XXX-XXX", "x" * 43),
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    for method in ("GET", "PATCH", "DELETE"):
        assert api(method, f"/bookings/{mine['reference']}").status_code == 401


def test_a_silent_calendar_server_is_answered_with_202(api: Api, home: House) -> None:
    slot = api.slots()[0]
    home.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    answer = api.book(starts_at=slot)
    assert answer.status_code == 202, answer.text
    pending = answer.get_json()
    assert pending["state"] == "pending"
    shown = api("GET", f"/bookings/{pending['reference']}", headers=bearer(pending))
    assert shown.get_json()["state"] == "pending"


def test_bodies_are_bounded(api: Api) -> None:
    huge = {"Idempotency-Key": "k"}
    answer = api(
        "POST", "/bookings", data=b"x" * 100_000, headers=huge, content_type="application/json"
    )
    assert answer.status_code == 413
    assert (
        api(
            "POST", "/bookings", data=b"{", headers=huge, content_type="application/json"
        ).status_code
        == 400
    )
    assert (
        api("POST", "/bookings", data=b"{}", headers=huge, content_type="text/plain").status_code
        == 415
    )


def test_nothing_personal_is_logged(
    api: Api, home: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    booked = api.book().get_json()
    api.book(citizen={"name": "Ελένη Δοκιμαστική", "email": "eleni@", "phone": "6901234567"})
    home.clock.forward(seconds=timedelta(days=1).total_seconds())
    api("GET", f"/bookings/{booked['reference']}", headers=bearer(booked))
    for personal in ("Δοκιμαστική", "eleni@", "6901234567", "090000045", booked["manage_token"]):
        assert personal not in caplog.text


def test_changing_the_channel(api: Api, home: House) -> None:
    service = next(iter(api.services("kavala").values()))
    booked = api.book(
        service_id=service["id"],
        starts_at=api.slots(service["id"])[0],
        answers={each["key"]: "Δοκιμή" for each in service["questions"] if each["required"]},
        declarations={},
        consent_version=service["consent"]["version"],
    ).get_json()
    path, headers = f"/bookings/{booked['reference']}", bearer(booked)
    for channel in ("telephone", "pigeon"):
        answer = api("PATCH", path, json={"channel": channel}, headers=headers)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.get_json()["errors"]] == ["channel"]
    changed = api("PATCH", path, json={"channel": "teleconference"}, headers=headers)
    assert changed.status_code == 200, changed.text
    shown = changed.get_json()
    assert (shown["channel"], shown["starts_at"]) == ("teleconference", booked["starts_at"])
    assert shown["join_url"].startswith("https://rantevou.example.gr/r/")
    home.memory.fail_next("create", TryLater("busy"))
    back = api("PATCH", path, json={"channel": "in_person"}, headers=headers)
    assert back.status_code == 202, back.text
    assert back.get_json()["changing_to"] == "in_person"
    again = api("PATCH", path, json={"channel": "in_person"}, headers=headers)
    assert again.status_code == 409
