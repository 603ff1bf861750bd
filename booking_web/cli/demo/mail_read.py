"""Kept mails read back for showing: headers, text, HTML part and attachments."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import MIMEPart
from pathlib import Path

_NAME = re.compile(r"[0-9A-Za-z-]+\.eml")
_FOLD = re.compile(r"\r?\n[ \t]+")
SHOWN_HEADERS = ("Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted")


@dataclass(frozen=True, slots=True)
class Attachment:
    number: int  #: position in the walk through the mail
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class KeptMail:
    name: str  #: of the file
    headers: dict[str, str]
    text: str
    html: str
    attachments: tuple[Attachment, ...]


def names(directory: Path) -> list[str]:
    """File names of the kept mails, the newest first."""
    found = (path.name for path in directory.glob("*.eml"))
    return sorted((name for name in found if _NAME.fullmatch(name)), reverse=True)


def raw(directory: Path, name: str) -> bytes | None:
    """The mail as it came; None where there is no mail of that name."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (directory / name).read_bytes()
    except OSError:
        return None


def headers(content: bytes) -> dict[str, str]:
    """The headers worth showing, decoded, missing ones empty."""
    # The modern parser of Python 3.11 puts spaces into long Greek names; hence by hand.
    parsed = email.message_from_bytes(content, policy=policy.compat32)
    values = {name.lower(): str(value) for name, value in reversed(list(parsed.raw_items()))}
    return {name: _decoded(values.get(name.lower(), "")) for name in SHOWN_HEADERS}


def read(name: str, content: bytes) -> KeptMail:
    """Never raises for a malformed mail: what cannot be read is empty."""
    parsed = email.message_from_bytes(content, policy=policy.default)
    attachments = tuple(
        Attachment(
            number=number,
            name=part.get_filename() or f"part-{number}",
            content_type=part.get_content_type(),
            content=_bytes(part),
        )
        for number, part in enumerate(parsed.walk())
        if not part.is_multipart() and part.get_content_disposition() == "attachment"
    )
    return KeptMail(
        name=name,
        headers=headers(content),
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
        attachments=attachments,
    )


def _body(parsed: MIMEPart, kind: str) -> str:
    part = parsed.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        return _bytes(part).decode(charset, "replace")
    except LookupError:
        return _bytes(part).decode("utf-8", "replace")


def _bytes(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(value: str) -> str:
    text = _FOLD.sub(" ", value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text
