"""Microsoft's limits: 4 requests at a time and 10,000 in ten minutes per app and mailbox.

A request counts from its arrival until its answer is made; refused ones count too.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import unquote

from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.world import Proceed, World

_WINDOW = timedelta(minutes=10)


class Throttle:
    """Limits may be changed at any time; None switches one off."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at_once_per_mailbox: int | None = 4
        #: An earlier state of Microsoft's page counts the 4 over all mailboxes of an app.
        self.at_once_per_app: int | None = None
        self.in_ten_minutes: int | None = 10_000
        #: What Retry-After says; None leaves the header out.
        self.retry_after: float | None = 1
        self.refusals = 0
        self.peak_by_mailbox: Counter[str] = Counter()
        self.peak_of_app = 0
        self._now_by_mailbox: Counter[str] = Counter()
        self._now_of_app = 0
        self._recent: dict[str, deque[datetime]] = {}
        self._until: dict[str, tuple[datetime, bool]] = {}
        self._lock = threading.Lock()
        world.use(self._around, order=15)  # around the faults: a slow answer takes its place

    def throttle_for(self, seconds: float, *, mailbox: str = "", retry_after: bool = True) -> None:
        """Everything (or one mailbox) is answered 429 for so long, by the stand-in's clock."""
        until = self.world.clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._until[mailbox.lower()] = until, retry_after

    def relent(self) -> None:
        with self._lock:
            self._until.clear()

    def clear_peaks(self) -> None:
        with self._lock:
            self.peak_by_mailbox.clear()
            self.peak_of_app = 0

    def _around(self, call: Call, proceed: Proceed) -> Answer:
        if call.base != "/v1.0" or call.path.lower().startswith("/$batch"):
            return proceed(call)
        mailbox = self._mailbox(call)
        with self._counted(mailbox):
            self._check(mailbox)
            return proceed(call)

    def _mailbox(self, call: Call) -> str:
        parts = [unquote(part) for part in call.path.split("/") if part]
        if len(parts) < 2 or parts[0].lower() != "users":
            return ""
        found = self.world.mailbox(parts[1])
        return found.address.lower() if found else parts[1].lower()

    @contextmanager
    def _counted(self, mailbox: str) -> Iterator[None]:
        with self._lock:
            self._now_of_app += 1
            self.peak_of_app = max(self.peak_of_app, self._now_of_app)
            if mailbox:
                self._now_by_mailbox[mailbox] += 1
                peak = max(self.peak_by_mailbox[mailbox], self._now_by_mailbox[mailbox])
                self.peak_by_mailbox[mailbox] = peak
        try:
            yield
        finally:
            with self._lock:
                self._now_of_app -= 1
                if mailbox:
                    self._now_by_mailbox[mailbox] -= 1

    def _check(self, mailbox: str) -> None:
        now = self.world.clock.now()
        with self._lock:
            self._check_pause(now, mailbox)
            if mailbox:
                self._check_window(now, mailbox)
            too_many = (
                self.at_once_per_mailbox is not None
                and self._now_by_mailbox[mailbox] > self.at_once_per_mailbox
                and bool(mailbox)
            ) or (self.at_once_per_app is not None and self._now_of_app > self.at_once_per_app)
            if too_many:
                raise self._refusal(
                    "ApplicationThrottled", "Application is over its MailboxConcurrency limit."
                )

    def _check_pause(self, now: datetime, mailbox: str) -> None:
        for name in {"", mailbox}:
            until, tells = self._until.get(name, (now, False))
            if until > now:
                left = math.ceil((until - now).total_seconds())
                raise self._refusal(
                    "TooManyRequests", "Please retry again later.", left if tells else None
                )

    def _check_window(self, now: datetime, mailbox: str) -> None:
        if self.in_ten_minutes is None:
            return
        recent = self._recent.setdefault(mailbox, deque())
        while recent and recent[0] <= now - _WINDOW:
            recent.popleft()
        recent.append(now)
        if len(recent) > self.in_ten_minutes:
            raise self._refusal(
                "ApplicationThrottled", "Application is over its request limit for this mailbox."
            )

    _AS_SET = -1.0

    def _refusal(self, code: str, message: str, retry_after: float | None = _AS_SET) -> GraphError:
        self.refusals += 1
        seconds = self.retry_after if retry_after == self._AS_SET else retry_after
        headers = {} if seconds is None else {"Retry-After": f"{math.ceil(seconds)}"}
        return GraphError(429, code, message, headers=headers)
