"""Greek source texts and their English translations, compiled in memory from ``.po`` files.

Message ids are Greek, so Greek needs no file. A package that has texts of its own keeps a
directory with one ``<language>.po`` per translated language and names it to ``words``.
"""

from __future__ import annotations

import io
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Protocol

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

#: Languages of the product, the source language first.
LANGUAGES = ("el", "en")

#: Texts of ``booking`` itself (mails, units).
OWN_CATALOGUE = Path(__file__).parent


class Translation(Protocol):
    """What templates and modules need of a language; the names are those of ``gettext``."""

    def gettext(self, message: str, /) -> str: ...

    def ngettext(self, singular: str, plural: str, n: int, /) -> str: ...

    def pgettext(self, context: str, message: str, /) -> str: ...

    def npgettext(self, context: str, singular: str, plural: str, n: int, /) -> str: ...


def words(language: str, *catalogues: Path) -> Translation:
    """The translation to ``language``: our own texts, then those of ``catalogues`` (directories).

    A text that no catalogue knows stays Greek. Compiled once per process and safe to share
    between threads. Raises ValueError for a language that is not one of ``LANGUAGES``, and
    FileNotFoundError for a directory without a catalogue of that language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r} here: use one of {', '.join(LANGUAGES)}")
    if language == LANGUAGES[0]:
        return _SOURCE
    return _merged(language, (OWN_CATALOGUE, *catalogues))


_SOURCE = NullTranslations()


@lru_cache(maxsize=16)
def _merged(language: str, directories: tuple[Path, ...]) -> Translation:
    newest: NullTranslations | None = None
    for directory in directories:
        compiled = _compiled(directory / f"{language}.po", language)
        if newest is not None:
            compiled.add_fallback(newest)
        newest = compiled
    assert newest is not None
    return newest


def _compiled(path: Path, language: str) -> GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language, abort_invalid=True)
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return GNUTranslations(binary)
