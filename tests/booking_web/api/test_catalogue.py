"""What the API tells about municipalities, services and free slots."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract import MailboxRef, Period
from tests.booking_web.api.conftest import HOUSING, Api
from tests.booking_web.desk import House

ONE_DAY = "from=2027-01-13&to=2027-01-13"
POOL = tuple(
    MailboxRef(address, f"{address}/rantevou/")
    for address in ("pronoia1@kalamata.example", "pronoia2@kalamata.example")
)


def test_municipalities_and_services(api: Api) -> None:
    listed = api("GET", "/municipalities").get_json()["municipalities"]
    assert [each["slug"] for each in listed] == ["kalamata", "kavala"]
    assert listed[0]["name"]["el"] == "Δήμος Καλαμάτας"
    service = api.services()[HOUSING]
    assert service["title"] == {"el": "Επίδομα Στέγασης", "en": "Housing Benefit"}
    assert (service["duration_minutes"], service["step_minutes"]) == (30, 40)
    assert service["channels"] == ["in_person"]
    (question,) = service["questions"]
    assert (question["key"], question["erased_after_days"]) == ("afm", 30)
    assert question["purpose"]["en"] == "So that we find your file before the appointment"
    answers = service["declarations"][0]["answers"]
    assert [answer["label"]["el"] for answer in answers] == ["Όχι", "Ναι"]
    assert service["consent"]["text"]["el"]


def test_slots_carry_the_offset_of_their_date(api: Api, home: House) -> None:
    winter = api.slots(first="2027-01-13", last="2027-01-13")
    assert winter == [
        "2027-01-13T12:30:00+02:00",
        "2027-01-13T13:10:00+02:00",
        "2027-01-13T13:50:00+02:00",
    ]
    home.clock.at = datetime(2027, 3, 20, 8, 0, tzinfo=UTC)
    home.read_calendars()
    assert api.slots(first="2027-03-29", last="2027-03-29")[0] == "2027-03-29T12:30:00+03:00"


def test_a_busy_pool_offers_nothing_and_one_free_colleague_is_enough(api: Api, home: House) -> None:
    noon = Period(
        datetime(2027, 1, 13, 10, 0, tzinfo=UTC), datetime(2027, 1, 13, 11, 0, tzinfo=UTC)
    )
    home.memory.put_foreign(POOL[0], noon)
    home.read_calendars()
    assert "2027-01-13T12:30:00+02:00" in api.slots()
    home.memory.put_foreign(POOL[1], noon)
    home.read_calendars()
    assert "2027-01-13T12:30:00+02:00" not in api.slots()


def test_a_calendar_that_cannot_be_read_is_counted_and_offers_nothing(
    api: Api, home: House
) -> None:
    for mailbox in POOL:
        home.memory.lose_mailbox(mailbox)
    home.read_calendars()
    query = {"channel": "in_person", "from": "2027-01-13", "to": "2027-01-20"}
    found = api("GET", f"/services/{HOUSING}/availability", query_string=query).get_json()
    assert found["slots"] == []
    assert found["calendars"] == {"readable": 0, "total": 2, "oldest_read_at": None}


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ({}, {"channel", "from", "to"}),
        ({"channel": "fax", "from": "2027-01-13", "to": "2027-01-14"}, {"channel"}),
        ({"channel": "in_person", "from": "2027-01-14", "to": "2027-01-13"}, {"to"}),
        ({"channel": "in_person", "from": "2027-01-01", "to": "2027-03-04"}, {"to"}),
        ({"channel": "in_person", "from": "tomorrow", "to": "2027-02-30"}, {"from", "to"}),
        ({"channel": "in_person", "from": "2027-01-01", "to": "2027-01-01", "x": "1"}, {"x"}),
    ],
)
def test_a_malformed_question_names_its_faults(
    api: Api, query: dict[str, str], faults: set[str]
) -> None:
    answer = api("GET", f"/services/{HOUSING}/availability", query_string=query)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.get_json()["errors"]} == faults


def test_62_days_are_allowed(api: Api) -> None:
    assert api.slots(first="2027-01-13", last="2027-03-15")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/municipalities/nowhere/services", 404),
        ("GET", f"/services/kalamata.nothing/availability?channel=in_person&{ONE_DAY}", 404),
        ("GET", f"/services/{HOUSING}/availability?channel=telephone&{ONE_DAY}", 404),
        ("GET", "/nothing", 404),
        ("GET", "/problems/nothing", 404),
        ("PUT", "/bookings", 405),
        ("DELETE", "/municipalities", 405),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_document(
    api: Api, method: str, path: str, status: int
) -> None:
    answer = api(method, path)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["type"].startswith("/api/v1/problems/")
    if status == 405:
        assert answer.headers["Allow"]


def test_the_type_of_a_problem_leads_to_its_text(api: Api) -> None:
    problem = api("GET", "/nothing").get_json()
    told = api("GET", problem["type"].removeprefix("/api/v1")).get_json()
    assert told["detail"] == problem["detail"]


def test_no_cookie_is_set_and_nothing_of_a_session_is_needed(api: Api) -> None:
    answer = api("GET", "/municipalities")
    assert "Set-Cookie" not in answer.headers
    described: dict[str, Any] = api.client.get("/api/v1/openapi.json").get_json()
    assert described["openapi"] == "3.1.0"
