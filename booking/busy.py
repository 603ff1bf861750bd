"""Busy time as bit masks: one bit for each five-minute cell of UTC. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.contract import BusyInterval, Ours, Period, ShowAs
from mapping.model import CELL_MINUTES, ShowAsPolicy
from mapping.policy import blocks

CELL_SECONDS = CELL_MINUTES * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL = timedelta(seconds=CELL_SECONDS)


def cell_of(moment: datetime) -> int:
    """The cell in which an instant falls (unix seconds divided by 300, rounded down)."""
    return (moment - _EPOCH) // _CELL


def cells_over(period: Period) -> tuple[int, int]:
    """Half-open range of all cells that a period touches."""
    return cell_of(period.start), -((_EPOCH - period.end) // _CELL)


def moment_of(cell: int) -> datetime:
    return _EPOCH + cell * _CELL


@dataclass(frozen=True, slots=True)
class Masks:
    """Busy time of one mailbox; bit 0 is cell ``base``, nothing is known beyond ``cells``."""

    base: int
    cells: int
    busy: int = 0
    tentative: int = 0
    elsewhere: int = 0
    all_day_free: int = 0
    own: int = 0
    degraded: bool = False

    def blocked(self, policy: ShowAsPolicy, *, own: int | None = None) -> int:
        """Mask of what is not to be offered; ``own`` replaces the mask of our own events."""
        mask = self.busy | (self.own if own is None else own)
        if blocks(policy, show_as=ShowAs.TENTATIVE, all_day=False):
            mask |= self.tentative
        if blocks(policy, show_as=ShowAs.WORKING_ELSEWHERE, all_day=False):
            mask |= self.elsewhere
        if blocks(policy, show_as=ShowAs.FREE, all_day=True):
            mask |= self.all_day_free
        return mask


def ones(first: int, end: int) -> int:
    """Bits ``first`` to ``end`` (half-open); nothing where the range is empty."""
    return ((1 << (end - first)) - 1) << first if end > first else 0


def masks_of(
    intervals: Iterable[BusyInterval], *, window: Period, zone: ZoneInfo, degraded: bool
) -> Masks:
    """Masks of ``window``. Edges round outward; a guessed place blocks its whole local days."""
    base, end = cells_over(window)
    parts = dict.fromkeys(("busy", "tentative", "elsewhere", "all_day_free", "own"), 0)
    for interval in intervals:
        name = _class(interval)
        if name is None:
            continue
        period = interval.period if interval.certain else whole_days(interval.period, zone)
        first, last = cells_over(period)
        parts[name] |= ones(max(first, base) - base, min(last, end) - base)
    return Masks(base=base, cells=end - base, degraded=degraded, **parts)


def _class(interval: BusyInterval) -> str | None:
    if interval.ours is Ours.YES and interval.key:
        return "own"
    if not interval.certain:
        return None if interval.show_as is ShowAs.FREE else "busy"
    if interval.show_as is ShowAs.FREE:
        return "all_day_free" if interval.all_day else None
    if interval.show_as is ShowAs.TENTATIVE:
        return "tentative"
    if interval.show_as is ShowAs.WORKING_ELSEWHERE:
        return "elsewhere"
    return "busy"


def whole_days(period: Period, zone: ZoneInfo) -> Period:
    """The local days that a period touches, from midnight to midnight."""
    first = period.start.astimezone(zone).date()
    last = (period.end - timedelta(microseconds=1)).astimezone(zone).date() + timedelta(days=1)
    return Period(
        datetime(first.year, first.month, first.day, tzinfo=zone),
        datetime(last.year, last.month, last.day, tzinfo=zone),
    )
