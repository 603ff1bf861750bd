"""Errors of the API as problem details (RFC 9457): what went wrong and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response

PROBLEM_PATH = "/api/v1/problems/"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; ``name`` ends its ``type``, a relative URI that leads to this text."""

    name: str
    status: int
    title: str
    detail: str


_ALL = (
    Kind(
        "malformed-json",
        400,
        "The body is not a JSON object",
        "Send one JSON object (RFC 8259) in UTF-8, without repeated names.",
    ),
    Kind(
        "idempotency-key-missing",
        400,
        "The header Idempotency-Key is missing or malformed",
        "Send Idempotency-Key with 1 to 200 visible ASCII characters, for example a random UUID; "
        "repeat the same key only with the same body.",
    ),
    Kind("bad-request", 400, "The request is malformed", "Compare it with /api/v1/openapi.json."),
    Kind(
        "token-missing",
        401,
        "The manage token is missing",
        "Send 'Authorization: Bearer' with the manage_token of this booking.",
    ),
    Kind(
        "sign-in-required",
        403,
        "This service is booked by whoever has signed in",
        "Send the citizen to the page of the service, where they sign in; the API has no sign-in.",
    ),
    Kind(
        "email-unproved",
        403,
        "The mail address has to be proved first",
        "Send the citizen to the page of the service, where a code proves that it is theirs.",
    ),
    Kind(
        "not-found",
        404,
        "There is nothing here",
        "Check the address, the id and the token; what is unknown and what is not yours "
        "are answered alike.",
    ),
    Kind(
        "hold-lapsed",
        404,
        "The hold is unknown or has expired",
        "Ask for the availability again and choose a slot.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "This address does not take that method",
        "The header Allow names the methods that it takes.",
    ),
    Kind(
        "slot-taken",
        409,
        "This slot is not free any more",
        "Choose one of 'alternatives', or ask for the availability again.",
    ),
    Kind(
        "hold-lapsed-at-booking",
        409,
        "The hold has expired",
        "Send the booking again with service_id, channel and starts_at, or choose another slot.",
    ),
    Kind(
        "wrong-state",
        409,
        "The state of the booking does not allow this",
        "Read the booking to see its state; what is cancelled or past cannot be changed.",
    ),
    Kind(
        "too-many-appointments",
        409,
        "This person has as many appointments ahead as one may",
        "Change or cancel one of them, or call the office; 'limit' says how many one may have, and "
        "'of' whether that is of this service or of all.",
    ),
    Kind(
        "too-large",
        413,
        "The request is too large",
        "Send at most 64 KiB.",
    ),
    Kind(
        "unsupported-media-type",
        415,
        "The body must be JSON",
        "Send 'Content-Type: application/json'.",
    ),
    Kind(
        "invalid-fields",
        422,
        "Some fields need attention",
        "Correct what 'errors' names, one entry for each field, and send the request again.",
    ),
    Kind(
        "consent-stale",
        422,
        "The accepted text is not the current one",
        "Read the service again, show its current consent text, and send its version.",
    ),
    Kind(
        "key-reused",
        422,
        "The idempotency key was used with another body",
        "Use a new key for a new booking.",
    ),
    Kind(
        "too-many-holds",
        429,
        "Too many slots are kept for this network",
        "Book or release some, or try again after Retry-After seconds; a booking needs no hold.",
    ),
    Kind(
        "too-many-of-network",
        429,
        "This network has booked as much today as one may",
        "Try again after Retry-After seconds, from another network, or call the office.",
    ),
    Kind(
        "internal",
        500,
        "Something went wrong here",
        "Send the same request with the same Idempotency-Key again in a moment.",
    ),
    Kind(
        "unavailable",
        503,
        "The service is busy",
        "Send the same request with the same Idempotency-Key again after Retry-After seconds.",
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field; ``field`` is its path in the body, such as "citizen.email"."""

    field: str
    code: str
    el: str
    en: str

    def as_json(self) -> dict[str, object]:
        message = {"el": self.el, "en": self.en}
        return {"field": self.field, "code": self.code, "message": message}


class Problem(Exception):
    """Raised by a view; answered as ``application/problem+json``."""

    def __init__(
        self,
        name: str,
        *,
        more: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name)
        self.kind = KINDS[name]
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def invalid(errors: Sequence[FieldProblem]) -> Problem:
    return Problem("invalid-fields", more={"errors": [error.as_json() for error in errors]})


def as_response(problem: Problem) -> Response:
    kind = problem.kind
    body = {
        "type": PROBLEM_PATH + kind.name,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        **problem.more,
    }
    answer = Response(
        json.dumps(body, ensure_ascii=False),
        status=kind.status,
        content_type="application/problem+json",
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(problem.headers)
    return answer
