"""Planted bugs of what becomes of changes that employees make."""

from __future__ import annotations

from booking.calendars import readings
from tests.simulation.mutants import Swaps, mutant


@mutant
def no_brake(swap: Swaps) -> None:
    swap.set(readings, "_BRAKE_AT", 10**9)
