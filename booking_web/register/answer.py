"""What the register says of a person: one XML element whose attributes are padded with blanks.

``<root><userinfo userid="…" taxid="068933130   " lastname="…" firstname="…" …/></root>``; where
something went wrong the register answers JSON instead. Mail address and phone are never in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from xml.parsers import expat

#: What a booking takes of a name (``mapping.answers.MAX_NAME``); names of companies are longer.
_LONGEST_NAME = 100
_AFM = re.compile(r"[0-9]{9}")
#: The answer has one element inside another; more is no answer of the register.
_DEEPEST = 8


class NotUnderstood(Exception):
    """The register's answer is not one that we know; the text quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever signed in. The name is as the register writes it: capitals without accents."""

    name: str = field(repr=False)
    afm: str = field(repr=False)  #: nine digits


def person_of(document: bytes) -> Person:
    """Raises NotUnderstood."""
    told = _attributes(document)
    first, last = (_name(told.get(key, "")) for key in ("firstname", "lastname"))
    name = " ".join(filter(None, (first, last)))
    afm = told.get("taxid", "").strip()
    if not any(each.isalpha() for each in name):
        raise NotUnderstood("the register's answer has no name")
    if not _AFM.fullmatch(afm) or afm == "0" * 9:
        raise NotUnderstood("the register's answer has no tax number")
    return Person(name=_short(name), afm=afm)


def _attributes(document: bytes) -> dict[str, str]:
    """Attributes of the one ``userinfo`` element, by lower-case name."""
    found: list[dict[str, str]] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise NotUnderstood("the register's answer is nested too deep")
        if name.rpartition(":")[2].lower() == "userinfo":
            found.append({key.lower(): value for key, value in attributes.items()})

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_declared: object) -> None:
        # Entities, and with them bombs and files of ours, begin with a document type.
        raise NotUnderstood("the register's answer declares a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, LookupError, ValueError):
        raise NotUnderstood("the register's answer is not XML") from None
    if len(found) != 1:
        raise NotUnderstood("the register's answer names nobody, or several")
    return found[0]


def _name(padded: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", padded).split())
    if any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co"} for each in text):
        raise NotUnderstood("a name of the register's answer has characters that no name has")
    return text


def _short(name: str) -> str:
    """As many whole words as a booking takes; nobody could shorten it by hand."""
    while len(name) > _LONGEST_NAME and " " in name:
        name = name.rpartition(" ")[0]
    return name[:_LONGEST_NAME]
