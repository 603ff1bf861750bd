"""$filter: comparisons, and/or/not, startswith/contains, and Any() over extended properties."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.servers.graph.call import GraphError
from tests.servers.graph.odata import EVENT_PROPERTIES, property_key

#: (gives the event in UTC, its extended properties) → whether it passes.
Test = Callable[[Callable[[], dict[str, Any]], dict[str, str]], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?)"
    r"|(?P<number>-?\d+)|(?P<mark>[(),:])|(?P<word>[\w@.$]+(?:/[\w@.]+)*))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_NAMES = {name.lower() for name in EVENT_PROPERTIES}


def compiled(text: str) -> Test:
    """Raises GraphError 400 for what it does not understand."""
    parser = _Parser(text)
    test = parser.either()
    if parser.rest():
        raise parser.refused()
    return test


def value_of(event: dict[str, Any], path: str) -> Any:
    """``start/dateTime`` and the like, names in any case; dates become datetimes."""
    value: Any = event
    for name in path.split("/"):
        if not isinstance(value, dict):
            return None
        lower = {key.lower(): item for key, item in value.items()}
        value = lower.get(name.lower())
    return value


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, _tokens(text), 0

    def rest(self) -> bool:
        return self.at < len(self.tokens)

    def refused(self) -> GraphError:
        return GraphError(
            400, "ErrorInvalidUrlQueryFilter", f"Invalid filter clause: '{self.text}'."
        )

    def either(self) -> Test:
        tests = [self.both()]
        while self._skip("or"):
            tests.append(self.both())
        return lambda event, extra: any(test(event, extra) for test in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self._skip("and"):
            tests.append(self.single())
        return lambda event, extra: all(test(event, extra) for test in tests)

    def single(self) -> Test:
        if self._skip("not"):
            inner = self.single()
            return lambda event, extra: not inner(event, extra)
        if self._skip("("):
            inner = self.either()
            self._expect(")")
            return inner
        kind, word = self._next()
        lower = word.lower()
        if kind == "word" and lower == "singlevalueextendedproperties/any":
            return self._any()
        if kind == "word" and lower in {"startswith", "contains"} and self._skip("("):
            return self._call(lower)
        if kind != "word" or lower.split("/")[0] not in _NAMES:
            raise self.refused()
        compare = _COMPARISONS.get(self._next()[1].lower())
        if compare is None:
            raise self.refused()
        wanted = self._literal()
        return lambda event, extra: _compare(compare, value_of(event(), word), wanted)

    def _any(self) -> Test:
        """``Any(ep: ep/id eq '…' and ep/value eq '…')``."""
        self._expect("(")
        name = self._next()[1]
        self._expect(":")
        wanted: dict[str, str] = {}
        while not self._skip(")"):
            self._skip("and")
            path, compare = self._next()[1], self._next()[1].lower()
            if not path.startswith(f"{name}/") or compare != "eq":
                raise self.refused()
            wanted[path.partition("/")[2].lower()] = str(self._literal())
        if set(wanted) - {"id", "value"} or "id" not in wanted:
            raise self.refused()
        key = property_key(wanted["id"])
        if "value" not in wanted:
            return lambda event, extra: key in extra
        return lambda event, extra: extra.get(key) == wanted["value"]

    def _call(self, name: str) -> Test:
        path = self._next()[1]
        self._expect(",")
        wanted = str(self._literal()).lower()
        self._expect(")")
        if name == "contains":
            return lambda event, extra: wanted in str(value_of(event(), path) or "").lower()
        return lambda event, extra: str(value_of(event(), path) or "").lower().startswith(wanted)

    def _literal(self) -> Any:
        kind, word = self._next()
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return int(word)
        if kind == "time":
            return word
        constants = {"true": True, "false": False, "null": None}
        if word.lower() not in constants:
            raise self.refused()
        return constants[word.lower()]

    def _next(self) -> tuple[str, str]:
        if not self.rest():
            raise self.refused()
        self.at += 1
        return self.tokens[self.at - 1]

    def _skip(self, word: str) -> bool:
        kind, given = self.tokens[self.at] if self.rest() else ("", "")
        if kind == "text" or given.lower() != word:
            return False
        self.at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise self.refused()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None or match.lastgroup is None:
            raise GraphError(400, "ErrorInvalidUrlQueryFilter", f"Invalid filter clause: '{text}'.")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _compare(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    if value is None or wanted is None:
        return compare(value is None, wanted is None) if compare in _EQUALITY else False
    moments = _moment(value), _moment(wanted)
    if None not in moments:
        return compare(*moments)
    if type(value) is not type(wanted):
        raise GraphError(
            400, "ErrorInvalidUrlQueryFilter", "A comparison with a value of another type."
        )
    return compare(value, wanted)


_EQUALITY = (operator.eq, operator.ne)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d([T ]|$)", value):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
