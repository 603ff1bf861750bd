"""Every text of the citizen's pages has an English translation, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from booking_web import current

PACKAGE = Path(current.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"encoding": "utf-8", "trim_blocks": "true", "lstrip_blocks": "true"}}
#: Folders of pages for staff and administrators.
ELSEWHERE = ("admin/", "staff/", "api/", "cli/", "sign_in")


def extracted() -> set[str | tuple[str, ...]]:
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    return {
        message
        for file, _, message, _, _ in extract_from_dir(
            PACKAGE, METHODS, OPTIONS, keywords=keywords, directory_filter=lambda _: True
        )
        if not file.startswith(ELSEWHERE) and "sign_in" not in file
    }


def translated() -> dict[str, str]:
    with (current.CATALOGUE / "en.po").open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    found: dict[str, str] = {}
    for message in catalogue:
        ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
        texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        found.update(zip(ids, texts, strict=True))
    return found


def test_no_text_is_left_untranslated() -> None:
    english = translated()
    texts = {
        each for found in extracted() for each in (found if isinstance(found, tuple) else (found,))
    }
    assert len(texts) > 150
    assert sorted(text for text in texts if not english.get(text)) == []


@pytest.mark.parametrize("greek", [each for each in translated() if "%(" in each])
def test_placeholders_are_the_same(greek: str) -> None:
    names = re.compile(r"%\((\w+)\)")
    assert set(names.findall(greek)) == set(names.findall(translated()[greek]))
