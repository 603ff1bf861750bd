"""The queues: how any process wakes the workers, without ever waiting for them.

Everything that must happen is a row in the database. A queue only says "look now", so an entry
that gets lost costs the few seconds until the ticker says it again. This is the only module of
the package that pages may import.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.worker import Worker

log = logging.getLogger(__name__)

#: In the order in which a worker empties them.
INTERACTIVE, RECONCILE, BULK = "interactive", "reconcile", "bulk"
NAMES = (INTERACTIVE, RECONCILE, BULK)

#: JSON, because whoever can write to Redis would own a worker that unpickles what it finds.
SERIALIZER = "json"

#: What may be asked for by name: the job and its queue.
KINDS = {
    "drain": ("sync_worker.jobs.drain", INTERACTIVE),
    "poll": ("sync_worker.jobs.poll_due", RECONCILE),
    "check": ("sync_worker.jobs.check_due", BULK),
    "subscriptions": ("sync_worker.jobs.tend_subscriptions", BULK),
}
POLL_JOB = "sync_worker.jobs.poll"

JOB_TIMEOUT = 180  #: seconds; every job keeps a much shorter deadline of its own
FAILURE_TTL = 60  #: seconds; what failed stands in the database and the log, not in Redis
QUEUED_LIMIT = 1000  #: above that nobody is working, and more entries help nobody
SOCKET_SECONDS = 1.0


class QueueUnreachable(Exception):
    """Redis does not answer or refuses; nothing was queued."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What a health page shows; ``oldest_heartbeat``: age in seconds of the quietest worker."""

    reachable: bool
    workers: int = 0
    queued: int = 0
    oldest_heartbeat: float | None = None


class Queues:
    """Entry to the queues of one Redis; nothing is opened before the first use. Thread safe."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._client: tuple[int, redis.Redis] | None = None
        self._waker: _Waker | None = None

    def wake(self, kind: str) -> None:
        """Ask for one of ``KINDS`` soon. Returns at once, never raises, may be lost."""
        if not self._url:
            return
        waker = self._waker
        if waker is None or waker.pid != os.getpid():
            waker = self._waker = _Waker(self)
        waker.wake(kind)

    def ask(self, kind: str) -> bool:
        """Put one of ``KINDS`` into its queue; False if one is waiting there already.

        A job that has begun does not count as waiting: whoever asks while it runs gets another
        one, so nothing falls between its last look and its end. Raises QueueUnreachable.
        """
        function, queue = KINDS[kind]
        with self._talk() as client:
            generation = int(client.get(_generation_key(kind)) or 0)
            return self._enqueue(client, queue, function, (), f"{kind}-{generation}", spread=10)

    def begun(self, kind: str) -> None:
        """Called by the job itself when it starts (see ``ask``)."""
        try:
            with self._talk() as client:
                client.incr(_generation_key(kind))
        except QueueUnreachable:
            log.warning("the queue does not answer; the next wake-up may come a few seconds late")

    def poll(self, *, server_id: str, mailbox_ids: Sequence[str], every: float) -> bool:
        """Ask for one reading of these mailboxes of one server, once in ``every`` seconds.

        False if the same was asked for within that time. Raises QueueUnreachable.
        """
        digest = hashlib.sha256("\0".join((server_id, *mailbox_ids)).encode()).hexdigest()[:32]
        arguments = (list(mailbox_ids),)
        with self._talk() as client:
            return self._enqueue(client, BULK, POLL_JOB, arguments, f"poll-{digest}", spread=every)

    def state(self) -> QueueState:
        """Never raises: an unreachable Redis is an answer."""
        if not self._url:
            return QueueState(reachable=False)
        try:
            with self._talk() as client:
                workers = Worker.all(connection=client, serializer=SERIALIZER)
                now = time.time()
                ages = [now - w.last_heartbeat.timestamp() for w in workers if w.last_heartbeat]
                queued = sum(Queue(name, connection=client).count for name in NAMES)
                return QueueState(True, len(workers), queued, max(ages, default=None))
        except QueueUnreachable:
            return QueueState(reachable=False)

    def close(self) -> None:
        if self._client is not None and self._client[0] == os.getpid():
            self._client[1].close()
        self._client = None

    def _enqueue(
        self,
        client: redis.Redis,
        name: str,
        function: str,
        arguments: tuple[object, ...],
        job_id: str,
        *,
        spread: float,
    ) -> bool:
        queue = Queue(name, connection=client, serializer=SERIALIZER)
        if queue.count >= QUEUED_LIMIT:
            return False
        # The time in the name bounds how long an entry that its worker took to the grave can
        # stand in the way of the next one.
        unique = f"{job_id}-{int(time.time() // spread)}"
        try:
            queue.enqueue_call(
                function,
                args=arguments,
                timeout=JOB_TIMEOUT,
                result_ttl=0,
                failure_ttl=FAILURE_TTL,
                description=function,
                job_id=unique,
                unique=True,
            )
        except DuplicateJobError:
            return False
        return True

    @contextmanager
    def _talk(self) -> Iterator[redis.Redis]:
        if not self._url:
            raise QueueUnreachable("no queue is configured (RANTEVOU_REDIS_URL)")
        try:
            yield self._connection()
        except (redis.RedisError, OSError) as error:
            raise QueueUnreachable(type(error).__name__) from error

    def _connection(self) -> redis.Redis:
        if self._client is None or self._client[0] != os.getpid():
            client = redis.Redis.from_url(
                self._url,
                socket_timeout=SOCKET_SECONDS,
                socket_connect_timeout=SOCKET_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            self._client = (os.getpid(), client)
        return self._client[1]


def _generation_key(kind: str) -> str:
    return f"rantevou:begun:{kind}"


class _Waker:
    """A thread of its own for the asking, so that a dead Redis never costs a citizen a moment."""

    def __init__(self, queues: Queues) -> None:
        self.pid = os.getpid()
        self._queues = queues
        self._wanted: set[str] = set()
        self._condition = threading.Condition()
        threading.Thread(target=self._run, name="wake-up", daemon=True).start()

    def wake(self, kind: str) -> None:
        with self._condition:
            self._wanted.add(kind)
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._wanted)
                wanted, self._wanted = self._wanted, set()
            for kind in wanted:
                try:
                    self._queues.ask(kind)
                except QueueUnreachable as error:
                    log.warning("could not wake the workers (%s); the ticker will", error)
                except Exception:
                    log.exception("could not wake the workers; the ticker will")
