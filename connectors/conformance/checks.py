"""How a promise says that it is broken, in words that a report can show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from connectors.contract import Period
from connectors.errors import ConnectorError

_Error = TypeVar("_Error", bound=ConnectorError)
#: Characters of one value in a report.
_LONGEST = 600


class PromiseBroken(AssertionError):
    """The calendar did something else than was promised; the text says what."""


class NotApplicable(Exception):
    """The promise cannot be asked of this calendar; ``capability`` is what it lacks."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


def holds(fact: bool, otherwise: str) -> None:
    """Raises PromiseBroken with ``otherwise`` where ``fact`` is not so."""
    if not fact:
        raise PromiseBroken(otherwise)


def same(told: object, wanted: object, what: str) -> None:
    """Raises PromiseBroken where the calendar told something else of ``what``."""
    if told != wanted:
        raise PromiseBroken(f"{what}: {_short(told)} instead of {_short(wanted)}")


class Caught(Generic[_Error]):
    error: _Error


@contextmanager
def refused(kind: type[_Error], what: str) -> Iterator[Caught[_Error]]:
    """Raises PromiseBroken where the block does not end in an error of ``kind``."""
    caught: Caught[_Error] = Caught()
    try:
        yield caught
    except kind as error:
        caught.error = error
        return
    except ConnectorError as error:
        raise PromiseBroken(
            f"{what}: {type(error).__name__} ({error}) instead of {kind.__name__}"
        ) from error
    raise PromiseBroken(f"{what}: it was done instead of refused with {kind.__name__}")


def _short(value: object) -> str:
    text = _told(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _told(value: object) -> str:
    if isinstance(value, Period):
        return f"{value.start:%Y-%m-%d %H:%M} to {value.end:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(map(_told, value))}]"
    return repr(value)
