"""Writes a municipality as canonical YAML that reads back to the same values."""

from __future__ import annotations

import dataclasses
import enum
import io
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from mapping.model import Closure, LocalText, Municipality, Opening, Weekday

_WEEKDAYS = tuple(Weekday)


def write_mapping(municipality: Municipality) -> str:
    """Canonical YAML; ``read_mapping(write_mapping(m), name=…) == m`` for every readable ``m``."""
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_unicode = True
    yaml.width = 2**20  # folding is for people who edit; a machine's file keeps lines whole
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda *_: True
    stream = io.StringIO()
    yaml.dump(_plain(municipality), stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, LocalText):
        if not value.en:
            return _text(value.el)
        return {"el": _text(value.el), "en": _text(value.en)}
    if isinstance(value, Closure):
        return {"from": value.first, "to": value.last, "reason": _plain(value.reason)}
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, tuple):
        if value and isinstance(value[0], Opening):
            return _openings(value)
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_text(name): _text(each) for name, each in value.items()}
    if isinstance(value, enum.StrEnum):
        return value.value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (bool, int, date)):
        return value
    raise TypeError(f"a mapping has no values of type {type(value).__name__}")


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(value == field.default)
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return False


def _openings(openings: tuple[Opening, ...]) -> dict[str, Any]:
    """Hours by weekday; neighbouring days with the same hours share a line."""
    by_day = {
        day: [f"{each.start:%H:%M}-{each.end:%H:%M}" for each in openings if each.weekday is day]
        for day in _WEEKDAYS
    }
    result: dict[str, Any] = {}
    index = 0
    while index < len(_WEEKDAYS):
        hours = by_day[_WEEKDAYS[index]]
        last = index
        while last + 1 < len(_WEEKDAYS) and by_day[_WEEKDAYS[last + 1]] == hours:
            last += 1
        if hours:
            days = _WEEKDAYS[index].value
            if last > index:
                days += f"-{_WEEKDAYS[last].value}"
            quoted = [DoubleQuotedScalarString(each) for each in hours]
            result[days] = quoted[0] if len(quoted) == 1 else quoted
        index = last + 1
    return result


def _text(text: str) -> str:
    """Paragraphs as a literal block where YAML keeps them exactly, else double quotes."""
    if not text or "\n" not in text:
        return text
    lines = text.split("\n")
    tidy = all(line == line.strip() and line.isprintable() for line in lines)
    style: type[str] = LiteralScalarString if tidy else DoubleQuotedScalarString
    return style(text)
