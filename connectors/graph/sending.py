"""One line to a server: loop thread, HTTP connections, the SDK's adapter, and the credential."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import httpx
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_http.middleware import ParametersNameDecodingHandler, UserAgentHandler
from kiota_http.middleware.options import ResponseHandlerOption
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.middleware import GraphTelemetryHandler
from msgraph_core.middleware.options import GraphTelemetryHandlerOption

from connectors.deadline import Deadline
from connectors.graph.connection import GraphSettings
from connectors.graph.credentials import Tokens
from connectors.graph.loop import LoopThread

#: Idle connections are given up before the other side does it silently (seconds).
_KEEP_ALIVE: Final = 30.0
_CONNECTIONS: Final = 16
#: Connecting ends this long before the deadline (seconds): then it is known that nothing was sent.
_CONNECT_MARGIN: Final = 0.1
#: Beyond the deadline, a loop thread that hangs is not waited for (seconds).
_GRACE: Final = 0.5


@dataclass(frozen=True, slots=True)
class RawAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Unanswered(Exception):
    """No answer. ``sent``: the request had begun to leave; ``__cause__`` says what happened."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer")
        self.sent = sent


class _Journey:
    """How far one request came."""

    __slots__ = ("deadline", "sent")

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sent = False

    async def trace(self, event: str, details: Mapping[str, Any]) -> None:
        """Called by httpcore (its extension "trace") at each step of a request."""
        if event.endswith("send_request_headers.started"):
            self.sent = True


_journey: ContextVar[_Journey] = ContextVar("graph_journey")


class _Wire(httpx.AsyncHTTPTransport):
    """The last step before the network: the deadline becomes the time-outs of this request."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        journey = _journey.get()
        left = journey.deadline.remaining()
        early = max(0.01, left - _CONNECT_MARGIN)
        request.extensions["timeout"] = {
            "connect": early,
            "pool": early,
            "read": left,
            "write": left,
        }
        request.extensions["trace"] = journey.trace
        return await super().handle_async_request(request)


class Line:
    """Lives in the process that made it."""

    def __init__(self, settings: GraphSettings) -> None:
        # At level INFO httpx writes each address, and so the mailbox, and azure every header.
        for name in ("httpx", "azure"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.pid = os.getpid()
        self._tokens = Tokens(settings)
        self._loop = LoopThread("graph")
        self._http = _http_client(settings)
        adapter = GraphRequestAdapter(
            AzureIdentityAuthenticationProvider(
                self._tokens,
                scopes=[settings.scope],
                # Elsewhere no token is sent, whatever a link in an answer says.
                allowed_hosts=[settings.host],
            ),
            client=self._http,
        )
        adapter.base_url = settings.base_url
        self._adapter = adapter
        self.graph = GraphServiceClient(request_adapter=adapter)

    @property
    def usable(self) -> bool:
        return self.pid == os.getpid() and self._loop.alive

    def send(self, info: RequestInformation, deadline: Deadline) -> RawAnswer:
        """Raises Unanswered, never later than the deadline allows."""
        journey = _Journey(deadline)
        try:
            under_way = self._loop.submit(self._go(info, journey))
            try:
                return under_way.result(deadline.remaining() + _GRACE)
            except TimeoutError:
                under_way.cancel()
                raise
        except (Exception, CancelledError) as error:
            raise Unanswered(sent=journey.sent) from error

    def forget_token(self, info: RequestInformation) -> None:
        """The token that ``info`` was sent with was refused: the next sending gets another one."""
        for value in info.headers.get("Authorization"):
            self._tokens.forget(value.removeprefix("Bearer "))
        info.headers.remove("Authorization")  # the SDK would keep the old one

    def close(self) -> None:
        self._tokens.end()
        self._loop.stop(self._http.aclose(), seconds=2.0)

    async def _go(self, info: RequestInformation, journey: _Journey) -> RawAnswer:
        _journey.set(journey)
        async with asyncio.timeout(journey.deadline.remaining()):
            response: Any = await self._adapter.send_primitive_async(info, "bytes", None)
        return RawAnswer(response.status_code, response.headers, response.content)


def as_it_comes(info: RequestInformation) -> None:
    """Ask the adapter for the answer itself, whatever its status, instead of a model or error."""
    info.add_request_options([ResponseHandlerOption(NativeResponseHandler())])


@cache
def trusted(ca_file: str) -> ssl.SSLContext:
    """Whose certificates are believed. Reading them takes 0.1 s of CPU: once, before a fork."""
    tls = httpx.create_ssl_context()
    if ca_file:
        tls.load_verify_locations(ca_file)
    return tls


def _http_client(settings: GraphSettings) -> httpx.AsyncClient:
    client = httpx.AsyncClient(
        transport=_Wire(
            verify=trusted(settings.ca_file),
            limits=httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=_KEEP_ALIVE),
            proxy=settings.proxy or None,
        ),
        trust_env=False,
        follow_redirects=False,
    )
    # The SDK's chain without its redirects and retries: a repeated POST is ours to decide.
    telemetry = options[GraphTelemetryHandlerOption.get_key()]
    made: httpx.AsyncClient = GraphClientFactory.create_with_custom_middleware(
        [
            ParametersNameDecodingHandler(),
            UserAgentHandler(),
            GraphTelemetryHandler(options=telemetry),
        ],
        client=client,
    )
    return made
