"""Jobs that leave traces in files."""

from __future__ import annotations

import os
import time
from pathlib import Path


def mark(path: str) -> None:
    """Append the number of this process and of its parent."""
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()} {os.getppid()}\n")


def mark_and_linger(path: str, seconds: float) -> None:
    mark(path)
    time.sleep(seconds)
