"""What this process has sent: one create of a key at a time, and never blindly a second time."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.deadline import Deadline
from connectors.errors import TryLater

_REMEMBERED: Final = 2_000


class Sent:
    """Safe under threads; a forked child starts with what its parent knew and with locks free."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: set[tuple[str, str]] = set()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        _all.add(self)

    @contextmanager
    def alone(self, name: tuple[str, str], deadline: Deadline) -> Iterator[bool]:
        """Wait until nobody here sends ``name``; gives whether it has been sent before."""
        with self._changed:
            free = self._changed.wait_for(
                lambda: name not in self._under_way, timeout=deadline.remaining()
            )
            if not free:
                raise TryLater("the same event is being written: the time was over")
            before = name in self._known
            self._known[name] = None
            self._known.move_to_end(name)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._under_way.add(name)
        try:
            yield before
        finally:
            with self._changed:
                self._under_way.discard(name)
                self._changed.notify_all()

    def _after_fork(self) -> None:
        self._changed = threading.Condition()
        self._under_way = set()


_all: Final[weakref.WeakSet[Sent]] = weakref.WeakSet()


def _forked() -> None:
    for each in _all:
        each._after_fork()


os.register_at_fork(after_in_child=_forked)
