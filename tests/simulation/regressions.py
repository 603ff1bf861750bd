"""Seeds that once broke a promise, each with what was wrong; all of them are run in CI.

A seed means the same schedule only as long as the product makes the same calls in the same order:
what is kept here is a sample of schedules that were hard once, not a proof by itself.
"""

from __future__ import annotations

from typing import Final

REGRESSIONS: Final[dict[int, str]] = {}
