"""Citizens who book, move and cancel over HTTP all the time, and note what they were told."""

from __future__ import annotations

import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.product.product import Product, booking_body

#: A browser's user presses again after an error; with the same form, so with the same key.
_PRESS_AGAIN = 0.25
#: More than so many at a time, and one is cancelled first.
_KEPT = 25


@dataclass
class Promise:
    """One acknowledged booking and the last thing its citizen was told about it."""

    email: str
    reference: str
    token: str
    starts_at: str
    cancelled: bool = False
    #: A change of which the citizen heard that it is on its way, or did not hear at all.
    perhaps: str = ""


@dataclass
class Citizens(threading.Thread):
    """One after the other at one service; ``errors`` are answers that nobody should get."""

    product: Product
    municipality: str
    title: str
    channel: str
    seed: int
    promises: list[Promise] = field(default_factory=list)
    confirmed_at: list[tuple[float, float]] = field(default_factory=list)  #: (pressed, confirmed)
    answers: dict[int, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True, name=f"citizens of {self.municipality}")
        self._random = random.Random(self.seed)
        self._over = threading.Event()
        self._slots: list[str] = []
        self._service: dict[str, Any] = {}
        self._session = requests.Session()

    __hash__ = threading.Thread.__hash__

    def finish(self) -> None:
        self._over.set()
        self.join(60)

    def run(self) -> None:
        self._service = self.product.service(self.municipality, self.title)
        while not self._over.is_set():
            active = [each for each in self.promises if not each.cancelled]
            turn = self._random.random()
            if len(active) >= _KEPT or (active and turn < 0.2):
                self._cancel(self._random.choice(active))
            elif active and turn < 0.4:
                self._move(self._random.choice(active))
            else:
                self._book()
            self._over.wait(self._random.uniform(0.05, 0.3))

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response | None:
        """Until somebody answers; None where we are to stop before that."""
        while not self._over.is_set():
            try:
                answer = self._session.request(
                    method, f"{self.product.web}/api/v1{path}", timeout=20, **options
                )
            except requests.RequestException:
                self._over.wait(_PRESS_AGAIN)
                continue
            self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
            if answer.status_code != 503:
                if answer.status_code >= 500:
                    self.errors.append(f"{method} {answer.status_code}: {answer.text[:300]}")
                return answer
            self._over.wait(_PRESS_AGAIN)
        return None

    def _slot(self) -> str | None:
        if not self._slots:
            try:
                self._slots = self.product.slots(self._service, self.channel, days=55)
            except (requests.RequestException, AssertionError):
                self._over.wait(_PRESS_AGAIN)
                return None
            self._random.shuffle(self._slots)
            del self._slots[8:]
        return self._slots.pop() if self._slots else None

    def _book(self) -> None:
        starts_at = self._slot()
        if starts_at is None:
            return
        email = f"citizen-{uuid.uuid4().hex[:12]}@example.gr"
        body = booking_body(self._service, self.channel, starts_at, email=email)
        body["answers"] |= {
            each["key"]: "090000045" for each in self._service["questions"] if each["kind"] == "afm"
        }
        pressed = time.monotonic()
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self._ask("POST", "/bookings", json=body, headers=key)
        if answer is None or answer.status_code == 409:
            return
        if answer.status_code not in (201, 202):
            self.errors.append(f"POST {answer.status_code}: {answer.text[:300]}")
            return
        told = answer.json()
        promise = Promise(email, told["reference"], told["manage_token"], starts_at)
        self.promises.append(promise)
        while answer is not None and answer.json()["state"] == "pending":
            self._over.wait(0.2)
            answer = self._about(promise, "GET")
        if answer is not None and answer.json()["state"] == "confirmed":
            self.confirmed_at.append((pressed, time.monotonic()))

    def _about(self, promise: Promise, method: str, **options: Any) -> requests.Response | None:
        return self._ask(
            method,
            f"/bookings/{promise.reference}",
            headers={"Authorization": f"Bearer {promise.token}"},
            **options,
        )

    def _move(self, promise: Promise) -> None:
        starts_at = None if promise.perhaps else self._slot()
        if starts_at is None:
            return
        promise.perhaps = starts_at
        answer = self._about(promise, "PATCH", json={"starts_at": starts_at})
        if answer is None:
            return
        if answer.status_code == 200:
            promise.starts_at, promise.perhaps = answer.json()["starts_at"], ""
        elif answer.status_code == 409:  # taken meanwhile; perhaps by our own first press
            self._look(promise)
        elif answer.status_code != 202:
            self.errors.append(f"PATCH {answer.status_code}: {answer.text[:300]}")

    def _look(self, promise: Promise) -> None:
        answer = self._about(promise, "GET")
        if answer is None or answer.status_code != 200:
            return
        said = answer.json()
        if said["state"] != "pending" and not said["moving_to"]:
            promise.starts_at, promise.perhaps = said["starts_at"], ""

    def _cancel(self, promise: Promise) -> None:
        answer = self._about(promise, "DELETE")
        if answer is not None and answer.status_code in (200, 202):
            promise.cancelled = True
        elif answer is not None and answer.status_code != 409:
            self.errors.append(f"DELETE {answer.status_code}: {answer.text[:300]}")
