"""Processes that are measured from outside: CPU and memory as the kernel counts them (Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Process:
    """One program of ours or of a server, with all its descendants."""

    name: str
    popen: subprocess.Popen[bytes]
    started_in: float  #: seconds until it answered

    def cpu(self) -> float:
        """User and system seconds of the whole family so far, also of children that ended."""
        return sum(map(_cpu_of, [self.popen.pid, *descendants(self.popen.pid)]))

    def memory(self) -> float:
        """Resident MiB of the family; shared pages count in each process."""
        return sum(map(_memory_of, [self.popen.pid, *descendants(self.popen.pid)]))

    def shared_memory(self) -> list[float]:
        """MiB of each process of the family, shared pages divided by those who share them (PSS);
        the oldest first."""
        return [_share_of(pid) for pid in (self.popen.pid, *descendants(self.popen.pid))]

    def stop(self) -> None:
        self.popen.terminate()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    environment: dict[str, str],
    log: Path,
    answers: Callable[[], bool],
    seconds: float = 60,
) -> Iterator[Process]:
    """Start, wait until it answers, stop at the end."""
    with log.open("ab") as output:
        begun = time.monotonic()
        popen = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
    process = Process(name, popen, 0.0)
    try:
        while not answers():
            if popen.poll() is not None or time.monotonic() - begun > seconds:
                raise SystemExit(f"{name} did not start; its last words are in {log}")
            time.sleep(0.01)
        process.started_in = time.monotonic() - begun
        yield process
    finally:
        process.stop()


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, _read(task).split()):
            found += [child, *descendants(child)]
    return found


def _read(path: Path) -> str:
    """Empty where the process has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _memory_of(pid: int) -> float:
    return _mebibytes(Path(f"/proc/{pid}/status"), "VmRSS:")


def _share_of(pid: int) -> float:
    return _mebibytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _mebibytes(path: Path, name: str) -> float:
    lines = _read(path).splitlines()
    return next((int(each.split()[1]) / 1024 for each in lines if each.startswith(name)), 0.0)
