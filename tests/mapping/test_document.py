"""docs/mapping-file.md names every key that a file may have, and its examples are true."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mapping.file.nodes import fields_of
from mapping.model import LocalText, Municipality, Opening
from mapping.samples import SAMPLES, sample_text

DOCUMENT = Path(__file__).parents[2] / "docs" / "mapping-file.md"


def kinds(kind: Any) -> Iterator[type]:
    """The record types of a mapping file, from the municipality down."""
    for inner in typing.get_args(kind):
        yield from kinds(inner)
    if dataclasses.is_dataclass(kind) and kind not in (LocalText, Opening):
        yield typing.cast(type, kind)
        for hint in typing.get_type_hints(kind).values():
            yield from kinds(hint)


def test_every_key_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    keys = {key for kind in kinds(Municipality) for key in fields_of(kind)}
    assert {key for key in keys if f"`{key}`" not in text} == set()
    assert len(keys) > 60


def test_the_samples_show_nearly_everything() -> None:
    shown = "".join(sample_text(slug) for slug in SAMPLES)
    for key in ("always_ask", "declarations", "meeting_link", "show_as", "section", "local"):
        assert f"{key}:" in shown
