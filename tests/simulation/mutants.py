"""Planted bugs: each changes the product's real code by name for the length of a run.

A simulation that finds none of these would find nothing. The switch is here alone: the product
knows nothing of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

Plant = Callable[[], None]

#: Name of each planted bug → what plants it, through ``swap``.
MUTANTS: Final[dict[str, Callable[[Swaps], None]]] = {}
#: … and those that so few schedules of this size show that other tests have to find them.
RARE: Final[dict[str, Callable[[Swaps], None]]] = {}


class Swaps:
    """Replaces names of modules and classes, and puts them back."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def set(self, where: Any, name: str, new: Any) -> None:
        """``where`` is an object or the name of a module."""
        target = importlib.import_module(where) if isinstance(where, str) else where
        old = getattr(target, name)
        setattr(target, name, new)
        self._stack.callback(setattr, target, name, old)

    def everywhere(self, old: Any, new: Any) -> None:
        """In every module of the product that imported it by name."""
        name = old.__name__
        for key, module in sorted(sys.modules.items()):
            if key.startswith("booking") and getattr(module, name, None) is old:
                self.set(module, name, new)


def mutant(plant: Callable[[Swaps], None]) -> Callable[[Swaps], None]:
    MUTANTS[plant.__name__] = plant
    return plant


def rare(plant: Callable[[Swaps], None]) -> Callable[[Swaps], None]:
    RARE[plant.__name__] = plant
    return plant


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Raises KeyError for a bug that nobody has written."""
    plant = (MUTANTS | RARE)[name]
    with ExitStack() as stack:
        plant(Swaps(stack))
        yield


def load() -> None:
    """Import the modules that hold them; they register themselves."""
    for module in ("planted_store", "planted_calendar", "planted_mail", "planted_reconciling"):
        importlib.import_module(f"tests.simulation.{module}")
