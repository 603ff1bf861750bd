"""A small municipality whose calendars live in memory."""

from __future__ import annotations

import uuid

from tests.mapping.minimal import replaced


def memory_sample() -> str:
    """Text of a mapping file; every call names calendars of its own."""
    text = replaced("    provider: caldav\n", "    provider: memory\n")
    text = replaced("    secret: caldav-service\n", "", text)
    name = f"https://{uuid.uuid4().hex}.example/"
    return replaced("https://cal.town.example/", name, text)
