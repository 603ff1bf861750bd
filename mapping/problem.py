"""A finding about a municipality's values, named by its path, before it has a place in a file."""

from __future__ import annotations

from dataclasses import dataclass

#: Field names and indexes from the municipality down, e.g. ("services", 0, "step_minutes").
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """``message`` says what to write instead. A ``warning`` does not refuse the file."""

    path: Path
    message: str
    warning: bool = False
    #: Where the values stand that this finding compares with; a fault there makes it pointless.
    relies_on: tuple[Path, ...] = ()
