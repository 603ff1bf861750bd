"""Keys, slugs and addresses: their form, and that each names one thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mapping.model import Municipality
from mapping.problem import Path, Problem

_KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-_]*")
MAX_KEY = 60
MAX_ADDRESS = 254


def is_key(text: str) -> bool:
    return len(text) <= MAX_KEY and _KEY.fullmatch(text) is not None


def is_address(text: str) -> bool:
    return len(text) <= MAX_ADDRESS and _ADDRESS.fullmatch(text) is not None


def check(municipality: Municipality) -> Iterator[Problem]:
    yield from _key(("slug",), municipality.slug, "slug")
    keyed: dict[str, Iterable[str]] = {
        "groups": [each.key for each in municipality.groups],
        "services": [each.key for each in municipality.services],
        "consents": [each.key for each in municipality.consents],
        "declarations": [each.key for each in municipality.declarations],
        "staff": [each.key for each in municipality.staff],
        "info_pages": [each.key for each in municipality.info_pages],
    }
    for field, keys in keyed.items():
        yield from _keys((field,), keys, "key")
    yield from _keys(("connections",), [each.name for each in municipality.connections], "name")
    yield from _addresses(municipality)
    for field, versioned in (
        ("consents", [each.version for each in municipality.consents]),
        ("declarations", [each.version for each in municipality.declarations]),
    ):
        for index, version in enumerate(versioned):
            if not _VERSION.fullmatch(version) or len(version) > MAX_KEY:
                yield Problem(
                    (field, index, "version"),
                    "a version is a short word of letters and digits; write for example 2026-01",
                )


def _keys(path: Path, keys: Iterable[str], field: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        place = (*path, index, field)
        yield from _key(place, key, field)
        if key and key in seen:
            yield Problem(place, f"'{key}' is used twice under {path[0]}; choose another {field}")
        seen.add(key)


def _key(path: Path, key: str, field: str) -> Iterator[Problem]:
    if not is_key(key):
        yield Problem(
            path,
            f"a {field} has small Latin letters, digits and single hyphens, at most {MAX_KEY}; "
            "write for example social-care",
        )


def _addresses(municipality: Municipality) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, mailbox in enumerate(municipality.mailboxes):
        path: Path = ("mailboxes", index, "address")
        address = mailbox.address
        if not is_address(address):
            yield Problem(path, "this is no mail address; write for example desk1@kalamata.example")
        elif address != address.lower():
            yield Problem(path, f"write addresses in small letters: {address.lower()}")
        if address.lower() in seen:
            yield Problem(path, f"'{address}' is listed twice; keep one entry for each mailbox")
        seen.add(address.lower())
    email = municipality.contact.email
    if email and not is_address(email):
        yield Problem(("contact", "email"), "this is no mail address; write name@domain")
