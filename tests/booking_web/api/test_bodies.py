"""Hostile and careless bodies: one clear error for each field, never a crash."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from booking_web.api.bodies import Fields, bearer, idempotency_key, json_object
from booking_web.api.problems import FieldProblem, Problem


def request(body: bytes = b"", content_type: str = "application/json", **headers: str) -> Request:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    builder = EnvironBuilder(method="POST", data=body, content_type=content_type, headers=names)
    return Request(builder.get_environ())


def fields(**values: Any) -> tuple[Fields, list[FieldProblem]]:
    errors: list[FieldProblem] = []
    return Fields(values, errors), errors


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe",
        b'{"a": "\xc3\x28"}',
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_not_one_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        json_object(request(body))
    assert caught.value.kind.name == "malformed-json"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_taken(content_type: str) -> None:
    with pytest.raises(Problem) as caught:
        json_object(request(b"{}", content_type))
    assert caught.value.kind.status == 415


def test_a_charset_beside_the_type_is_fine() -> None:
    assert json_object(request(b"{}", "application/json; charset=utf-8")) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-10T12:30:00+02:00", datetime(2026, 12, 10, 10, 30, tzinfo=UTC)),
        ("2026-07-10T12:30:00+03:00", datetime(2026, 7, 10, 9, 30, tzinfo=UTC)),
        ("2026-12-10t10:30:00z", datetime(2026, 12, 10, 10, 30, tzinfo=UTC)),
        ("2026-12-10T10:30:00.000Z", datetime(2026, 12, 10, 10, 30, tzinfo=UTC)),
    ],
)
def test_instants_are_read_with_their_offset(text: str, expected: datetime) -> None:
    read, errors = fields(at=text)
    assert read.instant("at") == expected
    assert errors == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-10T12:30:00",  # no offset
        "2026-12-10 12:30:00+02:00",
        "2026-12-10",
        "20261210T123000Z",
        "2026-W50-4T12:30:00Z",
        "0001-01-01T00:00:00+14:00",  # no such instant in UTC
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T12:00:00Z",
        "2026-12-10T25:00:00Z",
        "٢٠٢٦-12-10T12:30:00Z",
        "",
    ],
)
def test_other_times_are_errors(text: str) -> None:
    read, errors = fields(at=text)
    assert read.instant("at") is None
    assert [error.code for error in errors] == ["not_an_instant"]


@pytest.mark.parametrize("text", ["2026-1-1", "20260101", "2026-02-30", "1999-12-31", "abc", ""])
def test_other_dates_are_errors(text: str) -> None:
    read, errors = fields(day=text)
    assert read.date("day") is None
    assert [error.code for error in errors] == ["not_a_date"]


def test_every_fault_is_named_with_its_path() -> None:
    read, errors = fields(
        citizen={"name": "Α\x00Β", "email": 7, "extra": 1},
        answers={"topic": "x" * 51, "afm": None, "other": "a\nb"},
        surprise=True,
        service_id="\ud800",
    )
    inner = read.inner("citizen")
    assert inner is not None
    inner.text("name", limit=100)
    inner.text("email", limit=100)
    inner.text("phone", limit=100)
    inner.finish()
    assert read.texts("answers", limit=50) == {"other": "a\nb"}
    read.text("service_id", limit=100)
    read.finish()
    assert {(error.field, error.code) for error in errors} == {
        ("citizen.name", "control_characters"),
        ("citizen.email", "not_text"),
        ("citizen.phone", "missing"),
        ("citizen.extra", "unknown"),
        ("answers.topic", "too_long"),
        ("service_id", "control_characters"),
        ("surprise", "unknown"),
    }
    assert all(error.el and error.en for error in errors)


def test_names_of_the_client_are_not_echoed_where_they_are_hostile() -> None:
    read, errors = fields(**{"<\x07>": 1, "n" * 5000: 2})
    read.finish()
    assert [error.field for error in errors] == ["", ""]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]) | st.text(), json_values))
def test_no_value_crashes_a_reader(values: dict[str, Any]) -> None:
    read, errors = fields()
    read = Fields(values, errors)
    text = read.text("a", limit=10)
    instant = read.instant("b")
    read.choice("c", ("x", "y"))
    texts = read.texts("d", limit=10)
    read.inner("e")
    read.finish()
    assert text is None or len(text.encode()) >= 0
    assert instant is None or instant.tzinfo is UTC
    assert all(isinstance(value, str) for value in texts.values())
    assert all(error.field.encode() is not None for error in errors)


@pytest.mark.parametrize("key", ["", "a b", "ключ", "x" * 201, "a\x7fb"])
def test_malformed_idempotency_keys_are_refused(key: str) -> None:
    with pytest.raises(Problem) as caught:
        idempotency_key(request(Idempotency_Key=key.encode().decode("latin-1")))
    assert caught.value.kind.name == "idempotency-key-missing"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "abc"])
def test_without_a_token_the_answer_says_how_to_send_one(value: str) -> None:
    with pytest.raises(Problem) as caught:
        bearer(request(Authorization=value))
    assert caught.value.kind.status == 401
    assert "Bearer" in caught.value.headers["WWW-Authenticate"]


def test_a_token_is_read() -> None:
    assert bearer(request(Authorization="bearer abc-_123")) == "abc-_123"
