"""The body of a delivery as Graph sends it (resource types changeNotificationCollection and
changeNotification): only what names the subscription and its secret is looked at."""

from __future__ import annotations

import json
import re
from typing import Any

from booking.subscriptions.intake import Matter, Notice

#: Entries of one delivery.
MOST = 1_000
_NAME = re.compile(r"[\x21-\x7e]{1,300}")
_STATE = re.compile(r"[\x20-\x7e]{1,255}")
_MATTERS = {
    "reauthorizationRequired": Matter.REAUTHORIZE,
    "subscriptionRemoved": Matter.REMOVED,
    "missed": Matter.MISSED,
}


class Malformed(Exception):
    """The body is not a delivery; the text says what one looks like and repeats nothing of it."""


def notices_of(body: bytes) -> list[Notice]:
    """What a delivery says, entry by entry; entries that cannot be ours come out nameless.

    A lifecycle event that this version does not know counts as a change: reading does no harm.
    Raises Malformed.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("Send one JSON object (RFC 8259) in UTF-8.") from None
    entries = content.get("value") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Malformed('Send {"value": [...]}, each entry an object.')
    if len(entries) > MOST:
        raise Malformed(f"Send at most {MOST} entries at once.")
    return [_notice(entry) for entry in entries]


def _notice(entry: dict[str, Any]) -> Notice:
    event = entry.get("lifecycleEvent")
    return Notice(
        subscription=_fitting(entry.get("subscriptionId"), _NAME),
        client_state=_fitting(entry.get("clientState"), _STATE),
        matter=_MATTERS.get(event, Matter.CHANGED) if isinstance(event, str) else Matter.CHANGED,
    )


def _fitting(value: object, form: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""
