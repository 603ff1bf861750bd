"""Tokens of the links that open a booking: derived, never stored."""

from __future__ import annotations

from dataclasses import dataclass, field

from booking.store import Keys, fingerprint


@dataclass(frozen=True, slots=True)
class Token:
    """256 bit in base64url, with what is kept of it."""

    value: str = field(repr=False)
    hash: str = field(repr=False)
    key_id: str
    generation: int


def token_of(keys: Keys, *, booking_id: str, key_id: str, generation: int) -> Token:
    """The same for the same booking and generation, so that repeated mails carry one link.

    Raises EncryptionError where the key is not known any more.
    """
    value = keys.derive(key_id, "manage", booking_id, str(generation))
    return Token(value, token_hash(value), key_id, generation)


def token_hash(value: str) -> str:
    return fingerprint("manage", value)
