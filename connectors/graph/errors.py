"""What the libraries raise and Microsoft Graph answers, translated into errors of the contract."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import azure.core.exceptions as azure
import httpx
from azure.identity import CredentialUnavailableError
from kiota_abstractions.api_error import APIError

from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
)
from connectors.graph.codes import CODES, STATUSES, TOKEN_CODES, Kind
from connectors.graph.throttle import SLOW_DOWN, retry_after

_TRUST: Final = (
    "the server's certificate is not trusted: name the file of its authority in option ca_file"
)

#: Exceptions, most special first: our meaning, whether a write may have taken effect, the reason.
#: What azure raises happens before the request itself is sent.
EXCEPTIONS: Final[tuple[tuple[type[BaseException], Kind, bool, str], ...]] = (
    (httpx.ConnectTimeout, TryLater, False, "no connection in time"),
    (httpx.PoolTimeout, TryLater, False, "no connection was free in time"),
    (httpx.ConnectError, TryLater, False, "the provider cannot be reached"),
    (httpx.ProxyError, TryLater, False, "the proxy cannot be reached: check option proxy"),
    (httpx.TimeoutException, TryLater, True, "no answer in time"),
    (httpx.UnsupportedProtocol, MailboxNotFound, False, "the connection's url is not valid"),
    (httpx.LocalProtocolError, Rejected, False, "the request cannot be sent"),
    (httpx.TooManyRedirects, MailboxNotFound, False, "the server redirects"),
    (httpx.DecodingError, TryLater, True, "the answer cannot be decoded"),
    (httpx.InvalidURL, MailboxNotFound, False, "the connection's url is not valid"),
    (httpx.HTTPError, TryLater, True, "the connection broke"),
    (httpx.StreamError, TryLater, True, "the connection broke"),
    (CredentialUnavailableError, NotAuthorised, False, "there are no credentials: set the secret"),
    (azure.ClientAuthenticationError, NotAuthorised, False, "the token service refuses us"),
    (azure.ServiceRequestError, TryLater, False, "the token service cannot be reached"),
    (azure.ServiceResponseError, TryLater, False, "the token service did not answer"),
    (azure.AzureError, TryLater, False, "the token service has a fault"),
    (azure.SerializationError, TryLater, False, "the token service has a fault"),
    (azure.DeserializationError, TryLater, False, "the token service has a fault"),
    (asyncio.CancelledError, TryLater, True, "the request was broken off"),
    (concurrent.futures.CancelledError, TryLater, True, "the request was broken off"),
    (TimeoutError, TryLater, True, "no answer in time"),
    (json.JSONDecodeError, TryLater, True, "the server's answer is not JSON"),
    (OSError, TryLater, True, "the connection broke"),
    # azure-identity for a PEM or an id that cannot be used; see credentials.credential_for.
    (ValueError, NotAuthorised, False, "the credentials cannot be used: set user and secret"),
)

#: The token service's own number for what went wrong.
NUMBER: Final = re.compile(r"AADSTS(\d{4,8})")
_SAYABLE: Final = re.compile(r"[^A-Za-z0-9_.\- ]")
_LETTERS: Final = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token service answered instead of a token; zeros where it did not answer."""

    status: int = 0
    number: int = 0  #: AADSTS…
    retry_after: float | None = None


class TokenRefused(Exception):
    """No token. ``__cause__`` is what azure-identity made of ``answer``."""

    def __init__(self, answer: TokenAnswer) -> None:
        super().__init__("no token")
        self.answer = answer


def from_exception(error: BaseException, *, writing: bool) -> ConnectorError:
    """The error of the contract for what a library raised; ``writing``: data may have changed."""
    chain = tuple(_chain(error))
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        return NotAuthorised(_TRUST)
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, APIError):
        return _from_api_error(error, writing=writing)
    if isinstance(error, TokenRefused):
        return _from_token_answer(error.answer) or from_exception(
            error.__cause__ or ValueError(), writing=False
        )
    if isinstance(error, azure.HttpResponseError):
        return _from_azure(error, chain)
    for known, kind, maybe_done, text in EXCEPTIONS:
        if isinstance(error, known):
            return _make(kind, text, outcome_unknown=maybe_done and writing)
    return TryLater(f"unexpected {type(error).__name__}", outcome_unknown=writing)


def from_answer(
    status: int,
    code: str,
    reason: str = "",
    *,
    writing: bool,
    retry_after: float | None = None,
    request_id: str = "",
) -> ConnectorError:
    """The error of the contract for an answer that is no success.

    ``code`` and ``reason`` as ``told`` found them; the reason decides nothing but one thing and
    is never repeated, because it may name people. ``request_id`` is for Microsoft's support.
    """
    kind, maybe_done, text = _meaning(status, code, reason)
    parts = [f"HTTP {status}", *([_sayable(code)] if code else [])]
    if request_id:
        parts.append(f"request-id {_sayable(request_id)}")
    return _make(
        kind,
        f"{text} ({', '.join(parts)})",
        outcome_unknown=maybe_done and writing,
        retry_after=retry_after,
    )


def from_code(code: str) -> ConnectorError:
    """For an error inside a success (one schedule of getSchedule); what is unknown may pass."""
    kind, text = CODES.get(plain(code), (TryLater, "the provider could not answer for it"))
    return _make(kind, f"{text} ({_sayable(code)})", outcome_unknown=False)


def told(body: bytes) -> tuple[str, str]:
    """Code and message of an error's body (OData JSON, 21.1); empty where it is none."""
    try:
        error = json.loads(body)["error"]
        code, message = error.get("code"), error.get("message")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", ""
    return str(code or ""), str(message or "")


def plain(code: str) -> str:
    """A code without case, punctuation and the word "Error" before it: spellings vary."""
    letters = _LETTERS.sub("", code.lower())
    return letters.removeprefix("error") or letters


def dropped(error: BaseException | None) -> bool:
    """Whether a kept connection broke under a request: once more, where that does no harm."""
    return isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError))


def _meaning(status: int, code: str, reason: str) -> tuple[Kind, bool, str]:
    known = CODES.get(plain(code))
    listed = STATUSES.get(status)
    if status in SLOW_DOWN or (status >= 500 and listed is None):
        # A 503 was seen for an event that had been created; only 429 surely did nothing.
        return TryLater, status != 429, known[1] if known else "the provider has a fault"
    if status in {401, 403} and "Access to OData is disabled" in reason:
        return NotAuthorised, False, _POLICY
    # What the status says for sure, no code unsays; the code says what is to be done.
    if listed is not None and (known is None or status in {401, 403, 410, 412, 429}):
        same = known is not None and known[0] is listed[0]
        return listed[0], listed[1], known[1] if known and same else listed[2]
    if known is not None:
        return known[0], listed is None, known[1]
    if 300 <= status < 400:
        return MailboxNotFound, False, "the server redirects: give its final address as url"
    if 400 <= status < 500:
        return Rejected, False, "the provider refuses the request"
    return TryLater, True, "the server's answer makes no sense"


_POLICY: Final = (
    "an application access policy of Exchange keeps this application out of this mailbox: add "
    "the mailbox to the policy's group (Add-DistributionGroupMember), it takes an hour to act"
)


def _from_api_error(error: APIError, *, writing: bool) -> ConnectorError:
    """Also ``ODataError``, whose ``error`` holds code and message."""
    main: Any = getattr(error, "error", None)
    headers = {name.lower(): value for name, value in (error.response_headers or {}).items()}
    status = error.response_status_code
    code = str(getattr(main, "code", None) or "")
    if status is None:
        return from_code(code) if code else TryLater("no answer", outcome_unknown=writing)
    return from_answer(
        status,
        code,
        str(getattr(main, "message", None) or ""),
        writing=writing,
        retry_after=retry_after(headers.get("retry-after"), now=datetime.now(UTC)),
        request_id=headers.get("request-id", ""),
    )


def _from_token_answer(answer: TokenAnswer) -> ConnectorError | None:
    if answer.number in TOKEN_CODES:
        kind, text = TOKEN_CODES[answer.number]
        text = f"{text} (AADSTS{answer.number})"
        return _make(kind, text, outcome_unknown=False, retry_after=answer.retry_after)
    if answer.status == 429 or answer.status >= 500:
        return TryLater(
            f"the token service is not available (HTTP {answer.status})",
            retry_after=answer.retry_after,
        )
    if answer.number:
        return NotAuthorised(f"the token service refuses this application (AADSTS{answer.number})")
    return None


def _from_azure(error: azure.HttpResponseError, chain: tuple[BaseException, ...]) -> ConnectorError:
    """azure-identity wraps all that goes wrong into "authentication failed"; look inside."""
    for each in chain[1:]:
        if isinstance(each, (azure.ServiceRequestError, azure.ServiceResponseError)):
            return from_exception(each, writing=False)
    found = NUMBER.search(str(error.message or ""))
    response: Any = error.response
    header = response.headers.get("Retry-After") if response is not None else None
    answer = TokenAnswer(
        status=error.status_code or getattr(response, "status_code", None) or 0,
        number=int(found[1]) if found else 0,
        retry_after=retry_after(header, now=datetime.now(UTC)),
    )
    known = _from_token_answer(answer)
    if known is not None:
        return known
    if not isinstance(error, azure.ClientAuthenticationError):
        return TryLater(f"the token service has a fault ({type(error).__name__})")
    if isinstance(error, CredentialUnavailableError):
        return NotAuthorised("there are no credentials: set the secret")
    if any(isinstance(each, ValueError) for each in chain[1:]):
        # msal's word for an authority whose description it could not read.
        return NotAuthorised(
            "the token service does not describe this tenant: check options authority and tenant, "
            "and disable_instance_discovery for a private cloud"
        )
    detail = f"HTTP {answer.status}" if answer.status else "no reason given"
    return NotAuthorised(f"the token service refuses this application ({detail})")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, to the root."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        inner = getattr(at, "inner_exception", None)  # azure's own way to keep a cause
        reason = next((arg for arg in at.args if isinstance(arg, BaseException)), None)
        at = at.__cause__ or at.__context__ or inner or reason or getattr(at, "reason", None)
        if not isinstance(at, BaseException):
            return


def _sayable(text: str) -> str:
    return _SAYABLE.sub("", text)[:80]


def _make(
    kind: Kind, text: str, *, outcome_unknown: bool, retry_after: float | None = None
) -> ConnectorError:
    if issubclass(kind, TryLater):
        return kind(text, retry_after=retry_after, outcome_unknown=outcome_unknown)
    return kind(text)
