"""Submissions for the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from booking.model import BookingRequest, Citizen
from mapping.model import Channel
from tests.booking.town import SERVICE

CITIZEN = Citizen(name="Μαρία Καναρίνη", email="maria@example.com", phone="+306941234567")


def form(starts_at: datetime, **other: object) -> BookingRequest:
    request = BookingRequest(
        service_id=SERVICE,
        channel=Channel.IN_PERSON,
        starts_at=starts_at,
        citizen=CITIZEN,
        answers={"subject": "Οικογενειακή κατάσταση", "afm": "090000045"},
        declarations={"resident": "yes"},
        consent_version="1",
        language="el",
    )
    return replace(request, **other)  # type: ignore[arg-type]
