"""Whether a municipality's values make sense together; pure, every finding with its path."""

from __future__ import annotations

from collections.abc import Iterator

from mapping.checks import access, connections, forms, names, references, texts, times
from mapping.checks.connections import Providers
from mapping.model import Municipality
from mapping.problem import Problem

__all__ = ["Providers", "check"]


def check(municipality: Municipality, *, providers: Providers | None = None) -> list[Problem]:
    """Every fault and warning. ``providers``: what the calling program can connect to."""
    return list(_all(municipality, providers))


def _all(municipality: Municipality, providers: Providers | None) -> Iterator[Problem]:
    yield from names.check(municipality)
    yield from texts.check(municipality)
    yield from times.check(municipality)
    yield from references.check(municipality)
    yield from forms.check(municipality)
    yield from access.check(municipality)
    yield from connections.check(municipality, providers)
