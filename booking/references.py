"""References of bookings: short, random, safe to read aloud."""

from __future__ import annotations

import re
import secrets
import unicodedata

#: Without what is mistaken for something else: 0 O, 1 I L, and without U and V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
#: What a Greek keyboard writes for W and Q.
_KEYS = str.maketrans("ς;", "WQ")
_NOISE = re.compile(r"[\W_]+")
_LONGEST = 40
_SHAPE = re.compile(f"[{ALPHABET}]{{3}}-[{ALPHABET}]{{3}}")


def new_reference() -> str:
    """Like "K7M-4QX"; 600 million of them, so a collision is possible and must be looked for."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{letters[:3]}-{letters[3:]}"


def normalised(text: str) -> str | None:
    """The reference that somebody typed, or None where it cannot be one."""
    found = readings(text)
    return found[0] if found else None


def readings(text: str) -> tuple[str, ...]:
    """What somebody may have meant, most likely first: lower case, without the dash, with Greek
    letters that look like ours or stand on the same key of the keyboard."""
    written = _NOISE.sub("", unicodedata.normalize("NFKC", text[:_LONGEST]).translate(_KEYS))
    # A Greek rho looks like P, and stands where R does.
    letters = (written.upper().translate(_looks(rho)) for rho in "PR")
    found = (f"{each[:3]}-{each[3:]}" for each in letters)
    return tuple(dict.fromkeys(each for each in found if _SHAPE.fullmatch(each)))


def _looks(rho: str) -> dict[int, int]:
    return str.maketrans("ΑΒΕΖΗΚΜΝΡΤΥΧΣΔΦΓΞΨΠ", f"ABEZHKMN{rho}TYXSDFGJCP")
