"""Encryption of personal data and derivation of link tokens, with keys that can be rotated.

AES-256-GCM (NIST SP 800-38D); the row's place (table, row id) is authenticated with the content,
so that a value copied to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class EncryptionError(Exception):
    """A key is missing or malformed, or a value does not open; the text says which key id."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by id, in order: the first one writes, all of them read."""

    by_id: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Keys:
        """Read "id:base64url[,id:base64url…]", 32 bytes each. Raises EncryptionError."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, encoded = part.partition(":")
            try:
                key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            except (binascii.Error, ValueError):
                key = b""
            if not name or len(name) > 40 or len(key) != 32:
                raise EncryptionError(
                    "RANTEVOU_ENCRYPTION_KEYS must be a list of id:key pairs separated by commas,"
                    " each key 32 bytes in base64url"
                )
            keys[name] = key
        if not keys:
            raise EncryptionError(
                "RANTEVOU_ENCRYPTION_KEYS is empty: give at least one id:key pair,"
                " the key being 32 random bytes in base64url"
            )
        return cls(keys)

    @staticmethod
    def generate(name: str = "k1") -> str:
        """A fresh "id:key" for a new installation."""
        return f"{name}:{base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip('=')}"

    @property
    def current(self) -> str:
        return next(iter(self.by_id))

    def seal(self, value: Any, *, place: str) -> bytes:
        """Encrypt a JSON value for one place ("table/row")."""
        name = self.current
        nonce = os.urandom(_NONCE)
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = AESGCM(self.by_id[name]).encrypt(nonce, plain, place.encode())
        return bytes([len(name.encode())]) + name.encode() + nonce + sealed

    def open(self, sealed: bytes, *, place: str) -> Any:
        """Raises EncryptionError where the key is unknown or the value was tampered with."""
        name = self.key_of(sealed)
        key = self.by_id.get(name)
        if key is None:
            raise EncryptionError(
                f"encryption key {name!r} is missing: add it to RANTEVOU_ENCRYPTION_KEYS again"
            )
        start = 1 + sealed[0]
        try:
            plain = AESGCM(key).decrypt(
                sealed[start : start + _NONCE], sealed[start + _NONCE :], place.encode()
            )
        except InvalidTag:
            raise EncryptionError(f"a value of {place.partition('/')[0]} does not open") from None
        return json.loads(plain)

    @staticmethod
    def key_of(sealed: bytes) -> str:
        """Id of the key that a value was sealed with."""
        return sealed[1 : 1 + sealed[0]].decode()

    def derive(self, key_id: str, *parts: str) -> str:
        """256 bits in base64url, bound to ``parts``; the same for the same parts for ever.

        Raises EncryptionError where the key is not known any more.
        """
        key = self.by_id.get(key_id)
        if key is None:
            raise EncryptionError(
                f"encryption key {key_id!r} is missing: add it to RANTEVOU_ENCRYPTION_KEYS again"
            )
        digest = hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def fingerprint(*parts: str) -> str:
    """SHA-256 in hexadecimal, for what is only ever compared (tokens, session and form keys)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
