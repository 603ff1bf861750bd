"""What the libraries raise and the server answers, translated into errors of the contract."""

from __future__ import annotations

from typing import Final

import requests.exceptions
import urllib3.exceptions
from caldav.lib import error as dav
from lxml import etree

from connectors.caldav import quirks
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    TryLater,
    Unsupported,
)

Kind = type[ConnectorError]

#: Exceptions, most special first: our meaning, whether the request may have taken effect, and
#: what an administrator reads.
EXCEPTIONS: Final[tuple[tuple[type[BaseException], Kind, bool, str], ...]] = (
    (dav.RateLimitError, TryLater, False, "the server asks to slow down"),
    (dav.AuthorizationError, NotAuthorised, False, "the server refuses the credentials or rights"),
    (dav.UidConflictError, Conflict, False, "the UID is taken"),
    (dav.ETagMismatchError, Conflict, False, "the event was changed meanwhile"),
    (dav.ScheduleTagMismatchError, Conflict, False, "the event was changed meanwhile"),
    (dav.NotFoundError, EventGone, False, "the event does not exist"),
    (dav.DAVError, TryLater, True, "the server's answer makes no sense"),
    (requests.exceptions.SSLError, NotAuthorised, False, "the server's certificate is not trusted"),
    (requests.exceptions.ProxyError, TryLater, False, "the proxy cannot be reached"),
    (requests.exceptions.ConnectTimeout, TryLater, False, "no connection in time"),
    (requests.exceptions.ReadTimeout, TryLater, True, "no answer in time"),
    (requests.exceptions.TooManyRedirects, MailboxNotFound, False, "the server redirects"),
    (requests.exceptions.InvalidURL, MailboxNotFound, False, "the URL is not valid"),
    (requests.exceptions.MissingSchema, MailboxNotFound, False, "the URL is not valid"),
    (requests.exceptions.InvalidSchema, MailboxNotFound, False, "the URL is not valid"),
    (requests.exceptions.URLRequired, MailboxNotFound, False, "the URL is missing"),
    (requests.exceptions.InvalidHeader, Rejected, False, "the request cannot be sent"),
    (requests.exceptions.ConnectionError, TryLater, True, "the connection broke"),
    (requests.exceptions.RequestException, TryLater, True, "the request failed"),
    (urllib3.exceptions.LocationValueError, MailboxNotFound, False, "the address is refused"),
    (urllib3.exceptions.HTTPError, TryLater, True, "the connection broke"),
    (etree.LxmlError, TryLater, True, "the server's answer is not valid XML"),
    (OSError, TryLater, True, "the connection broke"),
)

#: Status codes of RFC 9110, 4918, 6585: our meaning, whether the effect is unknown, and the reason.
STATUSES: Final[dict[int, tuple[Kind, bool, str]]] = {
    400: (Rejected, False, "the server finds the request wrong"),
    401: (NotAuthorised, False, "user name or password is refused: set the secret again"),
    403: (NotAuthorised, False, "this account may not do that: give it the right in the calendar"),
    404: (MailboxNotFound, False, "the calendar is not there: correct its address in the mapping"),
    405: (Unsupported, False, "the server does not offer this on that address"),
    408: (TryLater, True, "the server gave up waiting"),
    409: (Conflict, False, "the server sees a conflict"),
    410: (MailboxNotFound, False, "the calendar is gone: correct its address in the mapping"),
    412: (Conflict, False, "the event was changed meanwhile"),
    413: (Rejected, False, "the event is too large for the server"),
    415: (Rejected, False, "the server does not take this kind of content"),
    422: (Rejected, False, "the server finds the content wrong"),
    423: (TryLater, False, "the calendar is locked"),
    424: (TryLater, False, "the server could not finish"),
    425: (TryLater, False, "the server asks to come later"),
    429: (TryLater, False, "the server asks to slow down"),
    501: (Unsupported, False, "the server does not offer this"),
    507: (Rejected, False, "the server has no room left"),
}


def from_exception(error: BaseException, *, writing: bool) -> ConnectorError:
    """The error of the contract for what a library raised; ``writing``: data may have changed."""
    if _never_connected(error):
        return TryLater("the server cannot be reached", outcome_unknown=False)
    for known, kind, maybe_done, text in EXCEPTIONS:
        if isinstance(error, known):
            return _make(kind, text, outcome_unknown=maybe_done and writing)
    return TryLater(f"unexpected {type(error).__name__}", outcome_unknown=writing)


def _never_connected(error: BaseException) -> bool:
    """requests says ConnectionError for a refused connection and for one that broke half way."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def from_status(
    status: int,
    *,
    writing: bool,
    retry_after: float | None = None,
    preconditions: tuple[str, ...] = (),
) -> ConnectorError:
    """The error of the contract for an answer that is no success."""
    if quirks.CONTENT_REFUSED.intersection(preconditions):
        names = ", ".join(name.rpartition("}")[2] for name in preconditions)
        return Rejected(f"the server refuses the content ({names})")
    if status in STATUSES:
        kind, maybe_done, text = STATUSES[status]
    elif 300 <= status < 400:
        kind, maybe_done = MailboxNotFound, False
        text = "the server redirects: give the calendar's final address in the mapping"
    elif 400 <= status < 500:
        kind, maybe_done, text = Rejected, False, "the server refuses the request"
    else:
        kind, maybe_done, text = TryLater, True, "the server has a fault"
    return _make(
        kind,
        f"{text} (HTTP {status})",
        outcome_unknown=maybe_done and writing,
        retry_after=retry_after,
    )


def _make(
    kind: Kind, text: str, *, outcome_unknown: bool, retry_after: float | None = None
) -> ConnectorError:
    if issubclass(kind, TryLater):
        return kind(text, retry_after=retry_after, outcome_unknown=outcome_unknown)
    return kind(text)
