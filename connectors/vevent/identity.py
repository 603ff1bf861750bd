"""How a key becomes a UID and back, and how an event is recognised as ours."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from icalendar import Event
from icalendar.prop import vUnknown

from connectors.contract import Ours

UID_PREFIX: Final = "rantevou-"
KEY_PROPERTY: Final = "X-RANTEVOU-KEY"
REFERENCE_PROPERTY: Final = "X-RANTEVOU-BOOKING"
BODY_PROPERTY: Final = "X-RANTEVOU-BODY"
ABOUT_PROPERTY: Final = "X-RANTEVOU-ABOUT"

# Safe in a URL path and in a UID without any quoting, so that no server rewrites it.
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_HASHED: Final = re.compile(r"h\.[0-9a-f]{40}")


def uid_of(key: str) -> str:
    """The UID of the event of ``key``: always the same, different for different keys."""
    if _PLAIN_KEY.fullmatch(key) and not _HASHED.fullmatch(key):
        return UID_PREFIX + key
    return f"{UID_PREFIX}h.{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def text_of(event: Event, name: str) -> str:
    """The first value of a text property, "" where it is missing."""
    value = event.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, vUnknown):
        # An X- property is TEXT by default (RFC 5545, 3.8.8.2 and 3.3.11); the library leaves
        # its escapes in.
        return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], str(value))
    return "" if value is None else str(value)


def our_body(event: Event) -> str:
    """The copy kept of our text, with plain line ends; "" where a client dropped it."""
    return text_of(event, BODY_PROPERTY).replace("\r\n", "\n")


def key_of(event: Event) -> str | None:
    """Our key, where the UID is the one made from it; a person's copy of our event has another."""
    uid = text_of(event, "UID")
    if not uid.startswith(UID_PREFIX):
        return None
    stored = text_of(event, KEY_PROPERTY)
    if stored and uid_of(stored) == uid:
        return stored
    # A client may drop X- properties when a person edits the event (RFC 5545, 3.8.8.2 lets it).
    bare = uid.removeprefix(UID_PREFIX)
    return bare if uid_of(bare) == uid else None


def ours(event: Event) -> Ours:
    return Ours.YES if text_of(event, "UID").startswith(UID_PREFIX) else Ours.NO
