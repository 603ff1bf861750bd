"""Threaded HTTP servers on loopback, with or without TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class LoopbackServer:
    """A WSGI application on 127.0.0.1 in threads of this process; port 0 takes any free one."""

    def __init__(
        self, app: WsgiApp, *, port: int = 0, tls: ssl.SSLContext | None = None, name: str = "http"
    ) -> None:
        self._server = _Server("127.0.0.1", port, app, _Handler)
        if tls is not None:
            # The handshake belongs into the thread of its connection: a client that opens one and
            # says nothing must not keep the others out.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._server.ssl_context = tls
        self.port = int(self._server.socket.getsockname()[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            name=f"graph-{name}",
            daemon=True,
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join(timeout=10)
        self._server.server_close()
        self._server.end_connections()


def hang_up(environ: dict[str, Any]) -> None:
    """End the connection without (the rest of) an answer: raises what the server expects then."""
    with contextlib.suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("hung up on purpose")


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out in two writes

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (werkzeug's word)
        """Servers of tests say nothing; the stand-in keeps a log of its own."""


class _Server(ThreadedWSGIServer):
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
        """A client that went away, or would not shake hands, is none of our business."""
