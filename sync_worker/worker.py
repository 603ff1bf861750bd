"""The worker process: forks a child for each job, and is replaced within seconds when it dies."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, cast

import redis
from rq import Queue
from rq.job import Job
from rq.worker import SimpleWorker, Worker
from rq.worker.base import BaseWorker

from sync_worker.queues import NAMES, SERIALIZER, QueueUnreachable

log = logging.getLogger(__name__)

HEARTBEAT_TTL = 20  #: seconds without a sign of life after which a running job counts as abandoned
MONITORING = 5
MAINTENANCE = 10
WORKER_TTL = 30
PR_SET_PDEATHSIG = 1


class _Settled(BaseWorker):
    """RQ waits up to thirteen minutes before it believes in a death; we wait seconds."""

    log_result_lifespan = False
    max_connection_wait_time = 5.0

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return HEARTBEAT_TTL

    def bootstrap(self, *arguments: Any, **named: Any) -> None:
        # RQ listens to signals only after it has told everybody that this worker lives.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop_before_work)
        super().bootstrap(*arguments, **named)

    def _stop_before_work(self, number: int, frame: FrameType | None) -> None:
        self._stop_requested = True


class ForkingWorker(_Settled, Worker):
    """One child per job: a job that leaks or crashes takes nothing with it."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent(signal.SIGKILL)
        super().main_work_horse(job, queue)


class PlainWorker(_Settled, SimpleWorker):
    """Works in its own process, where forking is unsafe (macOS and its network libraries)."""

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        # Nobody sends a heartbeat while the job runs.
        return int(job.timeout or 0) + HEARTBEAT_TTL


def die_with_parent(number: signal.Signals) -> None:
    """On Linux the kernel sends ``number`` to this process when its parent ends; else nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))


def make_worker(redis_url: str, *, queues: Sequence[str] = NAMES) -> ForkingWorker | PlainWorker:
    """A worker of these queues. Opens the connection (RQ names itself there)."""
    worker_class: Any = ForkingWorker if sys.platform == "linux" else PlainWorker
    worker = worker_class(
        list(queues),
        connection=redis.Redis.from_url(redis_url),
        serializer=SERIALIZER,
        maintenance_interval=MAINTENANCE,
        job_monitoring_interval=MONITORING,
        worker_ttl=WORKER_TTL,
        log_job_description=False,
    )
    return cast("ForkingWorker | PlainWorker", worker)


def run(redis_url: str, *, queues: Sequence[str] = NAMES) -> None:
    """Work until SIGTERM or SIGINT; a job that runs then is finished first.

    Raises QueueUnreachable where Redis does not answer at the start; later it is waited for.
    """
    try:
        with redis.Redis.from_url(redis_url) as first:
            first.ping()
    except (redis.RedisError, OSError) as error:
        raise QueueUnreachable(f"Redis does not answer: {error}") from None
    log.info("worker %d starts", os.getpid())
    make_worker(redis_url, queues=queues).work(logging_level="WARNING")
