"""Tokens that the children of a process share: each job is a fork, and need not sign in anew."""

from __future__ import annotations

import hashlib
import json
import mmap
from typing import Final

from azure.core.credentials import AccessToken

_SLOTS: Final = 16
_SIZE: Final = 16_384  #: bytes for one token; application tokens have two or three thousand
_DIGEST: Final = 32
_HEAD: Final = 2 * _DIGEST + 4


class TokenBoard:
    """Memory that a fork inherits and shares; never on disk, never seen by other programs.

    Without locks: an entry carries its own digest, so that one that is being written by another
    process reads as none. An entry that another application overwrote costs a request.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SLOTS * _SIZE)

    def put(self, name: bytes, token: AccessToken) -> None:
        """``name`` is the digest of everything that the token depends on (``name_of``)."""
        text = json.dumps([token.token, token.expires_on]).encode()
        if len(text) > _SIZE - _HEAD:
            return
        entry = name + len(text).to_bytes(4, "big") + text
        start = _place(name)
        self._memory[start : start + _DIGEST + len(entry)] = hashlib.sha256(entry).digest() + entry

    def get(self, name: bytes) -> AccessToken | None:
        start = _place(name)
        slot = self._memory[start : start + _SIZE]
        size = int.from_bytes(slot[2 * _DIGEST : _HEAD], "big")
        entry = slot[_DIGEST : _HEAD + size]
        if not entry.startswith(name) or hashlib.sha256(entry).digest() != slot[:_DIGEST]:
            return None
        token, expires_on = json.loads(entry[_DIGEST + 4 :])
        return AccessToken(token, expires_on)

    def drop(self, name: bytes, token: str) -> None:
        """Forget this token, if it is still the one that stands here."""
        known = self.get(name)
        if known is not None and known.token == token:
            start = _place(name)
            self._memory[start : start + _DIGEST] = bytes(_DIGEST)


def name_of(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _place(name: bytes) -> int:
    return name[0] % _SLOTS * _SIZE


#: Made when the SDK is loaded, which a process does before it forks.
shared: Final = TokenBoard()
