"""Ids in their two forms, and change keys; clients must take them as opaque."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date

_PLAIN, _IMMUTABLE = "AAMkAD", "AAkALgAAAAAAHYQDEapm"
_TAIL = "AAA="


@dataclass(frozen=True)
class Meant:
    """What an id names. ``folder_tag`` is None in the immutable form."""

    uid: str
    original: date | None
    folder_tag: str | None


def plain_id(uid: str, calendar: str, moves: int, original: date | None = None) -> str:
    """The default form: another one after each move to another folder."""
    return _PLAIN + _text(_tag(calendar, moves) + bytes.fromhex(uid) + _day(original)) + _TAIL


def immutable_id(uid: str, original: date | None = None) -> str:
    """The form of ``Prefer: IdType="ImmutableId"``: the same in every folder."""
    return _IMMUTABLE + _text(bytes.fromhex(uid) + _day(original)) + _TAIL


def meant_by(given: str) -> Meant | None:
    """None for anything that is no id of ours. Case-sensitive, as the service's."""
    if not given.endswith(_TAIL):
        return None
    core = given.removesuffix(_TAIL)
    immutable = core.startswith(_IMMUTABLE)
    if not immutable and not core.startswith(_PLAIN):
        return None
    core = core.removeprefix(_IMMUTABLE if immutable else _PLAIN)
    try:
        content = base64.urlsafe_b64decode(core + "=" * (-len(core) % 4))
    except ValueError:
        return None
    if len(content) != (20 if immutable else 24):
        return None
    tag, content = (None, content) if immutable else (content[:4].hex(), content[4:])
    number = int.from_bytes(content[16:])
    if number > date.max.toordinal():
        return None
    return Meant(content[:16].hex(), date.fromordinal(number) if number else None, tag)


def folder_tag(calendar: str, moves: int) -> str:
    return _tag(calendar, moves).hex()


def change_key(address: str, version: int) -> str:
    """Base64 with + and /, as the service's."""
    box = hashlib.sha256(address.lower().encode()).digest()[:16]
    return base64.b64encode(box + version.to_bytes(6)).decode()


def calendar_id(address: str, name: str) -> str:
    digest = hashlib.sha256(f"{address.lower()}/{name}".encode()).digest()
    return "AQMkAD" + _text(digest[:18]) + _TAIL


def _tag(calendar: str, moves: int) -> bytes:
    return hashlib.sha256(f"{calendar}/{moves}".encode()).digest()[:4]


def _day(original: date | None) -> bytes:
    return (original.toordinal() if original else 0).to_bytes(4)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
