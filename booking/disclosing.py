"""What is known of a citizen with one booking, for the citizen: as a person may ask to have it.

GDPR, articles 15 and 20: everything, with its purpose and how long it is kept, as JSON.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.desk import Desk
from booking.model import NotOffered
from booking.store.bookings import BookingRow
from booking.store.outbox import SENT, Entry
from mapping.model import LocalText, Municipality, Service
from mapping.retention import everything


def known_of(desk: Desk, *, booking_id: str) -> dict[str, Any]:
    """A JSON object; times are RFC 3339 by the municipality's clock, labels ``{"el", "en"}``.

    Raises NotOffered, also where the booking was erased: then nothing is known.
    """
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        mails = uow.outbox.mails_of(booking_id)
        waits = uow.erasures.waits_since(booking_id)
    if row is None or row.erased_at is not None:
        raise NotOffered("there is no such booking")
    within = catalogue.municipality(desk, row.municipality)
    service = _service(desk, row)
    zone = ZoneInfo(within.time_zone)

    def at(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")

    personal = row.personal
    applicant = personal.applicant
    return {
        "booking": {
            "reference": row.reference,
            "state": row.state.value,
            "municipality": _label(within.name),
            "service": _label(service.title) if service else {"el": row.service_id},
            "channel": row.channel,
            "starts_at": at(row.starts_at),
            "ends_at": at(row.ends_at),
            "moving_to": at(row.pending_starts_at),
            "language": row.language,
            "booked_at": at(row.created_at),
            "changed_at": at(row.changed_at),
            "booked_by_the_office": bool(personal.clerk),
            "waiting_for_an_earlier_time_since": at(waits),
        },
        "contact": {
            "name": personal.citizen.name,
            "email": personal.citizen.email,
            "phone": personal.citizen.phone,
        },
        "signed_in": None
        if applicant is None
        else {
            "name": applicant.name,
            "afm": applicant.afm,
            "for_another_person": applicant.for_other,
        },
        "answers": _answers(row, service),
        "declarations": _declarations(row, within),
        "consent": {"version": row.consent_version, "text": _consent(within, service, row)},
        "meeting": {"address": personal.meeting_url} if personal.meeting_url else None,
        "recognised_by_limits": {
            "person": personal.person or None,
            "network_of_the_last_two_days": row.network_hash is not None,
        },
        "calendar_of_the_office": {
            "holds": ["name", "service", "channel", "reference", "starts_at", "ends_at"]
        },
        "mails": [_mail(each, at(each.created_at), at(each.done_at)) for each in mails],
        "purpose": _label(within.privacy.purpose),
        "erased_at_the_latest": at(row.ends_at + everything(within.privacy)),
    }


def _service(desk: Desk, row: BookingRow) -> Service | None:
    try:
        return catalogue.service(desk, row.service_id)[1]
    except NotOffered:
        return None


def _label(text: LocalText) -> dict[str, str]:
    return {language: text.in_language(language) for language in ("el", "en")}


def _answers(row: BookingRow, service: Service | None) -> list[dict[str, Any]]:
    asked = {each.key: each for each in service.questions} if service else {}
    return [
        {
            "question": key,
            "label": _label(asked[key].label) if key in asked else None,
            "answer": answer,
            "purpose": _label(asked[key].purpose) if key in asked else None,
            "erased_after_days": asked[key].erase_after_days if key in asked else None,
        }
        for key, answer in row.personal.answers.items()
    ]


def _declarations(row: BookingRow, within: Municipality) -> list[dict[str, Any]]:
    found = []
    for key, value in row.personal.declarations.items():
        declared = within.declaration(key)
        answers = {each.value: each for each in declared.answers} if declared else {}
        found.append(
            {
                "declaration": key,
                "question": _label(declared.question) if declared else None,
                "answer": value,
                "label": _label(answers[value].label) if value in answers else None,
            }
        )
    return found


def _consent(
    within: Municipality, service: Service | None, row: BookingRow
) -> dict[str, str] | None:
    """The text that was agreed to, as far as it is still the current one."""
    consent = within.consent(service.consent) if service else None
    if consent is None or consent.version != row.consent_version:
        return None
    return _label(consent.text)


def _mail(entry: Entry, owed_at: str | None, done_at: str | None) -> dict[str, Any]:
    sent = entry.outcome == SENT
    return {"kind": entry.detail["kind"], "owed_at": owed_at, "sent_at": done_at if sent else None}
