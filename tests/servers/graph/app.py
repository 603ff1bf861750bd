"""The stand-in as a WSGI application, and the threads that serve it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from tests.servers.graph.call import Answer, Call, Dropped
from tests.servers.graph.world import World

StartResponse = Callable[..., Any]
_REASONS = {204: "No Content", 429: "Too Many Requests"}


class App:
    """``/v1.0/…`` is Graph; everything else are pages beside it (routes with base "")."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        call = _call(environ)
        try:
            answer = self.world.dispatch(call)
        except Dropped:
            _hang_up(environ)
        return _send(answer, environ, start_response)


class Server:
    """An application in threads of this process, on 127.0.0.1."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self._server = _Threads("127.0.0.1", port, app, handler=_Handler)
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()
        self._server.end_connections()


class _Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True  # head and body go out in two writes

    def log(self, *args: Any) -> None:
        """Nothing: the request log is the stand-in's own."""


class _Threads(ThreadedWSGIServer):
    """Knows its connections, so that those kept alive by clients end with it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any, **options: Any) -> None:
        self._open: set[Any] = set()
        self._open_lock = threading.Lock()
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        with self._open_lock:
            remaining = list(self._open)
        for request in remaining:
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""


def _call(environ: dict[str, Any]) -> Call:
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ["PATH_INFO"]
    path = target.partition("?")[0]
    base = "/v1.0" if path.lower().startswith("/v1.0/") else ""
    ends = environ.get("wsgi.input_terminated")  # a chunked body tells its own end
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Call(
        method=environ["REQUEST_METHOD"],
        path=path[len(base) :],
        query_string=environ.get("QUERY_STRING", ""),
        headers=Headers(list(EnvironHeaders(environ))),
        body=environ["wsgi.input"].read(*([] if ends else [length])) if ends or length else b"",
        base=base,
    )


def _send(
    answer: Answer, environ: dict[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    body, kind = answer.encoded()
    headers = {"Content-Length": str(len(body)), "Cache-Control": "no-cache"}
    if kind:
        headers["Content-Type"] = kind
    headers |= answer.headers
    start_response(f"{answer.status} {_REASONS.get(answer.status, 'Graph')}", [*headers.items()])
    if environ["REQUEST_METHOD"] == "HEAD":
        return
    if answer.cut_at is None:
        yield body
        return
    yield body[: answer.cut_at]
    _hang_up(environ)


def _hang_up(environ: dict[str, Any]) -> None:
    """End the connection without (the rest of) an answer."""
    connection = environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("hung up on purpose")
