"""What the API shows: values of mapping and booking as JSON, times with the office's offset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response

from booking.model import Availability, BookingView, Submission
from connectors.contract import Period
from mapping.model import (
    Channel,
    Declaration,
    LocalText,
    Municipality,
    Question,
    Service,
    SignIn,
    service_id,
)

#: The catalogue changes when a mapping is imported; a minute of age hurts nobody.
CATALOGUE = "public, max-age=60"
PERSONAL = "no-store"


def answer(
    body: Mapping[str, object],
    *,
    status: int = 200,
    cache: str = PERSONAL,
    headers: Mapping[str, str] | None = None,
) -> Response:
    response = Response(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/json"
    )
    response.headers["Cache-Control"] = cache
    response.headers.update(headers or {})
    return response


def instant(when: datetime, zone: ZoneInfo) -> str:
    """RFC 3339 with the offset that holds in ``zone`` at that time."""
    return when.astimezone(zone).isoformat(timespec="seconds")


def period(each: Period, zone: ZoneInfo) -> dict[str, object]:
    return {"starts_at": instant(each.start, zone), "ends_at": instant(each.end, zone)}


def alternatives(periods: Iterable[Period], zone: ZoneInfo) -> dict[str, object]:
    return {"alternatives": [period(each, zone) for each in periods]}


def label(text: LocalText) -> dict[str, object]:
    return {"el": text.el, "en": text.en or text.el}


def municipality(each: Municipality) -> dict[str, object]:
    return {"slug": each.slug, "name": label(each.name)}


def service(owner: Municipality, each: Service, *, sign_in: SignIn) -> dict[str, object]:
    group = owner.group(each.group)
    consent = owner.consent(each.consent)
    declarations = (owner.declaration(key) for key in each.declarations)
    assert consent is not None, "an imported mapping names only texts that it holds"
    return {
        "id": service_id(owner, each),
        "title": label(each.title),
        "group": label(group.title if group else LocalText(each.group)),
        "channels": [channel.channel.value for channel in each.channels],
        "duration_minutes": each.duration_minutes,
        "step_minutes": each.step_minutes,
        "questions": [_question(question, owner) for question in each.questions],
        "declarations": [_declaration(found) for found in declarations if found],
        "consent": {"version": consent.version, "text": label(consent.text)},
        "sign_in": sign_in.value,
        "proves_email": owner.verify_email,
    }


def _question(question: Question, owner: Municipality) -> dict[str, object]:
    everything = owner.privacy.erase_after_days
    own = question.erase_after_days
    return {
        "key": question.key,
        "label": label(question.label),
        "kind": question.kind.value,
        "required": question.required,
        "max_length": question.max_length,
        "choices": [
            {"value": choice.value, "label": label(choice.label)} for choice in question.choices
        ],
        "purpose": label(question.purpose) if question.purpose.el else None,
        "erased_after_days": everything if own is None else min(own, everything),
    }


def _declaration(declaration: Declaration) -> dict[str, object]:
    return {
        "key": declaration.key,
        "version": declaration.version,
        "question": label(declaration.question),
        "answers": [
            {
                "value": each.value,
                "label": label(each.label),
                "bookable": each.bookable,
                "confirmation": label(each.confirmation) if each.confirmation.el else None,
            }
            for each in declaration.answers
        ],
    }


def availability(offer: Availability, zone: ZoneInfo) -> dict[str, object]:
    read_at = offer.oldest_read_at
    return {
        "time_zone": zone.key,
        "slots": [period(slot, zone) for slot in offer.slots],
        "calendars": {
            "readable": offer.readable,
            "total": offer.total,
            "oldest_read_at": None if read_at is None else instant(read_at, zone),
        },
    }


def submission(outcome: Submission, *, public_url: str, zone: ZoneInfo) -> dict[str, object]:
    view = outcome.booking
    return {
        "reference": view.reference,
        "state": view.state.value,
        **period(view.period, zone),
        "channel": view.channel.value,
        "join_url": _join_url(view, public_url, outcome.manage_token),
        "manage_token": outcome.manage_token,
    }


def booking(view: BookingView, *, public_url: str, token: str, zone: ZoneInfo) -> dict[str, object]:
    """State and time only: who has a leaked link learns neither name nor answers from it."""
    moving, changing = view.pending_period, view.pending_channel
    undo = view.undo_until
    return {
        "reference": view.reference,
        "state": view.state.value,
        "reason": view.reason.value or None,
        "service_id": view.service_id,
        **period(view.period, zone),
        "channel": view.channel.value,
        "join_url": _join_url(view, public_url, token),
        "moving_to": None if moving is None else period(moving, zone),
        "changing_to": None if changing is None else changing.value,
        "undo_until": None if undo is None else instant(undo, zone),
    }


def _join_url(view: BookingView, public_url: str, token: str) -> str | None:
    """Our own address, which stays the same when the meeting moves to another room."""
    if view.channel is not Channel.TELECONFERENCE:
        return None
    return f"{public_url}/r/{token}/join"
