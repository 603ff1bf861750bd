"""Microsoft's published examples, made to fit a mailbox of the stand-in."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared_folder

GRAPH = "https://graph.microsoft.com/v1.0"
_GIVEN = os.environ.get("RANTEVOU_TEST_GRAPH_EXAMPLES")
_FOLDER = Path(_GIVEN) if _GIVEN else shared_folder() / "graph" / "examples"


@dataclass(frozen=True)
class Example:
    name: str
    operation: str
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    status: int | None  #: of the answer, where the documentation shows one
    answer: Any
    answer_headers: dict[str, str]

    @property
    def sent_by_us(self) -> bool:
        return self.url.startswith(GRAPH) and not self.name.startswith("errors--")


def _read(path: Path) -> Example:
    told = json.loads(path.read_text("utf-8"))
    answer = told["response"] or {}
    return Example(
        name=told["name"],
        operation=told["operation"] or "",
        method=told["request"]["method"],
        url=told["request"]["url"],
        headers={
            name: value
            for name, value in told["request"]["headers"].items()
            if name.lower() != "content-length"
        },
        body=told["request"]["body"],
        status=answer.get("status"),
        answer=answer.get("body"),
        answer_headers=answer.get("headers", {}),
    )


EXAMPLES = {path.stem: _read(path) for path in sorted(_FOLDER.glob("*.json"))}

#: For ``pytestmark``; a folder that is named has to be there.
needs_examples = [] if _GIVEN else [pytest.mark.needs_shared]


def example(name: str) -> Example:
    """Raises KeyError where the folder has no such example."""
    return EXAMPLES[name]
