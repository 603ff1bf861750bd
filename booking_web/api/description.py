"""The API's description of itself: OpenAPI 3.1."""

from __future__ import annotations

from booking_web.api.problems import KINDS
from booking_web.api.schemas import SCHEMAS, Schema, ref, text

_ABOUT = """\
Free slots of municipal services, and bookings that go straight into the calendars of their staff.

Times are RFC 3339 with offset; ids are opaque; labels come in Greek and English. Errors are
problem details (RFC 9457): `detail` says what to do. No cookies are used or set.
"""


def _content(name: str, media_type: str = "application/json") -> dict[str, object]:
    return {"content": {media_type: {"schema": ref(name)}}}


def _answers(
    good: dict[int, tuple[str, str | None]], problems: tuple[int, ...]
) -> dict[str, object]:
    """``good`` maps a status to (description, schema name); ``problems`` lists error statuses."""
    told: dict[str, object] = {
        str(status): {"description": about, **(_content(schema) if schema else {})}
        for status, (about, schema) in good.items()
    }
    for status in sorted({*problems, 400, 413, 500, 503}):
        titles = "; ".join(kind.title for kind in KINDS.values() if kind.status == status)
        told[str(status)] = {
            "description": titles,
            **_content("Problem", "application/problem+json"),
        }
    return told


def _body(name: str) -> dict[str, object]:
    return {"required": True, **_content(name)}


def _inside(name: str, about: str) -> dict[str, object]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": about,
        "schema": {"type": "string"},
    }


def _asked(name: str, about: str, schema: Schema) -> dict[str, object]:
    return {"name": name, "in": "query", "required": True, "description": about, "schema": schema}


_TOKEN: list[dict[str, list[str]]] = [{"manage_token": []}]
_DAY = text(format="date")
_CHANNEL = text(enum=["in_person", "teleconference", "telephone"])
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Chosen by the client, one for each booking; the same key with the same body "
    "always means the same booking and gets the same answer",
    "schema": text(minLength=1, maxLength=200, pattern=r"^[\x21-\x7e]+$"),
}

_PATHS: dict[str, object] = {
    "/openapi.json": {
        "get": {
            "operationId": "describe",
            "summary": "This description",
            "responses": {"200": {"description": "OpenAPI 3.1"}},
        }
    },
    "/problems/{name}": {
        "parameters": [_inside("name", "Last part of a problem's type")],
        "get": {
            "operationId": "explainProblem",
            "summary": "What a kind of problem means",
            "responses": _answers({200: ("The kind of problem", "ProblemText")}, (404,)),
        },
    },
    "/municipalities": {
        "get": {
            "operationId": "listMunicipalities",
            "summary": "The municipalities that take bookings here",
            "responses": _answers({200: ("All of them", "Municipalities")}, ()),
        }
    },
    "/municipalities/{slug}/services": {
        "parameters": [_inside("slug", "Of the municipality")],
        "get": {
            "operationId": "listServices",
            "summary": "What a municipality offers and what it asks for",
            "responses": _answers({200: ("All of them", "Services")}, (404,)),
        },
    },
    "/services/{id}/availability": {
        "parameters": [_inside("id", "Of the service")],
        "get": {
            "operationId": "readAvailability",
            "summary": "Free slots of a service by one channel",
            "parameters": [
                _asked("channel", "How the citizen is served", _CHANNEL),
                _asked("from", "First day, in the office's time", _DAY),
                _asked("to", "Last day, included; at most 62 days in all", _DAY),
            ],
            "responses": _answers({200: ("Free slots, in order", "Availability")}, (404, 422)),
        },
    },
    "/holds": {
        "post": {
            "operationId": "takeHold",
            "summary": "Keep a slot for some minutes",
            "requestBody": _body("HoldRequest"),
            "responses": _answers({201: ("Kept", "Hold")}, (403, 404, 409, 415, 422, 429)),
        }
    },
    "/holds/{id}": {
        "parameters": [_inside("id", "hold_id")],
        "patch": {
            "operationId": "extendHold",
            "summary": "Keep the slot longer, up to an hour in all",
            "responses": _answers({200: ("Kept", "Hold")}, (404,)),
        },
        "delete": {
            "operationId": "releaseHold",
            "summary": "Give the slot back; a hold that is gone already is fine",
            "responses": _answers({204: ("Given back", None)}, ()),
        },
    },
    "/bookings": {
        "post": {
            "operationId": "book",
            "summary": "Book a slot, held before or not",
            "parameters": [_KEY],
            "requestBody": _body("BookingRequest"),
            "responses": _answers(
                {
                    201: ("Booked: the event stands in the calendar", "Submission"),
                    202: (
                        "The slot is yours; the office's calendar has not confirmed it yet",
                        "Submission",
                    ),
                },
                (403, 404, 409, 415, 422, 429),
            ),
        }
    },
    "/bookings/{reference}": {
        "parameters": [_inside("reference", "Of the booking")],
        "get": {
            "operationId": "readBooking",
            "summary": "State and time of a booking",
            "security": _TOKEN,
            "responses": _answers({200: ("The booking", "Booking")}, (401, 404)),
        },
        "patch": {
            "operationId": "changeBooking",
            "summary": "Move it, change its channel, or correct mail address, phone or answers",
            "security": _TOKEN,
            "requestBody": _body("BookingChange"),
            "responses": _answers(
                {
                    200: ("Changed", "Booking"),
                    202: ("Accepted; the office's calendar has not answered yet", "Booking"),
                },
                (401, 404, 409, 415, 422),
            ),
        },
        "delete": {
            "operationId": "cancelBooking",
            "summary": "Cancel it; the citizen can undo that for a while on the booking's page",
            "security": _TOKEN,
            "responses": _answers(
                {
                    200: ("Cancelled", "Booking"),
                    202: ("Accepted; the office's calendar has not answered yet", "Booking"),
                },
                (401, 404, 409),
            ),
        },
    },
}


def description() -> dict[str, object]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rantevou",
            "version": "1",
            "description": _ABOUT,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/api/v1"}],
        "paths": _PATHS,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "manage_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "manage_token of the booking",
                }
            },
        },
    }
