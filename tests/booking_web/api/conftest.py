"""The API over in-memory calendars; every answer is held against the API's own description."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from booking_web.api.description import description
from booking_web.app import create_app
from tests.booking_web.desk import House, house

PREFIX = "/api/v1"
HOUSING = "kalamata.housing-benefit"


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def app(home: House) -> Flask:
    made = create_app(home.desk)
    made.testing = False  # errors are answered, as in production
    return made


class Api:
    """A client whose every answer must fit the description."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.described: Any = description()

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        answer = self.client.open(PREFIX + path, method=method, **options)
        check_answer(self.described, method, path, answer)
        return answer

    def services(self, slug: str = "kalamata") -> dict[str, Any]:
        answer = self("GET", f"/municipalities/{slug}/services")
        return {each["id"]: each for each in answer.get_json()["services"]}

    def slots(
        self,
        service: str = HOUSING,
        channel: str = "in_person",
        first: str = "2027-01-13",
        last: str = "2027-02-10",
    ) -> list[str]:
        query = {"channel": channel, "from": first, "to": last}
        answer = self("GET", f"/services/{service}/availability", query_string=query)
        assert answer.status_code == 200, answer.text
        return [slot["starts_at"] for slot in answer.get_json()["slots"]]

    def body(self, **changes: Any) -> dict[str, Any]:
        service = self.services()[HOUSING]
        made = {
            "service_id": HOUSING,
            "channel": "in_person",
            "starts_at": "",
            "citizen": {
                "name": "Ελένη Δοκιμαστική",
                "email": "eleni@example.gr",
                "phone": "690 123 4567",
            },
            "answers": {"afm": "090000045"},
            "declarations": {
                each["key"]: next(one["value"] for one in each["answers"] if one["bookable"])
                for each in service["declarations"]
            },
            "consent_version": service["consent"]["version"],
            "language": "el",
            **changes,
        }
        if not made["starts_at"] and "hold_id" not in made:
            made["starts_at"] = self.slots()[0]
        return {key: value for key, value in made.items() if value != "" and value is not None}

    def book(self, *, key: str = "", **changes: Any) -> TestResponse:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self("POST", "/bookings", json=self.body(**changes), headers=headers)


def check_answer(described: Any, method: str, path: str, answer: TestResponse) -> None:
    parts = path.strip("/").split("?")[0].split("/")
    template = next(
        (
            each
            for each in described["paths"]
            if len(each.strip("/").split("/")) == len(parts)
            and all(
                mine.startswith("{") or mine == theirs
                for mine, theirs in zip(each.strip("/").split("/"), parts, strict=True)
            )
        ),
        None,
    )
    operation = described["paths"].get(template, {}).get(method.lower())
    if operation is None:  # an address that is not described: still a problem document
        assert answer.status_code in (404, 405)
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    else:
        response = operation["responses"].get(str(answer.status_code))
        assert response is not None, f"{method} {path}: {answer.status_code} is not described"
        content = response.get("content")
    if not content:
        return
    assert answer.mimetype in content
    schema = {**content[answer.mimetype]["schema"], "components": described["components"]}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    errors = [error.message for error in validator.iter_errors(json.loads(answer.data))]
    assert errors == []


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app.test_client())
