"""JSON Schemas of what the API takes and gives (OpenAPI 3.1 components)."""

from __future__ import annotations

Schema = dict[str, object]


def text(description: str = "", **more: object) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema, **more: object) -> Schema:
    return {"type": "array", "items": schema, **more}


def shape(properties: dict[str, object], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object that holds exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


_WHEN = text("RFC 3339, with the offset of the office at that date", format="date-time")
_CHANNEL = text(enum=["in_person", "teleconference", "telephone"])
_STATE = text(
    "conflict: the calendar disagrees, and the office or the citizen decides; released: it stands"
    " in no calendar, a new time can be given; completed, no_show: how it went",
    enum=[
        "pending",
        "confirmed",
        "cancelling",
        "cancelled",
        "conflict",
        "released",
        "completed",
        "no_show",
    ],
)
_REASON = text(
    "Why it is in conflict or released: no calendar could take it; staff deleted it; staff moved it"
    " to where it cannot be; something else stands over it",
    enum=["not_placed", "office_deleted", "office_moved", "calendar_busy"],
)
_PERIOD: dict[str, object] = {"starts_at": _WHEN, "ends_at": _WHEN}
_ANSWERS: Schema = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 4000}}
_DECLARATIONS: Schema = {
    "type": "object",
    "additionalProperties": {"type": "string", "maxLength": 200},
}
_JOIN_URL = or_null(text("Our own stable address of the meeting; teleconference only"))

SCHEMAS: dict[str, object] = {
    "Label": shape({"el": text(), "en": text()}),
    "Slot": shape(_PERIOD),
    "Municipalities": shape(
        {"municipalities": list_of(shape({"slug": text(), "name": ref("Label")}))}
    ),
    "Services": shape({"services": list_of(ref("Service"))}),
    "Service": shape(
        {
            "id": text("Opaque"),
            "title": ref("Label"),
            "group": ref("Label"),
            "channels": list_of(_CHANNEL),
            "duration_minutes": {"type": "integer"},
            "step_minutes": {"type": "integer"},
            "questions": list_of(ref("Question")),
            "declarations": list_of(ref("Declaration")),
            "consent": shape({"version": text(), "text": ref("Label")}),
            "sign_in": text(
                "Whether citizens sign in on the service's page; 'required': not to be booked here",
                enum=["off", "offered", "required"],
            ),
            "proves_email": {
                "type": "boolean",
                "description": "Whoever has not signed in proves the mail address, on the page of "
                "the service: not to be booked here",
            },
        }
    ),
    "Question": shape(
        {
            "key": text("Name of the answer in 'answers'"),
            "label": ref("Label"),
            "kind": text(enum=["text", "long_text", "afm", "address", "subject", "choice"]),
            "required": {"type": "boolean"},
            "max_length": {"type": "integer"},
            "choices": list_of(shape({"value": text(), "label": ref("Label")})),
            "purpose": or_null(ref("Label")),
            "erased_after_days": {
                "type": "integer",
                "description": "Days after the appointment after which the answer is erased",
            },
        }
    ),
    "Declaration": shape(
        {
            "key": text("Name of the answer in 'declarations'"),
            "version": text(),
            "question": ref("Label"),
            "answers": list_of(
                shape(
                    {
                        "value": text(),
                        "label": ref("Label"),
                        "bookable": {
                            "type": "boolean",
                            "description": "false: this service cannot be booked after this answer",
                        },
                        "confirmation": or_null(ref("Label")),
                    }
                )
            ),
        }
    ),
    "Availability": shape(
        {
            "time_zone": text(examples=["Europe/Athens"]),
            "slots": list_of(ref("Slot")),
            "calendars": shape(
                {
                    "readable": {"type": "integer", "minimum": 0},
                    "total": {"type": "integer", "minimum": 0},
                    "oldest_read_at": or_null(_WHEN),
                }
            ),
        }
    ),
    "HoldRequest": shape({"service_id": text(), "channel": _CHANNEL, "starts_at": _WHEN}),
    "Hold": shape({"hold_id": text("Opaque"), "expires_at": _WHEN}),
    "Citizen": shape(
        {
            "name": text(minLength=2, maxLength=100),
            "email": text(maxLength=254),
            "phone": text("Any usual form; Greek where no country code is given", maxLength=40),
        }
    ),
    "BookingRequest": {
        **shape(
            {
                "hold_id": text(),
                "service_id": text(),
                "channel": _CHANNEL,
                "starts_at": _WHEN,
                "citizen": ref("Citizen"),
                "answers": _ANSWERS,
                "declarations": _DECLARATIONS,
                "consent_version": text("Version of the consent text that was shown"),
                "language": text(enum=["el", "en"], default="el"),
            },
            optional=(
                *("hold_id", "service_id", "channel", "starts_at"),
                *("answers", "declarations", "language"),
            ),
        ),
        "oneOf": [
            {"required": ["hold_id"]},
            {"required": ["service_id", "channel", "starts_at"]},
        ],
    },
    "Submission": shape(
        {
            "reference": text(examples=["K7M-4QX"]),
            "state": _STATE,
            **_PERIOD,
            "channel": _CHANNEL,
            "join_url": _JOIN_URL,
            "manage_token": text("Keep it secret: whoever has it can change the booking"),
        }
    ),
    "Booking": shape(
        {
            "reference": text(),
            "state": _STATE,
            "reason": or_null(_REASON),
            "service_id": text(),
            **_PERIOD,
            "channel": _CHANNEL,
            "join_url": _JOIN_URL,
            "moving_to": or_null(ref("Slot")),
            "changing_to": or_null(_CHANNEL),
            "undo_until": or_null(_WHEN),
        }
    ),
    "BookingChange": {
        **shape(
            {
                "starts_at": _WHEN,
                "channel": _CHANNEL,
                "citizen": shape(
                    {"name": text("Only unchanged"), "email": text(), "phone": text()},
                    optional=("name", "email", "phone"),
                ),
                "answers": _ANSWERS,
            },
            optional=("starts_at", "channel", "citizen", "answers"),
        ),
        "minProperties": 1,
    },
    "ProblemText": shape({"title": text(), "status": {"type": "integer"}, "detail": text()}),
    "Problem": {
        "type": "object",
        "description": "RFC 9457",
        "properties": {
            "type": text("Relative URI of the kind of problem", format="uri-reference"),
            "title": text(),
            "status": {"type": "integer"},
            "detail": text("What to do about it"),
            "errors": list_of(
                shape(
                    {
                        "field": text(examples=["citizen.email"]),
                        "code": text(),
                        "message": ref("Label"),
                    }
                )
            ),
            "alternatives": list_of(ref("Slot"), maxItems=3),
            "limit": {"type": "integer", "description": "How many appointments one may have"},
            "of": {"enum": ["person", "service"], "description": "What is limited"},
        },
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
    },
}
