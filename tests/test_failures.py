"""docs/failures.md tells the truth: every row is there, and everything that it names exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = [
    f"{group}{number}"
    for group, count in (("A", 15), ("B", 13), ("C", 18), ("D", 6), ("E", 9), ("F", 12))
    for number in range(1, count + 1)
]
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
_ROW = re.compile(r"^\| ([A-F]\d+) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def document() -> str:
    return (ROOT / "docs/failures.md").read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    if path.is_file():
        yield from (each for each in ast.walk(parsed(path)) if isinstance(each, ast.FunctionDef))


def names_after(word: str) -> set[str]:
    """``… · word: `one`, `two` · …`` in the rows of the table."""
    cells = [part for *_, proof in _ROW.findall(document()) for part in proof.split(" · ")]
    return {
        name
        for cell in cells
        if cell.startswith(f"{word}: ")
        for name in re.findall(r"`(\w+)`", cell)
    }


def test_every_row_is_there_once_with_its_defence_and_a_test() -> None:
    rows = _ROW.findall(document())
    assert [row for row, *_ in rows] == ROWS
    for row, failure, defence, proof in rows:
        assert failure, row
        assert re.search(r"`\w+/", defence), f"{row} names no module"
        assert _TEST.search(proof), f"{row} names no test"


@pytest.mark.needs_shared
def test_the_rows_are_those_of_the_research(shared: Path) -> None:
    text = (shared / "failure-catalogue.md").read_text(encoding="utf-8")
    part = text.split("\n## 4.")[1].split("\n## 5.")[0]
    assert re.findall(r"^\| ([A-F]\d+) \|", part, re.MULTILINE) == ROWS


def test_every_test_that_is_named_exists() -> None:
    named = set(_TEST.findall(document()))
    assert len(named) > 150
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if name not in {each.name for each in functions(ROOT / path)}
    ]
    assert missing == [], "renamed or removed: docs/failures.md has to name what proves it now"


def test_every_planted_bug_that_is_named_exists() -> None:
    planted = {
        each.name
        for path in (ROOT / "tests/simulation").glob("planted_*.py")
        for each in functions(path)
        if any(isinstance(one, ast.Name) and one.id == "mutant" for one in each.decorator_list)
    }
    named = names_after("planted")
    assert len(named) > 30
    assert named - planted == set()


def test_every_use_case_that_is_named_dies() -> None:
    use_cases = {
        call.args[0].value
        for path in ("tests/crashes/actions.py", "tests/crashes/staff_actions.py")
        for call in ast.walk(parsed(ROOT / path))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id == "UseCase" and isinstance(call.args[0], ast.Constant)
    }
    named = names_after("dies in")
    assert len(named) > 5
    assert named - use_cases == set()


def test_what_is_expected_to_fail_is_told_as_not_proven() -> None:
    told = document().split("\n## Not proven\n")[1]
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for each in functions(path):
            marks = " ".join(map(ast.unparse, each.decorator_list))
            where = f"{path.relative_to(ROOT)}::{each.name}"
            assert "mark.xfail" not in marks or f"`{where}`" in told, where
