"""The log of requests that the stand-in has answered."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Request:
    """``path`` is percent-decoded and without the query; ``status`` 0: dropped unanswered."""

    method: str
    path: str
    status: int
    at: datetime
    query: str = ""
    in_batch: bool = False


class RequestLog:
    """All requests, oldest first; requests inside a ``$batch`` stand beside their batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[Request] = deque(maxlen=200_000)
        self._under_way = 0
        self._fewer = threading.Condition(self._lock)

    def add(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Around whatever is going to be added."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._fewer.notify_all()

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until nothing is under way: who gave up a request has not ended it. Raises
        AssertionError after ``seconds``."""
        with self._lock:
            settled = self._fewer.wait_for(lambda: self._under_way == 0, timeout=seconds)
        assert settled, f"requests are still being answered after {seconds:g} s"

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()

    def matching(
        self, method: str | None = None, path: str = "", *, status: int | None = None
    ) -> list[Request]:
        """``path`` is a regular expression, looked for anywhere in the path."""
        return [
            request
            for request in self
            if (method is None or request.method == method)
            and (status is None or request.status == status)
            and re.search(path, request.path)
        ]

    def count(self, method: str | None = None, path: str = "", *, status: int | None = None) -> int:
        return len(self.matching(method, path, status=status))

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(tuple(self._requests))

    def __len__(self) -> int:
        with self._lock:
            return len(self._requests)
