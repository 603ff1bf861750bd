"""Sending notifications to the product: a thread of its own, retries, and what can go wrong."""

from __future__ import annotations

import http.client
import json
import random
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote, urlsplit

#: A client that needs longer has not answered (delivery), or is not there (handshake).
DELIVERY_SECONDS = 3.0
HANDSHAKE_SECONDS = 10.0
_GIVE_UP_AFTER_SECONDS = 4 * 3600.0
_LONGEST_PAUSE_SECONDS = 60.0

Notification = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One POST to the product. ``status`` 0: no answer in time. ``seconds``: until its answer."""

    at: datetime
    url: str
    kind: Literal["handshake", "change", "lifecycle"]
    status: int
    seconds: float
    notifications: tuple[Notification, ...] = ()


@dataclass
class DeliveryFaults:
    """What happens to notifications on their way; probabilities from 0 to 1."""

    lost: float = 0.0
    duplicated: float = 0.0
    late_seconds: float = 0.0  #: real time
    shuffled: bool = False
    seed: int = 0


@dataclass(order=True)
class _Waiting:
    due: float  #: monotonic
    number: int
    url: str = field(compare=False)
    kind: Literal["change", "lifecycle"] = field(compare=False)
    notifications: list[Notification] = field(compare=False)
    first: float = field(compare=False, default=0.0)
    attempts: int = field(compare=False, default=0)


class Deliveries:
    """A queue by due time, worked off by one thread. ``log`` keeps every POST, oldest first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.log: list[Delivery] = []
        self.faults = DeliveryFaults()
        self.given_up: list[Notification] = []
        #: how many notifications at most stand in one POST
        self.per_post = 100
        #: pause before the first retry, in seconds; doubled each time
        self.first_pause = 0.25
        self.trusts: ssl.SSLContext | None = None  #: set before the first POST
        self._now = now
        self._waiting: list[_Waiting] = []
        self._sending = 0
        self._held = False
        self._closed = False
        self._number = 0
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="graph-deliveries", daemon=True)
        self._random = random.Random(0)
        self._seed = 0

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout=HANDSHAKE_SECONDS)

    def hold(self) -> None:
        """Nothing is sent from now on, until ``release``: notifications come late."""
        with self._wake:
            self._held = True

    def release(self) -> None:
        with self._wake:
            self._held = False
            self._wake.notify_all()

    def forget(self) -> None:
        """All that waits is lost."""
        with self._wake:
            self._waiting.clear()
            self._wake.notify_all()

    @property
    def waiting(self) -> int:
        with self._wake:
            return len(self._waiting) + self._sending

    def flush(self, seconds: float = 10.0) -> None:
        """Wait until all was delivered. Raises AssertionError where that does not happen."""
        end = time.monotonic() + seconds
        with self._wake:
            while self._waiting or self._sending:
                if not self._wake.wait(timeout=max(0.0, end - time.monotonic())):
                    raise AssertionError(
                        f"{len(self._waiting)} notifications not delivered within {seconds:g} s; "
                        f"last answers: {[one.status for one in self.log[-5:]]}"
                    )

    def add(
        self, url: str, kind: Literal["change", "lifecycle"], notifications: list[Notification]
    ) -> None:
        """Queue them, as far as the faults let them through."""
        with self._wake:
            through: list[Notification] = []
            for notification in notifications:
                if self._chance(self.faults.lost):
                    continue
                through.append(notification)
                if self._chance(self.faults.duplicated):
                    through.append(dict(notification))
            if not through:
                return
            now = time.monotonic()
            self._number += 1
            due = now + self.faults.late_seconds
            self._waiting.append(_Waiting(due, self._number, url, kind, through, first=now))
            self._wake.notify_all()

    def handshake(self, url: str, token: str) -> str | None:
        """Send the validation request; the reason where the answer is not what it must be."""
        separator = "&" if urlsplit(url).query else "?"
        target = f"{url}{separator}validationToken={quote(token, safe='')}"
        started, at = time.monotonic(), self._now()
        status, kind, body = self._post(
            target, b"", "text/plain; charset=utf-8", HANDSHAKE_SECONDS, "handshake"
        )
        seconds = time.monotonic() - started
        self.log.append(Delivery(at, url, "handshake", status, seconds))
        if status == 0 or seconds > HANDSHAKE_SECONDS:
            return "Subscription validation request timed out."
        if status != 200:
            return (
                f"Subscription validation request failed. HTTP status code is '{status}'. "
                "Notification endpoint must respond with 200 OK to validation request."
            )
        if kind.partition(";")[0].strip().lower() != "text/plain":
            return (
                "Subscription validation request failed. Response content type must be text/plain."
            )
        if body != token.encode():
            return (
                "Subscription validation request failed. Response must exactly match "
                "validationToken query parameter."
            )
        return None

    def _chance(self, probability: float) -> bool:
        if self.faults.seed != self._seed:
            self._seed = self.faults.seed
            self._random.seed(self._seed)
        return probability > 0 and self._random.random() < probability

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            content = json.dumps({"value": [n for one in batch for n in one.notifications]})
            started, at = time.monotonic(), self._now()
            status, _, _ = self._post(
                batch[0].url, content.encode(), "application/json", DELIVERY_SECONDS, batch[0].kind
            )
            seconds = time.monotonic() - started
            sent = tuple(n for one in batch for n in one.notifications)
            with self._wake:
                self.log.append(Delivery(at, batch[0].url, batch[0].kind, status, seconds, sent))
                self._sending -= len(batch)
                if not 200 <= status < 300 and not self._closed:
                    self._again(batch)
                self._wake.notify_all()

    def _again(self, batch: list[_Waiting]) -> None:
        now = time.monotonic()
        for one in batch:
            if now - one.first > _GIVE_UP_AFTER_SECONDS:
                self.given_up.extend(one.notifications)
                continue
            pause = min(self.first_pause * 2**one.attempts, _LONGEST_PAUSE_SECONDS)
            one.attempts += 1
            one.due = now + pause
            self._waiting.append(one)

    def _next(self) -> list[_Waiting] | None:
        """What goes into the next POST: all that is due for one address. None: the end."""
        with self._wake:
            while not self._closed:
                now = time.monotonic()
                due = [] if self._held else sorted(w for w in self._waiting if w.due <= now)
                if due:
                    if self.faults.shuffled:
                        self._random.shuffle(due)
                    batch = self._fitting(due)
                    self._waiting = [w for w in self._waiting if w not in batch]
                    self._sending += len(batch)
                    return batch
                pause = min((w.due - now for w in self._waiting), default=None)
                self._wake.wait(timeout=None if self._held else pause)
            return None

    def _fitting(self, due: list[_Waiting]) -> list[_Waiting]:
        batch, room = [], self.per_post
        for one in due:
            if one.url == due[0].url and one.kind == due[0].kind:
                room -= len(one.notifications)
                if batch and room < 0:
                    break
                batch.append(one)
        return batch

    def _post(
        self, url: str, content: bytes, content_type: str, seconds: float, kind: str
    ) -> tuple[int, str, bytes]:
        """Status, content type and body; status 0 where there was no answer."""
        place = urlsplit(url)
        connection = http.client.HTTPSConnection(
            place.hostname or "", place.port or 443, timeout=seconds, context=self.trusts
        )
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        headers = {"Content-Type": content_type, "User-Agent": f"graph-stand-in/{kind}"}
        try:
            connection.request("POST", target, body=content, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read(10_000)
        except (OSError, http.client.HTTPException):
            return 0, "", b""
        finally:
            connection.close()
