"""Every text of pages and mails has an English translation, and none goes round the catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import booking
from booking.words import translation
from booking_web import current

#: Each package of texts, and its catalogue.
PACKAGES = {
    Path(current.__file__).parent: current.CATALOGUE,
    Path(booking.__file__).parent: translation.OWN_CATALOGUE,
}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
_TRIMMED = {"encoding": "utf-8", "trim_blocks": "true", "lstrip_blocks": "true"}
OPTIONS = {"**.html": _TRIMMED, "**.txt": _TRIMMED}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
#: Commands speak English; their texts for people who try the product out are their own.
COMMANDS = "cli/"
GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
#: Greek that is meant to stay Greek in an English page, or stands beside its English.
MEANT = {
    "booking_web": {
        "templates/shell.html": {"Ελληνικά"},  # the link to the other language, in that language
        "staff/desk_form.py": {"Ελληνικά", "(προαιρετικά)", "(προαιρετικό)"},
        "citizen/form/fields.py": {"(προαιρετικά)", "(προαιρετικό)"},  # looked for in a label
    },
}


def extracted(package: Path) -> set[str]:
    found: set[str] = set()
    for file, _, message, _, _ in extract_from_dir(
        package, METHODS, OPTIONS, keywords=KEYWORDS, directory_filter=lambda _: True
    ):
        if not file.startswith(COMMANDS):
            found.update(message if isinstance(message, tuple) else (message,))
    return found


def translated(catalogue_of: Path) -> dict[str, str]:
    with (catalogue_of / "en.po").open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    found: dict[str, str] = {}
    for message in catalogue:
        ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
        texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        pairs = zip(ids, texts, strict=True)
        found.update((str(greek), str(text or "")) for greek, text in pairs)
    return found


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_text_is_left_untranslated(package: Path) -> None:
    english = {
        text: words
        for catalogue in {PACKAGES[package], translation.OWN_CATALOGUE}
        for text, words in translated(catalogue).items()
    }
    texts = extracted(package)
    assert len(texts) > 50
    assert sorted(text for text in texts if not english.get(text)) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_placeholders_are_the_same_and_english_is_no_greek(package: Path) -> None:
    names = re.compile(r"%\((\w+)\)")
    wrong = [
        greek
        for greek, english in translated(PACKAGES[package]).items()
        if set(names.findall(greek)) != set(names.findall(english))
        # Names of categories in the staff's calendars are what they are.
        or (GREEK.search(english) and "category" not in english)
    ]
    assert wrong == []


def test_no_text_of_a_page_goes_round_the_catalogue() -> None:
    """Neither in Python nor in a template: Greek stands only where it is handed to gettext."""
    package = Path(current.__file__).parent
    meant = MEANT[package.name]
    stray = [
        f"{name}: {text.strip()[:60]}"
        for name, text in _greek(package)
        if not any(each in text for each in meant.get(name, ()))
    ]
    assert stray == []


def _greek(package: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(package.rglob("*.*")):
        name = path.relative_to(package).as_posix()
        if name.startswith(COMMANDS):
            continue
        if path.suffix == ".py":
            texts = _of_module(ast.parse(path.read_text("utf-8")))
        elif path.suffix in {".html", ".txt"}:
            texts = _of_template(path.read_text("utf-8"))
        else:
            continue
        yield from ((name, text) for text in texts if GREEK.search(text))


def _of_module(tree: ast.Module) -> Iterator[str]:
    """String constants but docstrings, what gettext is given, and pairs of Greek and English."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        if isinstance(node, ast.Call) and _name(node.func) in {*KEYWORDS, "LocalText"}:
            passed.update(map(id, ast.walk(node)))
        if isinstance(node, ast.Tuple) and _is_pair([_text(each) for each in node.elts]):
            passed.update(map(id, node.elts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in passed and _text(node):
            yield _text(node)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_pair(texts: list[str]) -> bool:
    return len(texts) == 2 and all(texts) and not GREEK.search(texts[1])


def _of_template(source: str) -> Iterator[str]:
    """Plain text and string constants but what gettext is given; ``trans`` blocks are that."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    tree = environment.parse(source)
    passed = {
        id(constant)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in KEYWORDS
        for constant in call.find_all(nodes.Const)
    }
    for data in tree.find_all(nodes.TemplateData):
        yield data.data
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and id(constant) not in passed:
            yield constant.value


def test_what_goes_round_the_catalogue_is_seen() -> None:
    """The test itself: planted in each of the places, Greek is found."""
    template = '{% trans %}Α{% endtrans %}{{ _("Β") }}<b>Γ</b>{{ "Δ" }}{% set x = ui.back("Ε") %}'
    assert [each for each in _of_template(template) if GREEK.search(each)] == ["<b>Γ</b>", "Δ", "Ε"]
    module = (
        '"""Ζ"""',
        'one = gettext("Η") + LocalText("Θ", "th").el, ("Μ", "m")',
        'two = f"Ι{one}"',
        'flash("Κ")',
        'three = ["Λ"]',
    )
    found = _of_module(ast.parse("\n".join(module)))
    assert [each for each in found if GREEK.search(each)] == ["Ι", "Κ", "Λ"]
