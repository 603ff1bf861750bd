"""Keyed hashes by which limits recognise a person, a mail address or a network again."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from booking.store.encryption import Keys

#: Their mailboxes ignore dots, and have two names.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mail_identity(email: str) -> str:
    """The mailbox behind an address, however it is written: "Maria+kep@X.gr" is "maria@x.gr"."""
    local, _, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), _DOTLESS[domain]
    return f"{local}@{domain}" if local else ""


def marks(keys: Keys, *, person: str, email: str) -> Mapping[str, str | None]:
    """What stands beside a booking's sealed part; columns of the table, empty where unknown."""
    return {
        "person_hash": mark(keys, "person", person),
        "email_hash": mark(keys, "email", mail_identity(email)),
    }


def mark(keys: Keys, kind: str, value: str) -> str | None:
    """Under the key that writes now."""
    return keys.derive(keys.current, kind, value) if value else None


def every_mark(keys: Keys, kind: str, value: str) -> tuple[str, ...]:
    """Under every key that is known: rows of before a rotation are found too."""
    return tuple(keys.derive(key, kind, value) for key in keys.by_id) if value else ()
