"""The routing table: which handler answers which path; every part adds its own lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tests.servers.graph.call import Answer, Call

Handler = Callable[..., Answer]


@dataclass(frozen=True)
class _Route:
    method: str
    base: str
    parts: tuple[str, ...]
    handler: Handler


class Routes:
    """Patterns like ``/users/{user}/events/{event}``; fixed parts match in any case.

    A handler is called as ``handler(call, user=…, event=…)`` with the percent-decoded parts.
    """

    def __init__(self) -> None:
        self._routes: list[_Route] = []

    def add(self, method: str, pattern: str, handler: Handler, *, base: str = "/v1.0") -> None:
        """``base`` "" is for pages beside the API (the pattern then starts at the root)."""
        self._routes.append(_Route(method, base, _parts(pattern), handler))

    def find(self, call: Call) -> tuple[Handler, dict[str, str]] | set[str] | None:
        """Handler and its arguments; the methods allowed where only the method is wrong; None."""
        parts = _parts(call.path)
        allowed: set[str] = set()
        best: tuple[int, Handler, dict[str, str]] | None = None
        for route in self._routes:
            if route.base != call.base or (found := _match(route.parts, parts)) is None:
                continue
            if route.method != call.method:
                allowed.add(route.method)
            elif best is None or len(found) < best[0]:
                best = len(found), route.handler, found
        if best is not None:
            return best[1], best[2]
        return allowed or None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _match(pattern: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    found: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        given = unquote(part)
        if wanted.startswith("{"):
            found[wanted[1:-1]] = given
        elif wanted.lower() != given.lower():
            return None
    return found
