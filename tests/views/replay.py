"""Serves views as they were answered, headers included, so that a browser can look at them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from flask import Flask

from booking_web.app import _serve_static
from tests.views.gallery import View


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def replaying(views: Mapping[str, View]) -> Iterator[str]:
    """An address under which ``/<file of the view>`` is its page, and static files are served."""
    files = Flask("booking_web", static_folder=None)
    _serve_static(files)

    def answer(environ: dict[str, Any], start: Any) -> Any:
        view = views.get(environ["PATH_INFO"].lstrip("/"))
        if view is None:
            return files.wsgi_app(environ, start)
        start(f"{view.status} Replayed", list(view.headers))
        return [view.body]

    server = make_server("127.0.0.1", 0, answer, _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
