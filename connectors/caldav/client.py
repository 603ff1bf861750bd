"""Requests to one CalDAV server: credentials, total deadlines, no way to another server."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import requests.exceptions
from caldav.davclient import DAVClient
from caldav.lib import error as dav

from connectors.caldav import errors, wire
from connectors.caldav.multistatus import canonical_path, origin
from connectors.caldav.quick import Quick
from connectors.contract import Connection, MailboxRef
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, MailboxNotFound, TryLater

OPTIONS: Final = {
    "auth": "basic, digest or bearer; basic where not given",
    "ca_file": "file of the certificate authority that signed the server's certificate",
    "allow_plain_http": "yes allows http:// to other machines: passwords travel readable",
}
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_MAX_HOPS: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``path`` is where it came from, after redirects inside the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    path: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def etag(self) -> str:
        """The version tag: the ETag, else a hash of the content (RFC 9110, 8.8.3)."""
        return self.headers.get("ETag", "").strip() or content_tag(self.body)

    @property
    def preconditions(self) -> tuple[str, ...]:
        """Names in Clark notation in a DAV:error body (RFC 4918, 16)."""
        return tuple(dav.parse_preconditions(self.body))

    @property
    def date(self) -> datetime | None:
        """The server's clock, where it tells it."""
        try:
            return parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None

    def error(self, *, writing: bool) -> ConnectorError:
        return errors.from_status(
            self.status,
            writing=writing,
            retry_after=_retry_after(self.headers.get("Retry-After")),
            preconditions=self.preconditions,
        )


def content_tag(body: bytes) -> str:
    """Stands for an ETag where the server sends none; never sent to the server."""
    return f"h:{hashlib.sha256(body).hexdigest()[:32]}"


def is_strong(etag: str) -> bool:
    """Whether If-Match can be built on it (RFC 9110, 13.1.1: weak tags never match)."""
    return bool(etag) and not etag.startswith(("W/", "h:"))


class DavClient:
    """One server and account. Every thread of every process has its own connection.

    Children of a fork that shared one connection were seen to receive each other's answers.
    """

    def __init__(self, connection: Connection) -> None:
        _validate(connection)
        self._connection = connection
        self._base = connection.url
        self._local = threading.local()
        self._generation = 0
        self._paths: dict[str, str] = {}

    def collection(self, mailbox: MailboxRef) -> str:
        """Path of the mailbox's calendar, with a slash at its end. Raises MailboxNotFound."""
        known = self._paths.get(mailbox.calendar)
        if known is not None:
            return known
        url = self._inside("", mailbox.calendar)
        if not url:
            raise MailboxNotFound(
                "the calendar stands on another server than its connection: correct the mapping"
            )
        path = canonical_path(url, base=self._base)
        self._paths[mailbox.calendar] = path = path if path.endswith("/") else f"{path}/"
        return path

    def _inside(self, path: str, address: str) -> str:
        """``address`` as it stands at ``path``, "" where it leads to no place on this server."""
        try:
            target = urljoin(urljoin(self._base, path), address)
            return target if origin(target) == origin(self._base) else ""
        except ValueError:
            return ""

    def canonical(self, path: str) -> str:
        return canonical_path(path, base=self._base)

    @property
    def base(self) -> str:
        return self._base

    def read(
        self,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        body: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request without effect: repeated once over a connection that the server had dropped,
        redirected inside the same origin only. Raises TryLater, NotAuthorised, MailboxNotFound."""
        if method == "REPORT":
            answer = self._quickly(path, body, headers, deadline)
            if answer is not None:
                return answer
        for _ in range(_MAX_HOPS):
            try:
                answer = self._send(method, path, body, headers, deadline)
            except requests.exceptions.ConnectionError as error:
                if isinstance(error, requests.exceptions.Timeout) or deadline.passed:
                    raise errors.from_exception(error, writing=False) from None
                answer = self._again(method, path, body, headers, deadline)
            except _FAULTS as error:
                raise errors.from_exception(error, writing=False) from None
            if answer.status not in _REDIRECTS:
                return answer
            target = self._inside(path, answer.headers.get("Location", ""))
            if not target:
                raise MailboxNotFound(
                    "the server redirects to another one: give the final address in the mapping"
                )
            path = canonical_path(target, base=self._base)
        raise MailboxNotFound("the server redirects in a circle: correct the address")

    def write(
        self,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        body: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request with effect: sent once, redirects not followed (a PUT would become a GET).

        Raises TryLater with ``outcome_unknown`` where no answer tells what became of it.
        """
        try:
            return self._send(method, path, body, headers, deadline)
        except _FAULTS as error:
            raise errors.from_exception(error, writing=True) from None

    def _quickly(
        self, path: str, body: str, headers: Mapping[str, str] | None, deadline: Deadline
    ) -> Answer | None:
        """The answer to a REPORT; None where it fails or leads elsewhere: ask the ordinary way."""
        if getattr(self._local, "mark", None) != (os.getpid(), self._generation):
            return None
        quick: Quick | None = self._local.quick
        if quick is None:
            return None
        response = quick.send("REPORT", path, body=body, headers=headers or {}, deadline=deadline)
        if response is None or response.status in _REDIRECTS:
            return None
        return Answer(response.status, response.headers, response.data, path)

    def close(self) -> None:
        """Connections of this thread close now, those of others at their next use."""
        self._generation += 1
        self._forget()

    def _again(
        self,
        method: str,
        path: str,
        body: str,
        headers: Mapping[str, str] | None,
        deadline: Deadline,
    ) -> Answer:
        self._forget()
        try:
            return self._send(method, path, body, headers, deadline)
        except _FAULTS as error:
            raise errors.from_exception(error, writing=False) from None

    def _send(
        self,
        method: str,
        path: str,
        body: str,
        headers: Mapping[str, str] | None,
        deadline: Deadline,
    ) -> Answer:
        remaining = deadline.remaining()
        if remaining <= 0:
            raise TryLater("the time for this call was over before it was sent")
        session, auth = self._session()
        with wire.within(deadline):
            response = session.request(
                method,
                urljoin(self._base, path),
                data=body.encode() if body else None,
                headers=dict(headers or {}),
                auth=auth,
                timeout=(remaining, remaining),
                allow_redirects=False,
            )
        if self._local.quick is None and self._connection.options.get("auth") != "digest":
            self._local.quick = Quick.after(response, session)
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=response.content,
            path=path,
        )

    def _session(self) -> tuple[requests.Session, Any]:
        mark = (os.getpid(), self._generation)
        if getattr(self._local, "mark", None) != mark:
            self._local.client = self._open()
            self._local.mark = mark
            self._local.quick = None
        client = self._local.client
        return client.session, client.auth

    def _open(self) -> DAVClient:
        options = self._connection.options
        client = DAVClient(
            url=self._base,
            username=self._connection.user,
            password=self._connection.secret,
            auth_type=options.get("auth", "basic"),
            enable_rfc6764=False,
        )
        session = client.session
        session.trust_env = False
        session.verify = options.get("ca_file") or True
        session.headers["User-Agent"] = "Rantevou"
        session.headers["Accept-Encoding"] = "identity"
        for prefix in ("http://", "https://"):
            session.mount(prefix, wire.DeadlineAdapter())
        return client

    def _forget(self) -> None:
        client = getattr(self._local, "client", None)
        self._local.mark = self._local.quick = None
        if client is not None:
            client.session.close()


_FAULTS: Final = tuple({known for known, *_ in errors.EXCEPTIONS})


def _retry_after(header: str | None) -> float | None:
    seconds = dav.parse_retry_after(header) if header else None
    return None if seconds is None else max(0.0, float(seconds))


def _validate(connection: Connection) -> None:
    """Raises ValueError that says what to write instead."""
    unknown = set(connection.options) - set(OPTIONS)
    if unknown:
        raise ValueError(f"unknown option {min(unknown)!r}; there are: {', '.join(OPTIONS)}")
    if connection.options.get("auth", "basic") not in {"basic", "digest", "bearer"}:
        raise ValueError("option 'auth' must be basic, digest or bearer")
    parts = urlsplit(connection.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a CalDAV connection needs a url that starts with https://")
    if parts.username is not None:
        raise ValueError("user and password do not belong into the url: name 'user' and 'secret'")
    if parts.scheme == "https" or _loopback(parts.hostname):
        return
    if connection.options.get("allow_plain_http") != "yes":
        raise ValueError(
            "http:// would show the password to the network: use https://, "
            'or set the option allow_plain_http: "yes"'
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
