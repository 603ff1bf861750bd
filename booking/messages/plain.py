"""Foreign text made safe for a line of a mail: no control characters, no hidden direction marks."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

_SPACES = re.compile(r" {2,}")
#: Embeddings, overrides and isolates can make a line read differently from what it says.
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_OPEN_ISOLATE, _CLOSE_ISOLATE = "\u2068", "\u2069"


def line(text: str) -> str:
    """``text`` on one line: controls and line breaks become a space, lone surrogates vanish."""
    kept = (_replacement(character) for character in unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", "".join(kept)).strip()


def person(name: str) -> str:
    """A name within a sentence; one that runs right to left keeps its direction to itself."""
    shown = line(name)
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in shown):
        return f"{_OPEN_ISOLATE}{shown}{_CLOSE_ISOLATE}"
    return shown


def address(value: str) -> str:
    """A mail address fit for a header, in its ASCII form where it has one.

    Raises ValueError, without repeating the address, for anything else: line breaks, several
    addresses, display names.
    """
    try:
        checked = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise ValueError("not a single valid mail address; correct it and try again") from None
    return checked.ascii_email or checked.normalized


def _replacement(character: str) -> str:
    category = unicodedata.category(character)
    if character in _DIRECTION_MARKS or category == "Cs":
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else character
