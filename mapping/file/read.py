"""Reads a mapping file and reports every fault with line, column and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass

from mapping.checks import Providers, check
from mapping.file.faults import Fault, MappingFileError
from mapping.file.nodes import TooManyValues, Walker
from mapping.file.source import compose
from mapping.model import Municipality
from mapping.problem import Path, Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """A usable municipality and what an administrator may want to look at."""

    municipality: Municipality
    warnings: tuple[Fault, ...]


def read_mapping(text: str, *, name: str, providers: Providers | None = None) -> Municipality:
    """The municipality that ``text`` describes; ``name`` is the file's, for messages.

    ``providers``: what the calling program can connect to; without it provider names are not
    judged. Raises MappingFileError with every fault.
    """
    return examine(text, name=name, providers=providers).municipality


def examine(text: str, *, name: str, providers: Providers | None = None) -> Reading:
    """As ``read_mapping``, with the warnings. Raises MappingFileError."""
    root = compose(text, name=name)
    walker = Walker()
    try:
        municipality: Municipality = walker.value(Municipality, root, ())
    except (TooManyValues, RecursionError):
        message = "the file unfolds to too many values; write lists out instead of using aliases"
        raise MappingFileError(name, (Fault(1, 1, message),)) from None
    problems = [
        problem
        for problem in check(municipality, providers=providers)
        if not _follows_from(problem, walker.broken)
    ]
    faults = list(walker.faults)
    faults += [_placed(each, walker) for each in problems if not each.warning]
    if faults:
        raise MappingFileError(name, tuple(sorted(set(faults))))
    warnings = {_placed(each, walker) for each in problems if each.warning}
    return Reading(municipality, tuple(sorted(warnings)))


def _follows_from(problem: Problem, broken: set[Path]) -> bool:
    """Whether what the problem is about could not be read in the first place."""
    path = problem.path
    return any(
        path[: len(fault)] == fault
        or (path != () and fault[: len(path)] == path)
        or any(_may_hide_a_name(fault, place) for place in problem.relies_on)
        for fault in broken
    )


def _may_hide_a_name(fault: Path, place: Path) -> bool:
    """Whether the name that is missed below ``place`` may stand in what could not be read."""
    if place[: len(fault)] == fault:
        return True
    inside = fault[: len(place)] == place
    return inside and (len(fault) == len(place) + 1 or fault[-1] in {"key", "name", "address"})


def _placed(problem: Problem, walker: Walker) -> Fault:
    path = problem.path
    while path and path not in walker.places:
        path = path[:-1]
    line, column = walker.places.get(path, (1, 1))
    # A message may quote a value, and a value may be a page long.
    message = problem.message if len(problem.message) <= 400 else problem.message[:399] + "…"
    return Fault(line, column, message)
