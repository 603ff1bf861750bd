"""References of bookings: short, random, safe to read aloud."""

from __future__ import annotations

import re
import secrets

#: Without what is mistaken for something else: 0 O, 1 I L, and without U and V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_SHAPE = re.compile(f"[{ALPHABET}]{{3}}-[{ALPHABET}]{{3}}")


def new_reference() -> str:
    """Like "K7M-4QX"; 600 million of them, so a collision is possible and must be looked for."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{letters[:3]}-{letters[3:]}"


def normalised(text: str) -> str | None:
    """The reference that somebody typed, or None where it cannot be one."""
    letters = re.sub(r"[\s\-–]", "", text[:40]).upper()
    candidate = f"{letters[:3]}-{letters[3:]}"
    return candidate if _SHAPE.fullmatch(candidate) else None
