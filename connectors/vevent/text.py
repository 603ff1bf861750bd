"""Text for a calendar object: normal form, without control characters, of bounded length."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_LINE: Final = 250  #: characters of a one-line text such as SUMMARY
MAX_TEXT: Final = 8_000  #: characters of a text of many lines such as DESCRIPTION

# A NUL in CN makes the whole ATTENDEE vanish when it is read again; bidirectional overrides can
# make a line look like another one.
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029]"
)


def one_line(value: str, *, limit: int = MAX_LINE) -> str:
    """``value`` in NFC on one line, without control characters, at most ``limit`` characters."""
    return " ".join(_clean(value).split())[:limit].rstrip()


def many_lines(value: str, *, limit: int = MAX_TEXT) -> str:
    """``value`` in NFC with ``\\n`` line ends, at most ``limit`` characters."""
    return _clean(value)[:limit].rstrip()


def renewed(written: str, *, former: str, wanted: str, forgets: tuple[str, ...]) -> str:
    """``written`` with our ``former`` text replaced by ``wanted``, however lines were broken since.

    Where a person wrote into it, its lines that begin as ``forgets`` says go, also those whose
    second half was edited, and ``wanted`` stands above what is left.
    """
    written = written.replace("\r\n", "\n")
    words = former.split()
    ours = re.search(r"\s+".join(map(re.escape, words)), written) if words else None
    if ours:
        written = f"{written[: ours.start()]}{wanted}{written[ours.end() :]}"
    kept = [
        line
        for line in written.split("\n")
        if not any(line.strip().startswith(each.strip()) for each in forgets)
    ]
    rest = "\n".join(kept).strip()
    if " ".join(wanted.split()) in " ".join(rest.split()):
        return rest
    return f"{wanted}\n\n{rest}".strip()


def _clean(value: str) -> str:
    value = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    value = value.encode("utf-8", "replace").decode()
    return _CONTROL.sub("", value)
