"""A proxy before a CalDAV server that misbehaves on request: lost answers, redirects, silence."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.servers.caldav_server import CalDavServer


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def edited(self, old: str, new: str) -> Reply:
        return replace(self, body=self.body.replace(old.encode(), new.encode()))

    def without(self, header: str) -> Reply:
        kept = {name: value for name, value in self.headers.items() if name.lower() != header}
        return replace(self, headers=kept)


#: Gets a function that passes the request on; gives the reply, or None for a dropped connection.
Trick = Callable[[Callable[[], Reply]], Reply | None]


def answer(status: int, body: str = "", **headers: str) -> Trick:
    """Answer without passing the request on."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda pass_on: Reply(status, named, body.encode())


def do_and_answer(status: int, body: str = "") -> Trick:
    """The request takes effect, but the answer says something else."""

    def trick(pass_on: Callable[[], Reply]) -> Reply:
        pass_on()
        return Reply(status, {}, body.encode())

    return trick


def do_and_drop(pass_on: Callable[[], Reply]) -> None:
    """The request takes effect, the connection breaks before the answer."""
    pass_on()


def drop(pass_on: Callable[[], Reply]) -> None:
    """The connection breaks before anything is done."""


def edit(change: Callable[[Reply], Reply]) -> Trick:
    return lambda pass_on: change(pass_on())


@dataclass
class DavProxy:
    """``server`` is the way through the proxy. ``play`` says what happens to coming requests."""

    server: CalDavServer
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _tricks: list[tuple[str, Trick]] = field(default_factory=list)
    _always: dict[str, Trick] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def play(self, method: str, *tricks: Trick) -> None:
        """The next requests of ``method`` meet ``tricks``, one each."""
        with self._lock:
            self._tricks.extend((method, trick) for trick in tricks)

    def always(self, method: str, trick: Trick) -> None:
        """Every request of ``method`` for which nothing else is planned meets ``trick``."""
        self._always[method] = trick

    def next_trick(self, method: str) -> Trick | None:
        with self._lock:
            self.requests.append(method)
            for number, (wanted, trick) in enumerate(self._tricks):
                if wanted == method:
                    del self._tricks[number]
                    return trick
        return self._always.get(method)


@contextmanager
def dav_proxy(upstream: CalDavServer) -> Iterator[DavProxy]:
    """A proxy on a loopback port of its own, before ``upstream``."""
    home = urlsplit(upstream.home)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._handle
            raise AttributeError(name)

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.bodies.append(body)
            trick = proxy.next_trick(self.command)
            reply = trick(lambda: self._pass_on(body)) if trick else self._pass_on(body)
            if reply is None:
                self.close_connection = True
                return
            self.send_response_only(reply.status)  # with the Date of the reply alone
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _pass_on(self, body: bytes) -> Reply:
            connection = http.client.HTTPConnection(str(home.hostname), home.port, timeout=20)
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            connection.request(self.command, self.path, body, headers)
            got = connection.getresponse()
            content = got.read()
            connection.close()
            kept = {"Content-Type", "ETag", "Date", "Location", "Retry-After"}
            return Reply(
                got.status, {name: v for name, v in got.headers.items() if name in kept}, content
            )

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that has gone away is what some tests want."""

    listener = Server(("127.0.0.1", 0), Handler)
    port = listener.server_address[1]
    proxy = DavProxy(
        replace(upstream, home=f"http://127.0.0.1:{port}{home.path}"),
    )
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


@contextmanager
def bad_listener(*, drip: bool) -> Iterator[int]:
    """A port that takes connections and then says nothing, or one byte every tenth of a second."""
    stop = threading.Event()

    class Mute(BaseHTTPRequestHandler):
        def handle(self) -> None:
            end = time.monotonic() + 30
            if drip:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.1) and time.monotonic() < end:
                if drip:
                    try:
                        self.wfile.write(b"X")
                    except OSError:
                        return

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Mute)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield int(listener.server_address[1])
    finally:
        stop.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
