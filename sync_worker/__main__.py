"""``python -m sync_worker worker [interactive]|scheduler``: the background processes."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Sequence
from types import FrameType

from booking.settings import Settings, SettingsError
from booking.store import DatabaseUrlError, EncryptionError, StoreUnavailable
from sync_worker import wiring
from sync_worker.queues import INTERACTIVE, NAMES, QueueUnreachable


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 2 for a wrong call or setting, 1 without database or queue."""
    commands = {
        "worker": work,
        "worker interactive": work_for_citizens,
        "scheduler": schedule,
    }
    command = commands.get(" ".join(arguments))
    if command is None:
        print("usage: python -m sync_worker worker [interactive]|scheduler", file=sys.stderr)
        return 2
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = Settings.from_environment(os.environ)
        wiring.configure(settings)
        wiring.assemble(settings)  # a wrong setting stops the start, not the first job
        command(settings)
    except (SettingsError, DatabaseUrlError, EncryptionError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 2
    except (StoreUnavailable, QueueUnreachable) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


def work_for_citizens(settings: Settings) -> None:
    """A worker that no slow calendar server can keep from placing bookings and sending mails."""
    work(settings, queues=(INTERACTIVE,))


def work(settings: Settings, *, queues: Sequence[str] = NAMES) -> None:
    # Imported here: the scheduler needs none of it.
    import sync_worker.jobs  # noqa: F401  (before the fork, so that children find it loaded)
    from sync_worker import worker

    if not settings.redis_url:
        raise SettingsError("RANTEVOU_REDIS_URL is missing: workers wait for jobs in Redis")
    wiring.preload(wiring.assemble(settings))
    worker.run(settings.redis_url, queues=queues)


def schedule(settings: Settings) -> None:
    from sync_worker.ticker import Ticker

    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    Ticker(wiring.current(), owner=owner).run(stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
