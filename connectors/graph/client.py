"""Requests to Microsoft Graph: built and sent by the SDK, read as raw JSON, never too late."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from connectors.contract import Connection
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, Rejected, TryLater
from connectors.gate import Gate, OpenGate
from connectors.graph import errors, sending
from connectors.graph.connection import GraphSettings, settings_of
from connectors.graph.throttle import SLOW_DOWN, BackOff, retry_after

#: Ids that survive a move to another folder, and times in UTC: on every call, subscriptions and
#: pages of a delta round included (Graph, outlook-immutable-id.md).
PREFER: Final = ('IdType="ImmutableId"', 'outlook.timezone="UTC"')

Build = Callable[[GraphServiceClient], RequestInformation]


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """A success. ``body`` is the JSON object as it came, None where there was none."""

    status: int
    body: dict[str, Any] | None
    headers: Mapping[str, str]  #: names in any case

    @property
    def json(self) -> dict[str, Any]:
        """The body, where the operation always has one. Raises TryLater without."""
        if self.body is None:
            raise TryLater("the server's answer is empty")
        return self.body

    @property
    def date(self) -> datetime | None:
        """When the server answered, by its own clock, to the second."""
        return _date(self.headers)


class GraphClient:
    """One application at one Graph. Safe to share between threads; usable after a fork.

    One event-loop thread and one SDK client per process, opened at the first request. Raises
    ValueError where the connection cannot be right.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        gate: Gate | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.settings: GraphSettings = settings_of(connection)
        try:
            sending.trusted(self.settings.ca_file)
        except OSError as error:
            reason = error.strerror or "it holds no certificate"
            raise ValueError(f"option 'ca_file' names no file of certificates: {reason}") from None
        self._gate: Gate = gate or OpenGate()
        self._clock = clock or _now
        self._back_off = BackOff(time.monotonic)
        self._lock = threading.Lock()
        self._line: sending.Line | None = None
        #: How much the server's clock is ahead of ours, by its last answer.
        self.ahead: timedelta | None = None
        _clients.add(self)

    def request(
        self,
        build: Build,
        *,
        mailbox: str,
        deadline: Deadline,
        writing: bool,
        prefer: Sequence[str] = (),
    ) -> GraphAnswer:
        """Send what ``build`` makes and return the answer, if it is a success.

        ``mailbox`` (an address, "" for none) is the gate's; ``writing`` says whether the request
        may change something: without an answer it is then unknown whether it did. ``prefer``
        adds to the preferences that every request carries. Redirects are not followed, nothing is
        repeated but a read over a connection that the server had dropped.

        Raises every error of ``connectors.errors``, those of ``connectors.graph.errors`` among
        them; Rejected for an address on another server.
        """
        if deadline.passed:
            raise TryLater("the time for this call was over before it was sent")
        with self._gate.passing(account=self.settings.account, mailbox=mailbox, deadline=deadline):
            line = self._opened()
            info = self._complete(build(line.graph), prefer)
            sent_at = time.monotonic()
            raw = self._answer(line, info, deadline=deadline, writing=writing)
        return self._judged(raw, writing=writing, sent_at=sent_at)

    def follow(
        self,
        url: str,
        *,
        mailbox: str,
        deadline: Deadline,
        prefer: Sequence[str] = (),
    ) -> GraphAnswer:
        """GET a link that an earlier answer gave (``@odata.nextLink``, ``@odata.deltaLink``)."""
        return self.request(
            lambda graph: link(url),
            mailbox=mailbox,
            deadline=deadline,
            writing=False,
            prefer=prefer,
        )

    def is_ours(self, url: str) -> bool:
        """Whether a stored link leads to this connection's server (else start a new round)."""
        try:
            return _origin(url) == _origin(self.settings.base_url)
        except ValueError:  # no address at all
            return False

    def slow_down(
        self, status: int, header: str | None, *, sent_at: float | None = None
    ) -> float | None:
        """Seconds to wait after an answer with ``status`` and this ``Retry-After``, if any.

        Where the provider asks to slow down, nobody of this account passes the gate that long.
        """
        wait = retry_after(header, now=self._clock())
        if status in SLOW_DOWN:
            if wait is None:
                now = time.monotonic()
                wait = self._back_off.refused(sent_at=now if sent_at is None else sent_at)
            self._gate.pause(account=self.settings.account, seconds=wait)
        return wait

    def close(self) -> None:
        """End the loop thread and its connections; the next request opens them anew."""
        with self._lock:
            line, self._line = self._line, None
        if line is not None and line.pid == os.getpid():
            line.close()

    def _opened(self) -> sending.Line:
        with self._lock:
            if self._line is None or not self._line.usable:
                if self._line is not None and self._line.pid == os.getpid():
                    self._line.close()
                self._line = sending.Line(self.settings)
            return self._line

    def _complete(self, info: RequestInformation, prefer: Sequence[str]) -> RequestInformation:
        url = info.url if _named(info) else ""
        if url and not self.is_ours(url):
            raise Rejected("a link leads to another server than this connection's: not followed")
        # One joined value: the SDK keeps values in a set, whose order would change by chance.
        wanted = dict.fromkeys((*PREFER, *prefer, *sorted(info.headers.get("Prefer"))))
        info.headers.remove("Prefer")
        info.headers.add("Prefer", ", ".join(wanted))
        info.headers.try_add("Accept", "application/json")
        info.headers.try_add("client-request-id", str(uuid.uuid4()))
        sending.as_it_comes(info)
        return info

    def _answer(
        self, line: sending.Line, info: RequestInformation, *, deadline: Deadline, writing: bool
    ) -> sending.RawAnswer:
        """One request, and once more where that cannot do harm."""
        try:
            raw = line.send(info, deadline)
        except sending.Unanswered as error:
            if writing or deadline.passed or not errors.dropped(error.__cause__):
                raise self._translated(error, writing=writing) from None
        else:
            if raw.status != 401:
                return raw
            # The token may have been revoked, or the clocks differ: a new one, then it is true.
            line.forget_token(info)
        try:
            return line.send(info, deadline)
        except sending.Unanswered as error:
            raise self._translated(error, writing=writing) from None

    def _translated(self, error: sending.Unanswered, *, writing: bool) -> ConnectorError:
        cause = error.__cause__ or error
        return errors.from_exception(cause, writing=writing and error.sent)

    def _judged(self, raw: sending.RawAnswer, *, writing: bool, sent_at: float) -> GraphAnswer:
        told = _date(raw.headers)
        if told is not None:
            self.ahead = told - self._clock()
        if 200 <= raw.status < 300:
            self._back_off.passed()
            return GraphAnswer(raw.status, _parsed(raw, writing=writing), raw.headers)
        wait = self.slow_down(raw.status, raw.headers.get("Retry-After"), sent_at=sent_at)
        code, reason = errors.told(raw.body)
        raise errors.from_answer(
            raw.status,
            code,
            reason,
            writing=writing,
            retry_after=wait,
            request_id=raw.headers.get("request-id", ""),
        )

    def _after_fork(self) -> None:
        """In the child: the parent's loop and connections are not ours to close."""
        self._lock = threading.Lock()
        self._back_off = BackOff(time.monotonic)
        if self._line is not None:
            _inherited.append(self._line)
            self._line = None


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def json_request(
    method: str, path: str, parameters: Mapping[str, str], body: object | None = None
) -> RequestInformation:
    """A request of one's own, for what the SDK cannot say: ``{+baseurl}/users/{user}/…``.

    Parameters are percent-encoded; ``{+name}`` takes one as it is.
    """
    info = RequestInformation(Method(method), path, dict(parameters))
    if body is not None:
        info.set_stream_content(json.dumps(body).encode(), "application/json")
    return info


def link(url: str) -> RequestInformation:
    """GET of an absolute address that an answer gave."""
    info = RequestInformation(Method.GET)
    info.url = url
    return info


def _named(info: RequestInformation) -> bool:
    """Whether the request names a whole address instead of a path under the base URL."""
    return info.url_template is None or RequestInformation.RAW_URL_KEY in info.path_parameters


def _parsed(raw: sending.RawAnswer, *, writing: bool) -> dict[str, Any] | None:
    if not raw.body.strip():
        return None
    try:
        body = json.loads(raw.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise TryLater(
            "the server's answer is not the JSON of Microsoft Graph", outcome_unknown=writing
        )
    return body


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        parts.hostname or "",
        parts.port or {"https": 443, "http": 80}.get(parts.scheme),
    )


def _now() -> datetime:
    return datetime.now(UTC)


_clients: Final[weakref.WeakSet[GraphClient]] = weakref.WeakSet()
#: Lines of a parent process, kept so that no destructor touches what they share with it.
_inherited: Final[list[sending.Line]] = []


def _forked() -> None:
    for client in _clients:
        client._after_fork()


os.register_at_fork(after_in_child=_forked)
