"""Seeds that find planted bugs which few schedules find: they are tried first."""

from __future__ import annotations

from typing import Final

KNOWN: Final[dict[str, tuple[int, ...]]] = {}
