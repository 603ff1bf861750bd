"""A product that is called: it shakes hands and keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.servers.graph.serving import LoopbackServer


@dataclass
class Receiver:
    """``statuses``: what the next deliveries are answered with; then 202."""

    received: list[dict[str, Any]] = field(default_factory=list)
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    handshakes: list[str] = field(default_factory=list)
    shakes: bool = True
    content_type: str = "text/plain"
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def kinds(self) -> list[str]:
        return [one["changeType"] for one in self.received]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        token = request.args.get("validationToken")
        with self._lock:
            if token is not None:
                self.handshakes.append(request.path)
                text = token if self.shakes else "something else"
                return Response(text, 200, content_type=self.content_type)(environ, start_response)
            status = self.statuses.pop(0) if self.statuses else 202
            if status < 300:
                told = json.loads(request.get_data())["value"]
                self.posts.append(told)
                self.received += told
        return Response("", status)(environ, start_response)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    server = LoopbackServer(receiver, name="receiver")
    receiver.port = server.port
    server.start()
    try:
        yield receiver
    finally:
        server.close()
