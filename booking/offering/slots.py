"""Which starts are free: opening hours, steps and busy cells as bit masks. Pure and fast.

One bit is one five-minute cell of UTC, so the nights on which the clocks change need no thought
here: opening intervals come as instants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from booking.busy import Masks, cell_of, moment_of, ones
from connectors.contract import Period
from mapping.hours import OpenInterval
from mapping.model import CELL_MINUTES, Service


@dataclass(frozen=True, slots=True)
class Shape:
    """What an appointment takes, in cells: buffers before and after, and the time itself."""

    before: int
    length: int
    after: int

    @classmethod
    def of(cls, service: Service) -> Shape:
        return cls(
            before=service.buffer_before_minutes // CELL_MINUTES,
            length=service.duration_minutes // CELL_MINUTES,
            after=service.buffer_after_minutes // CELL_MINUTES,
        )

    @property
    def whole(self) -> int:
        return self.before + self.length + self.after

    def cells(self, start: datetime) -> tuple[int, int]:
        """Half-open range of cells that an appointment at ``start`` claims, buffers included."""
        first = cell_of(start) - self.before
        return first, first + self.whole

    def period(self, start: datetime) -> Period:
        # Python counts on the wall clock where a zone has one, and takes both hours of a repeated
        # one for the same (PEP 495).
        return _period(start.astimezone(UTC), self.length)


@lru_cache(maxsize=1 << 16)
def _period(start: datetime, length: int) -> Period:
    # Kept, because every view of a month tells the same hundreds of times again.
    return Period(start, start + timedelta(minutes=length * CELL_MINUTES))


def candidate_starts(
    intervals: Iterable[OpenInterval], *, base: int, step: int, length: int
) -> int:
    """Mask of the starts that opening hours allow: every ``step`` cells from each interval's own
    start, as long as the appointment ends within it. Never shifted behind events."""
    mask = 0
    for interval in intervals:
        first, end = cell_of(interval.period.start), cell_of(interval.period.end)
        for start in range(first, end - length + 1, step):
            if start >= base:
                mask |= 1 << (start - base)
    return mask


def aligned(masks: Masks, blocked: int, *, base: int, cells: int) -> int:
    """A replica's mask, moved to another base; what the replica does not know is blocked."""
    shift = masks.base - base
    moved = blocked << shift if shift >= 0 else blocked >> -shift
    unknown = ones(0, min(shift, cells)) | ones(max(shift + masks.cells, 0), cells)
    return moved | unknown


def spread(mask: int, length: int) -> int:
    """Bit i is set where any of the bits i … i + length - 1 of ``mask`` is."""
    have = 1
    while have < length:
        move = min(have, length - have)
        mask |= mask >> move
        have += move
    return mask


def free_starts(candidates: int, blocked: int, shape: Shape) -> int:
    """Candidates whose cells, buffers included, are all free. Buffers may leave opening hours."""
    return candidates & ~(spread(blocked, shape.whole) << shape.before)


def starts_in(mask: int, *, base: int) -> list[datetime]:
    """The instants of the set bits, in order."""
    found = []
    for index, byte in enumerate(mask.to_bytes((mask.bit_length() + 7) // 8, "little")):
        while byte:
            low = byte & -byte
            found.append(moment_of(base + index * 8 + low.bit_length() - 1))
            byte ^= low
    return found
