"""A thread that runs one event loop, for a library that is asynchronous only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Starts at once. Coroutines of any thread run on it; dies with the process."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() and not self._loop.is_closed()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Raises RuntimeError where the loop has ended; ``work`` is then closed."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:
            work.close()
            raise

    def stop(self, last: Coroutine[Any, Any, object], *, seconds: float) -> None:
        """Cancel what runs, run ``last``, end the thread; never waits longer than told."""
        if not self.alive:
            last.close()
            return
        self._last = last
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)

    _last: Coroutine[Any, Any, object] | None = None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            running = asyncio.all_tasks(self._loop)
            for task in running:
                task.cancel()
            if running:
                self._loop.run_until_complete(asyncio.gather(*running, return_exceptions=True))
            if self._last is not None:
                self._loop.run_until_complete(self._last)
        finally:
            self._loop.close()
