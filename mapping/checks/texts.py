"""Texts: what must be there in Greek, what is too long, what has no English."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from mapping.model import LocalText, Municipality, Opening
from mapping.problem import Path, Problem

MAX_LINE = 300
MAX_TEXT = 20_000
#: Texts that may have several lines; all others go into headings, subjects, calendar fields.
LONG_FIELDS = frozenset(
    {"text", "description", "hint", "information", "outcome", "otherwise", "confirmation"}
    | {"instructions", "tips", "documents", "follow_up", "purpose"}
)


def check(municipality: Municipality) -> Iterator[Problem]:
    without_english: list[Path] = []
    for path, text, required in _texts(municipality, (), ""):
        if not text.el and (required or text.en):
            yield Problem(path, "the Greek text is missing; write it under 'el'")
        if text.el and not text.en:
            without_english.append(path)
        field = next(part for part in reversed(path) if isinstance(part, str))
        limit = MAX_TEXT if field in LONG_FIELDS else MAX_LINE
        for language, words in (("el", text.el), ("en", text.en)):
            if len(words) > limit:
                message = f"this text has {len(words):,} characters; shorten it to {limit:,}"
                yield Problem((*path, language), message)
    if without_english:
        count = len(without_english)
        message = f"{count} texts have no English (the first is this one); write {{el: …, en: …}}"
        yield Problem(without_english[0], message, warning=True)


def _texts(value: Any, path: Path, field: str) -> Iterator[tuple[Path, LocalText, bool]]:
    """Every LocalText below ``value``, and whether its field has no default."""
    if isinstance(value, Opening):
        return
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            if isinstance(item, LocalText):
                yield (*path, index), item, True
            elif dataclasses.is_dataclass(item):
                yield from _texts(item, (*path, index), field)
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            below = getattr(value, each.name)
            if isinstance(below, LocalText):
                yield (*path, each.name), below, each.default is dataclasses.MISSING
            else:
                yield from _texts(below, (*path, each.name), each.name)
