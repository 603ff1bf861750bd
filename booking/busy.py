"""Busy time as bit masks: one bit for each five-minute cell of UTC. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.contract import BusyInterval, Ours, Period, ShowAs
from mapping.model import CELL_MINUTES, ShowAsPolicy
from mapping.policy import blocks

CELL_SECONDS = CELL_MINUTES * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL = timedelta(seconds=CELL_SECONDS)

#: (name of a mask, first cell, end cell).
Stretch = tuple[str, int, int]


def cell_of(moment: datetime) -> int:
    """The cell in which an instant falls (unix seconds divided by 300, rounded down)."""
    return (moment - _EPOCH) // _CELL


def cells_over(period: Period) -> tuple[int, int]:
    """Half-open range of all cells that a period touches."""
    return cell_of(period.start), -((_EPOCH - period.end) // _CELL)


@lru_cache(maxsize=1 << 16)
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


def masks_of(stretches: Iterable[Stretch], *, window: Period, degraded: bool = False) -> Masks:
    """Masks of ``window``; what lies outside it is cut off."""
    base, end = cells_over(window)
    parts = dict.fromkeys(("busy", "tentative", "elsewhere", "all_day_free", "own"), 0)
    for kind, first, last in stretches:
        parts[kind] |= ones(max(first, base) - base, min(last, end) - base)
    return Masks(base=base, cells=end - base, degraded=degraded, **parts)


def stretch_of(interval: BusyInterval, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """What an interval takes: edges round outward, a guessed place takes whole local days."""
    kind = kind_of(
        interval.show_as,
        all_day=interval.all_day,
        own=interval.ours is Ours.YES and interval.key is not None,
        certain=interval.certain,
    )
    if kind is None:
        return ()
    period = interval.period if interval.certain else whole_days(interval.period, zone)
    return ((kind, *cells_over(period)),)


def kind_of(show_as: ShowAs, *, all_day: bool, own: bool, certain: bool = True) -> str | None:
    """The mask that an occurrence belongs to; None where it takes no time."""
    if own:
        return "own"
    if not certain:
        return None if show_as is ShowAs.FREE else "busy"
    if show_as is ShowAs.FREE:
        return "all_day_free" if all_day else None
    if show_as is ShowAs.TENTATIVE:
        return "tentative"
    if show_as is ShowAs.WORKING_ELSEWHERE:
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
