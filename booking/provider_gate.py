"""The gate in front of providers with limits: places in the database, shared by all processes."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from booking.settings import Settings
from booking.store import Store, StoreUnavailable, UnitOfWork
from booking.store.places import Place
from connectors.deadline import Deadline
from connectors.errors import TryLater

_log = logging.getLogger(__name__)

#: A place outlives its request's deadline by this much, should its process die (seconds).
_GRACE = 5.0
#: No request takes longer; what says so comes from a clock that was put back (seconds).
_LONGEST = 200.0
#: Whoever waits for a place of another process looks again after this time (seconds).
_AGAIN = (0.02, 0.04)
#: Where no place came free: come back after this time (seconds).
_LATER = 1.0
_NAME = 300


class SharedGate:
    """``connectors.gate.Gate`` for all processes of one database. Thread safe, fork safe.

    Within a process, no more threads ask the database than could ever be admitted; the others
    wait for them in memory. Nobody is admitted without a place in the database.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._at_once = settings.provider_at_once
        self._mailbox_at_once = min(settings.mailbox_at_once, settings.provider_at_once)
        self._begin_again()

    @contextmanager
    def passing(self, *, account: str, mailbox: str, deadline: Deadline) -> Iterator[None]:
        """Hold a place for one request. Raises TryLater where none comes free within the deadline,
        or where the provider asked this account to wait (``retry_after`` says how long)."""
        account, mailbox = _short(account), _short(mailbox)
        if self._pid != os.getpid():
            self._begin_again()
        self._queue_up(account, mailbox, deadline)
        try:
            place = self._wait(account, mailbox, deadline)
            try:
                yield
            finally:
                self._give_back(place)
        finally:
            self._leave(account, mailbox)

    def pause(self, *, account: str, seconds: float) -> None:
        """The provider asked to wait: nobody passes for that long. Never raises."""
        account = _short(account)

        def work(uow: UnitOfWork) -> None:
            until = uow.now + timedelta(seconds=max(seconds, 0.0))
            uow.places.pause(account=account, until=until, now=uow.now)

        try:
            self._store.transact(work)
        except Exception as error:  # noqa: BLE001 - the answer that brought the wish counts more
            _log.error("a provider's wish to wait could not be kept: %s", type(error).__name__)

    def _begin_again(self) -> None:
        """Also in the child of a fork: whoever waited or passed does not live there."""
        self._inside: Counter[tuple[str, str]] = Counter()
        self._condition = threading.Condition()
        self._pid = os.getpid()

    def _queue_up(self, account: str, mailbox: str, deadline: Deadline) -> None:
        whole, part = (account, ""), (account, mailbox)

        def room() -> bool:
            full = self._inside[whole] >= self._at_once
            return not full and (not mailbox or self._inside[part] < self._mailbox_at_once)

        with self._condition:
            if not self._condition.wait_for(room, deadline.remaining()):
                raise _full()
            self._inside[whole] += 1
            if mailbox:
                self._inside[part] += 1

    def _leave(self, account: str, mailbox: str) -> None:
        with self._condition:
            for each in {(account, ""), (account, mailbox)}:
                self._inside[each] -= 1
                if not self._inside[each]:
                    del self._inside[each]
            self._condition.notify_all()

    def _wait(self, account: str, mailbox: str, deadline: Deadline) -> Place:
        owner = secrets.token_hex(12)
        while not deadline.passed:
            lasts = min(deadline.remaining() + _GRACE, _LONGEST)
            taken, now = self._take(account, mailbox, owner, lasts)
            if isinstance(taken, Place):
                return taken
            if isinstance(taken, datetime):
                wait = (taken - now).total_seconds()
                raise TryLater("the provider asked us to wait", retry_after=wait)
            # Not by the secret generator: whoever waits may be guessed.
            time.sleep(min(random.uniform(*_AGAIN), deadline.remaining()))  # noqa: S311
        raise _full()

    def _take(
        self, account: str, mailbox: str, owner: str, lasts: float
    ) -> tuple[Place | datetime | None, datetime]:
        def work(uow: UnitOfWork) -> tuple[Place | datetime | None, datetime]:
            taken = uow.places.take(
                account=account,
                mailbox=mailbox,
                owner=owner,
                at_once=self._at_once,
                mailbox_at_once=self._mailbox_at_once,
                now=uow.now,
                until=uow.now + timedelta(seconds=lasts),
            )
            return taken, uow.now

        try:
            return self._store.transact(work)
        except StoreUnavailable as error:
            raise TryLater(str(error)) from None

    def _give_back(self, place: Place) -> None:
        try:
            self._store.transact(lambda uow: uow.places.give_back(place))
        except StoreUnavailable as error:
            _log.warning("a place at a provider runs out by itself: %s", error)


def _short(name: str) -> str:
    """The name itself, or something of its own where it is too long for its column."""
    if len(name) <= _NAME:
        return name
    return hashlib.sha256(name.encode()).hexdigest()


def _full() -> TryLater:
    return TryLater("no place came free for a request to this provider", retry_after=_LATER)
