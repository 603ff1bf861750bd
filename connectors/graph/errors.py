"""What the libraries raise and Microsoft Graph answers, translated into errors of the contract."""

from __future__ import annotations

import json

import httpx

from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
)


def from_exception(error: BaseException, *, writing: bool) -> ConnectorError:
    return TryLater(f"unexpected {type(error).__name__}: {error}", outcome_unknown=writing)


def dropped(error: BaseException | None) -> bool:
    """Whether a kept connection broke under a request: worth one more try where it does no harm."""
    return isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError))


def told(body: bytes) -> tuple[str, str]:
    """Code and message of an error's body (OData JSON, 21.1); empty where it is none."""
    try:
        error = json.loads(body)["error"]
        return str(error.get("code", "")), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def from_answer(
    status: int,
    code: str,
    reason: str = "",
    *,
    writing: bool,
    retry_after: float | None = None,
    request_id: str = "",
) -> ConnectorError:
    text = f"{code} (HTTP {status})"
    if status in {429, 503, 504}:
        return TryLater(text, retry_after=retry_after, outcome_unknown=writing and status != 429)
    if status in {401, 403}:
        return NotAuthorised(text)
    if status == 404:
        return EventGone(text) if code == "ErrorItemNotFound" else MailboxNotFound(text)
    if status in {409, 412}:
        return Conflict(text)
    if status >= 500:
        return TryLater(text, outcome_unknown=writing)
    return Rejected(text)
