"""A bounded load generator: a few threads, one kept connection each."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One kept connection to the product on the loopback address."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, call: Call) -> Answer:
        body = None if call.body is None else json.dumps(call.body).encode()
        headers = {**({"Content-Type": "application/json"} if body else {}), **call.headers}
        begun = time.perf_counter()
        self._connection.request(call.method, call.path, body=body, headers=headers)
        response = self._connection.getresponse()
        content = response.read()
        return Answer(response.status, content, time.perf_counter() - begun)

    def close(self) -> None:
        self._connection.close()


def send_all(port: int, calls: Sequence[Call], *, clients: int) -> tuple[list[Answer], float]:
    """Send every call once from ``clients`` threads; the answers in order, and the wall time."""
    answers: list[Answer | None] = [None] * len(calls)
    waiting = iter(range(len(calls)))
    lock = threading.Lock()

    def work() -> None:
        client = Client(port)
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                break
            answers[number] = client.send(calls[number])
        client.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for each in answers if each is not None], time.perf_counter() - begun


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
