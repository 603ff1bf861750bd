"""Child processes that live as long as their supervisor, not a moment longer."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from booking_web.cli.demo.trouble import StartError

PR_SET_PDEATHSIG = 1
START_SECONDS = 60.0
STOP_SECONDS = 10.0
LONGEST_BACK_OFF = 30.0
SETTLED = 60.0  #: seconds after which a child that dies counts as dying for the first time
LOG_BYTES = 5_000_000

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """One process to keep running. ``answers`` tells whether it does its work."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    answers: Callable[[], bool] = lambda: True
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _failures: int = 0
    _again_at: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Call from the main thread: Linux ends the child together with the thread that made it."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                list(self.command),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor only
                preexec_fn=_die_with_parent,  # safe: no threads here, and libc is loaded
            )
        self._started = time.monotonic()

    def wait_until_it_answers(self, stopped: Callable[[], bool]) -> None:
        """Raises StartError if it ends or keeps silent for a minute."""
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if stopped():
                return
            self.must_live()
            if time.monotonic() > end:
                raise StartError(f"{self.name} does not answer; its log is {self.log}.")
            time.sleep(0.05)

    def must_live(self) -> None:
        """Raises StartError with its last words where it has ended."""
        if not self.alive:
            raise StartError(f"{self.name} ended at its start: {self.last_words()}")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f"{lines[-1][:300] if lines else 'it said nothing'} (log: {self.log})"

    def revive(self) -> bool:
        """Start it again where it has died, later each time; True if that happened now."""
        if self.alive:
            return False
        now = time.monotonic()
        if not self._again_at:
            if now - self._started > SETTLED:
                self._failures = 0
            self._again_at = now + min(LONGEST_BACK_OFF, 0.5 * 2**self._failures)
            self._failures += 1
        if now < self._again_at:
            return False
        self._again_at = 0.0
        self.start()
        return True

    def ask_to_stop(self) -> None:
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGTERM)

    def make_sure_it_stopped(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
