"""Walks a YAML node tree along the types of the model and collects every fault with its place."""

from __future__ import annotations

import dataclasses
import difflib
import enum
import functools
import types
import typing
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mapping.checks.texts import LONG_FIELDS
from mapping.file import scalars
from mapping.file.faults import Fault
from mapping.model import Closure, LocalText, Opening
from mapping.problem import Path

#: Values that a file may unfold to; aliases could otherwise multiply a few lines into millions.
MAX_VALUES = 100_000
MAX_FAULTS = 200

_NAMES_IN_FILE: dict[type, dict[str, str]] = {Closure: {"from": "first", "to": "last"}}
#: What YAML itself gives to untagged values (YAML 1.2.2, section 10.3, and dates).
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge")
)
_PLAIN: dict[Any, Callable[[str], object]] = {
    int: scalars.read_number,
    bool: scalars.read_switch,
    date: scalars.read_date,
}


class TooManyValues(Exception):
    """The file unfolds to more values than any municipality has."""


class Walker:
    """Reads values; afterwards ``faults``, ``places`` and ``broken`` tell about the file."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.places: dict[Path, tuple[int, int]] = {}
        self.broken: set[Path] = set()
        self._visited = 0

    def value(self, kind: Any, node: Node, path: Path) -> Any:
        """The value of type ``kind`` at ``node``, or a placeholder after noting a fault."""
        self._visit(node, path)
        optional = typing.get_origin(kind) in {types.UnionType, typing.Union}
        if optional:
            kind = next(each for each in typing.get_args(kind) if each is not type(None))
        if kind is LocalText:
            return self._local_text(node, path)
        if typing.get_origin(kind) is tuple:
            item = typing.get_args(kind)[0]
            if item is Opening:
                return self._openings(node, path)
            return self._sequence(item, node, path)
        if typing.get_origin(kind) is dict:
            return self._options(node, path)
        if dataclasses.is_dataclass(kind):
            return self._record(typing.cast(type, kind), node, path)
        return self._scalar(kind, node, path)

    def fault(self, node: Node, path: Path, message: str) -> None:
        line, column = place_of(node)
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(line, column, message))
        self.broken.add(path)

    def _visit(self, node: Node, path: Path) -> None:
        self._visited += 1
        if self._visited > MAX_VALUES:
            raise TooManyValues
        self.places.setdefault(path, place_of(node))
        if str(node.tag) not in _TAGS:
            self.fault(node, path, f"the tag '{scalars.shorten(str(node.tag))}' means nothing here")

    def _record(self, kind: type, node: Node, path: Path) -> Any:
        known = fields_of(kind)
        if not isinstance(node, MappingNode):
            self.fault(node, path, f"write a mapping with the keys {_listed(_required(kind))}")
            return _placeholder(kind)
        given: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node, path, known):
            name = _NAMES_IN_FILE.get(kind, {}).get(key_node.value, key_node.value)
            below = (*path, name)
            self.places[below] = place_of(value_node)
            if is_empty(value_node):
                if name in _required(kind):
                    self.fault(key_node, below, f"'{key_node.value}' is empty; write its value")
                    given[name] = _placeholder(known[key_node.value])
                continue
            given[name] = self.value(known[key_node.value], value_node, below)
        if kind is Closure and "first" in given:
            given.setdefault("last", given["first"])
        for name in _required(kind):
            if name not in given:
                label = _label(kind, name)
                self.fault(node, (*path, name), f"'{label}' is missing; add '{label}: …'")
                given[name] = _placeholder(typing.get_type_hints(kind)[name])
        return kind(**given)

    def _pairs(
        self, node: MappingNode, path: Path, known: Iterable[str] | None
    ) -> list[tuple[ScalarNode, Node]]:
        """Key and value nodes; unknown and repeated keys become faults."""
        seen: dict[str, int] = {}
        pairs: list[tuple[ScalarNode, Node]] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self.fault(key_node, path, "a key must be a single word")
                continue
            key = key_node.value
            if key in seen:
                message = f"'{scalars.shorten(key)}' stands here twice (first in line {seen[key]})"
                self.fault(key_node, (*path, key), f"{message}; keep one of them")
                continue
            seen[key] = place_of(key_node)[0]
            if known is not None and key not in known:
                self.fault(key_node, (*path, key), _unknown(key, known))
                continue
            pairs.append((key_node, value_node))
        return pairs

    def _sequence(self, item: Any, node: Node, path: Path) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            self.fault(node, path, "write a list: one entry per line, each starting with '- '")
            return ()
        result: list[Any] = []
        for child in node.value:
            below = (*path, len(result))
            if is_empty(child):
                self.fault(child, below, "this list entry is empty; write it or remove the '-'")
                continue
            result.append(self.value(item, child, below))
        return tuple(result)

    def _options(self, node: Node, path: Path) -> dict[str, str]:
        if not isinstance(node, MappingNode):
            self.fault(node, path, "write a mapping, e.g. {allow_plain_http: yes}")
            return {}
        return {
            key.value: self.value(str, value, (*path, key.value))
            for key, value in self._pairs(node, path, None)
        }

    def _local_text(self, node: Node, path: Path) -> LocalText:
        if isinstance(node, ScalarNode):
            return LocalText(self._text(node, path))
        if not isinstance(node, MappingNode):
            self.fault(node, path, "write a text, or both languages: {el: …, en: …}")
            return LocalText("")
        texts = {"el": "", "en": ""}
        for key, value in self._pairs(node, path, texts):
            below = (*path, key.value)
            self.places[below] = place_of(value)
            if isinstance(value, ScalarNode):
                texts[key.value] = "" if is_empty(value) else self._text(value, below)
            else:
                self.fault(value, below, "write a text")
        return LocalText(**texts)

    def _text(self, node: ScalarNode, path: Path) -> str:
        names = [part for part in path if isinstance(part, str) and part not in {"el", "en"}]
        try:
            return scalars.clean_text(
                node.value, one_line=not names or names[-1] not in LONG_FIELDS
            )
        except scalars.ScalarFault as fault:
            self.fault(node, path, str(fault))
            return ""

    def _scalar(self, kind: Any, node: Node, path: Path) -> Any:
        if not isinstance(node, ScalarNode):
            self.fault(node, path, "write a single value here, not a list or mapping")
            return _placeholder(kind)
        if kind is str:
            return self._text(node, path)
        try:
            if issubclass(kind, enum.StrEnum):
                return _member(kind, node.value)
            return _PLAIN[kind](node.value)
        except scalars.ScalarFault as fault:
            self.fault(node, path, str(fault))
            return _placeholder(kind)

    def _openings(self, node: Node, path: Path) -> tuple[Opening, ...]:
        if not isinstance(node, MappingNode):
            self.fault(node, path, 'write weekdays with hours, e.g. monday-friday: "08:30-14:30"')
            return ()
        found: list[tuple[Opening, Node]] = []
        for key_node, value_node in self._pairs(node, path, None):
            try:
                days = scalars.read_weekdays(key_node.value)
            except scalars.ScalarFault as fault:
                self.fault(key_node, (*path, "?"), str(fault))
                continue
            for child in value_node.value if isinstance(value_node, SequenceNode) else [value_node]:
                found.extend((each, child) for each in self._opening(child, days, path))
        found.sort(key=lambda each: scalars.opening_order(each[0]))
        for index, (_, child) in enumerate(found):
            self.places[(*path, index)] = place_of(child)
        return tuple(opening for opening, _ in found)

    def _opening(self, node: Node, days: Iterable[Any], path: Path) -> list[Opening]:
        self._visit(node, path)
        if not isinstance(node, ScalarNode):
            self.fault(node, (*path, "?"), 'write hours, e.g. "08:30-14:30"')
            return []
        try:
            start, end = scalars.read_hours(node.value)
        except scalars.ScalarFault as fault:
            self.fault(node, (*path, "?"), str(fault))
            return []
        return [Opening(day, start, end) for day in days]


def place_of(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and str(node.tag) == "tag:yaml.org,2002:null"


@functools.cache
def fields_of(kind: type) -> dict[str, Any]:
    """Keys of the file and their types."""
    return {_label(kind, name): hint for name, hint in typing.get_type_hints(kind).items()}


@functools.cache
def _required(kind: type) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )


def _label(kind: type, name: str) -> str:
    in_file = _NAMES_IN_FILE.get(kind, {})
    return next((label for label, field in in_file.items() if field == name), name)


def _member(kind: type[enum.StrEnum], raw: str) -> enum.StrEnum:
    try:
        return kind(raw)
    except ValueError:
        values = [str(member) for member in kind]
        raise scalars.ScalarFault(
            f"'{scalars.shorten(raw)}' is not known here; {_meant(raw, values)}"
            f"write one of: {', '.join(values)}"
        ) from None


def _unknown(key: str, known: Iterable[str]) -> str:
    if key == "<<":
        return "'<<' is not supported; write the keys out"
    names = list(known)
    hint = _meant(key, names) or f"known here: {', '.join(names)}; "
    return f"'{scalars.shorten(key)}' is not known here; {hint.rstrip('; ')}"


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"did you mean '{close[0]}'?; ".replace("?;", "?") if close else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _placeholder(kind: Any) -> Any:
    """Stands in for what could not be read, so that the rest of the file is still judged."""
    if typing.get_origin(kind) is tuple:
        return ()
    if typing.get_origin(kind) is dict:
        return {}
    if kind is LocalText:
        return LocalText("")
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        required = _required(typing.cast(type, kind))
        return typing.cast(type, kind)(**{name: _placeholder(hints[name]) for name in required})
    if kind is date:
        return date(2000, 1, 1)
    if issubclass(kind, enum.StrEnum):
        return next(iter(kind))
    return kind()
