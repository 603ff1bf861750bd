"""Where an unexpected error arose, without what it says: messages may quote personal data."""

from __future__ import annotations

import traceback
from pathlib import Path


def place_of(error: BaseException) -> str:
    """The last frames of the traceback as "file:line function", innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in frames
    )
