"""One request and its answer, as every part of the stand-in sees them (also inside ``$batch``)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import Headers


class GraphError(Exception):
    """An answer of 4xx or 5xx with Graph's error body."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}


class Dropped(Exception):
    """The connection ends without an answer (raised by faults)."""


@dataclass
class Call:
    """``path`` is still percent-encoded and starts behind the base (``/users/…``)."""

    method: str
    path: str
    query_string: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    base: str = "/v1.0"
    in_batch: bool = False
    #: Wishes of middlewares to handlers: "no_link", "late_link" (Teams).
    flags: set[str] = field(default_factory=set)

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """Query names are case-insensitive in the service; the dollar sign may be left out."""
        wanted = name.lower().removeprefix("$")
        for given, value in self.query:
            if given.lower().removeprefix("$") == wanted:
                return value
        return None

    def json(self) -> dict[str, Any]:
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise GraphError(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set"
                " and payload is of valid JSON format.",
            )
        return content

    @property
    def prefer(self) -> dict[str, str]:
        """Preferences by lower-case name (RFC 7240); several headers or one with commas."""
        found: dict[str, str] = {}
        for line in self.headers.getlist("Prefer"):
            for name, value in re.findall(r'([\w.\-]+)\s*=\s*("[^"]*"|[^\s,;]+)', line):
                found.setdefault(name.lower(), value.strip('"'))
        return found

    @property
    def immutable_ids(self) -> bool:
        return self.prefer.get("idtype", "").lower() == "immutableid"

    @property
    def token(self) -> str:
        """What stands behind ``Authorization: Bearer``, else an empty text."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""


@dataclass
class Answer:
    """``body``: a dict or list becomes JSON, text becomes HTML, bytes go out as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None  #: only so many bytes are sent, then the connection ends

    def encoded(self) -> tuple[bytes, str]:
        """Body and content type."""
        if self.body is None:
            return b"", ""
        if isinstance(self.body, bytes):
            return self.body, self.headers.get("Content-Type", "application/octet-stream")
        if isinstance(self.body, str):
            return self.body.encode(), self.headers.get("Content-Type", "text/html; charset=utf-8")
        content = "application/json;odata.metadata=minimal;odata.streaming=true"
        return json.dumps(self.body, ensure_ascii=False).encode(), content + ";charset=utf-8"
