"""Translations: Greek as it stands, English from catalogues, several of them together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from booking.words.translation import words

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
PLURALS = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'


def catalogue(directory: Path, *entries: str) -> Path:
    directory.mkdir(exist_ok=True)
    text = HEADER + PLURALS + "\n" + "\n\n".join(entries) + "\n"
    (directory / "en.po").write_text(text, encoding="utf-8")
    return directory


def test_greek_is_the_source(tmp_path: Path) -> None:
    greek = words("el", tmp_path)
    assert greek.gettext("Ραντεβού") == "Ραντεβού"
    assert greek.ngettext("%(n)s ώρα", "%(n)s ώρες", 2) == "%(n)s ώρες"


def test_a_package_adds_its_own_catalogue(tmp_path: Path) -> None:
    directory = catalogue(
        tmp_path,
        'msgid "Δοκιμή"\nmsgstr "Trial"',
        'msgid "μία ώρα"\nmsgid_plural "πολλές ώρες"\nmsgstr[0] "one"\nmsgstr[1] "many"',
        'msgctxt "κουμπί"\nmsgid "Δοκιμή"\nmsgstr "Try"',
    )
    english = words("en", directory)
    assert english.gettext("Δοκιμή") == "Trial"
    assert english.ngettext("μία ώρα", "πολλές ώρες", 1) == "one"
    assert english.ngettext("μία ώρα", "πολλές ώρες", 5) == "many"
    assert english.pgettext("κουμπί", "Δοκιμή") == "Try"


def test_catalogues_stand_side_by_side_and_the_last_one_wins(tmp_path: Path) -> None:
    first = catalogue(tmp_path / "a", 'msgid "ένα"\nmsgstr "one"', 'msgid "δύο"\nmsgstr "two"')
    last = catalogue(tmp_path / "b", 'msgid "δύο"\nmsgstr "a pair"')
    english = words("en", first, last)
    assert english.gettext("ένα") == "one"
    assert english.gettext("δύο") == "a pair"
    assert words("en", first).gettext("δύο") == "two"


def test_an_unknown_text_stays_greek() -> None:
    assert words("en").gettext("άγνωστο κείμενο") == "άγνωστο κείμενο"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no language 'de'"):
        words("de")


def test_a_directory_without_the_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"en\.po"):
        words("en", tmp_path / "missing")


def test_threads_share_one_compiled_catalogue(tmp_path: Path) -> None:
    directory = catalogue(tmp_path, 'msgid "νήμα"\nmsgstr "thread"')
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: words("en", directory).gettext("νήμα"), range(200)))
    assert set(answers) == {"thread"}
    assert words("en", directory) is words("en", directory)
