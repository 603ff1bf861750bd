"""Compares the texts that source files ask for with a catalogue of translations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
_METHODS = {
    ".py": "python",
    ".html": "jinja2.ext:babel_extract",
    ".txt": "jinja2.ext:babel_extract",
}


def faults(sources: Iterable[Path], catalogue: Path) -> list[str]:
    """What is untranslated, stale or asks for other placeholders; empty when all is well.

    ``sources`` are folders, searched through for Python files and Jinja templates.
    """
    asked = set()
    for folder in sources:
        for path in sorted(folder.rglob("*")):
            if method := _METHODS.get(path.suffix):
                asked |= {_first(found[1]) for found in extract_from_file(method, path)}
    with catalogue.open("rb") as file:
        known = {_first(m.id): m for m in read_po(file, abort_invalid=True) if m.id}
    return [
        *(f"no translation: {text}" for text in sorted(asked - known.keys())),
        *(f"nobody asks for: {text}" for text in sorted(known.keys() - asked)),
        *(fault for text in sorted(asked & known.keys()) for fault in _of(known[text])),
    ]


def _first(ids: object) -> str:
    return str(ids[0]) if isinstance(ids, (tuple, list)) else str(ids)


def _of(message: Message) -> list[str]:
    ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    found = []
    if message.fuzzy or not all(strings):
        found.append(f"not translated: {ids[0]}")
    found.extend(
        f"other placeholders: {ids[0]}"
        for string in strings
        if not _placeholders(string) <= {name for text in ids for name in _placeholders(text)}
        or (len(ids) == 1 and _placeholders(string) != _placeholders(ids[0]))
    )
    return found


def _placeholders(text: str) -> set[str]:
    return {name for pair in _PLACEHOLDER.findall(text) for name in pair if name}
