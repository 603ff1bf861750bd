"""The log of requests that the stand-in has answered."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator
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

    def add(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

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
