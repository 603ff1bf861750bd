"""A real HTTP server in this process, that stops without leaving a thread or a socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore


@contextmanager
def serving(app: Flask, *, threads: int = 8) -> Iterator[int]:
    """The port on the loopback address, as long as the block runs."""
    channels: dict[int, Any] = {}
    server = waitress.create_server(
        app, host="127.0.0.1", port=0, map=channels, threads=threads, channel_timeout=120
    )
    leave = threading.Event()

    def run() -> None:
        while not leave.is_set():
            wasyncore.loop(timeout=0.1, map=channels, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        leave.set()
        thread.join(30)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(channels)
