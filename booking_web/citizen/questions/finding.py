"""Finding one municipality among many: what a list shows, and what was searched for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from flask import request

from booking import catalogue
from booking_web.current import desk, language
from mapping import finding as names
from mapping.model import Municipality

#: A list of more is searched rather than read.
FEW = 10
#: Of what was found, as much as a person looks through.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """``everybody`` by name; ``found`` of them, where ``asked`` is not empty, the likeliest first.

    ``more``: how many were found beside those; ``searchable``: there are enough to search among.
    """

    everybody: tuple[Municipality, ...]
    asked: str
    found: tuple[Municipality, ...]
    more: int

    @property
    def searchable(self) -> bool:
        return len(self.everybody) > FEW

    @property
    def listed(self) -> tuple[Municipality, ...]:
        """What a page shows in full: all where they are few, else what was found."""
        return self.found if self.searchable else self.everybody


def finding() -> Finding:
    """The municipalities, and those that ``?anazitisi=`` finds."""
    everybody = tuple(sorted(catalogue.municipalities(desk()), key=_by_name))
    asked = " ".join(request.args.get("anazitisi", "").split())[:60]
    found = names.find(asked, everybody, names=_names) if asked else []
    return Finding(everybody, asked, tuple(found[:SHOWN]), max(0, len(found) - SHOWN))


def _names(each: Municipality) -> tuple[str, ...]:
    return (each.list_name.el, each.list_name.en, each.name.el, each.name.en)


def _by_name(each: Municipality) -> str:
    """Accents and capitals do not count in an index."""
    name = unicodedata.normalize("NFD", each.list_name.in_language(language()))
    return "".join(letter for letter in name if not unicodedata.combining(letter)).casefold()
